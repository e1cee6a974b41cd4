from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError
from models.period import Month
from models.plan.plan import Plan, load
from models.progress import (
    Progress,
    Reached,
    Stated,
    gained_by_count,
    gained_by_share,
    planned_output,
)
from models.progressfile import load as load_progress
from models.project import Project, Registry

PLAN = """\
plan: {project: p, id: p, version: 1, currency: USD, start: 2026-01, horizon_months: 2}
items:
  - {id: train, category: training_compute, quantity: {runs: 4, hours: 50}, unit: h, unit_price: 2, progress: PROGRESS}
  - {id: ci, category: infra, amount: 10}
"""  # noqa: E501 - a line of the file
JANUARY = Month(2026, 1)
Load = Callable[..., Stated]


@pytest.fixture(name="plan_with")
def plan_with_fixture(tmp_path: Path) -> Callable[[str], Plan]:
    def read(progress: str) -> Plan:
        path = tmp_path / "plan.yaml"
        path.write_text(PLAN.replace("PROGRESS", progress), encoding="utf-8")
        return load(path)

    return read


@pytest.fixture(name="stated")
def stated_fixture(
    tmp_path: Path, plan_with: Callable[[str], Plan], monkeypatch: pytest.MonkeyPatch
) -> Load:
    def read(text: str, progress: str = "{by: milestones}") -> Stated:
        monkeypatch.chdir(tmp_path)
        plan = plan_with(progress)
        path = Path("progress.yaml")
        path.write_text(text, encoding="utf-8")
        return load_progress(path, Registry((Project(id="p", aliases=("Pea",)),)), [plan])

    return read


@pytest.mark.parametrize(
    ("by", "planned", "quantity", "expected"),
    [
        ("labels", None, {"batches": 4, "size": 50}, 200),
        ("labels", 70, {"batches": 4}, 70),
        ("labels", None, {}, None),
        ("labels", None, {"batches": 0}, None),
        ("runs", None, {"runs": 4, "hours": 9}, 4),
        ("runs", None, {"hours": 9}, None),
        ("runs", None, {"runs": 0}, None),
        ("models", None, {"models": 3}, 3),
        ("models", None, {"runs": 3}, None),
        ("milestones", None, {"runs": 3}, None),
        ("effort", None, {"": 3}, None),
    ],
)
def test_how_much_output_is_planned(
    by: Any, planned: int | None, quantity: dict[str, int], expected: int | None
) -> None:
    stated = None if planned is None else Decimal(planned)
    progress = Progress(by=by, planned=stated)

    found = planned_output(progress, {name: Decimal(each) for name, each in quantity.items()})

    assert found == expected


def test_a_share_of_a_later_day_does_not_count_on_an_earlier_one() -> None:
    reached = [
        Reached(date(2026, 2, 10), Fraction(3, 4)),
        Reached(date(2026, 1, 5), Fraction(1, 4)),
        Reached(date(2026, 1, 31), Fraction(1, 2)),
        Reached(date(2026, 3, 1), Fraction(5, 8)),
    ]

    assert gained_by_share(reached, date(2026, 2, 9)) == {JANUARY: Fraction(1, 2)}
    assert gained_by_share(reached, date(2026, 2, 10)) == {
        JANUARY: Fraction(1, 2),
        JANUARY + 1: Fraction(1, 4),
    }
    assert gained_by_share(reached, date(2026, 3, 1))[JANUARY + 2] == Fraction(-1, 8)


def test_counts_become_shares_of_what_is_planned() -> None:
    days = {
        date(2026, 1, 5): Decimal(3),
        date(2026, 1, 31): Decimal(2),
        date(2026, 2, 1): Decimal(-1),
    }

    assert gained_by_count(days, Fraction(10), date(2026, 1, 31)) == {JANUARY: Fraction(1, 2)}
    assert gained_by_count(days, Fraction(10), date(2026, 2, 1)) == {
        JANUARY: Fraction(1, 2),
        JANUARY + 1: Fraction(-1, 10),
    }


def test_a_plan_says_what_its_items_bring_forth(plan_with: Callable[[str], Plan]) -> None:
    train, other = plan_with("{by: runs}").items

    assert train.progress == Progress(by="runs")
    assert other.progress is None


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        ("{by: models}", "items.0.progress: nothing says how many models are planned; add planned"),
        (
            "{by: effort, planned: 3}",
            "items.0.progress.planned: progress by effort counts nothing; leave planned out",
        ),
    ],
)
def test_output_that_cannot_be_counted_is_refused(
    plan_with: Callable[[str], Plan], progress: str, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        plan_with(progress)

    assert str(refused.value).endswith(f":3:{str(refused.value).split(':')[2]}: {said}")


def test_progress_is_the_weight_of_what_was_reached(stated: Load) -> None:
    found = stated("""\
progress:
  - project: Pea
    item: train
    milestones:
      - {name: a, weight: 1, reached: 2026-02-01, by: ann}
      - {name: b, weight: 2, reached: 2026-01-07, by: bob}
      - {name: c, weight: 1, reached: 2026-02-01, by: bob}
      - {name: d, weight: 4}
""")

    assert found.items == {
        ("p", "train"): (
            Reached(date(2026, 1, 7), Fraction(1, 4), "bob"),
            Reached(date(2026, 2, 1), Fraction(1, 2), "ann, bob"),
        )
    }


def test_shares_are_taken_in_the_order_of_their_days(stated: Load) -> None:
    text = """\
progress:
  - project: p
    item: ci
    stated:
      - {day: 2026-02-28, share: 1, by: ann}
      - {day: 2026-01-31, share: 0.45, by: bob, note: nine of twenty}
"""

    found = stated(text)

    assert found.items["p", "ci"] == (
        Reached(date(2026, 1, 31), Fraction(9, 20), "bob"),
        Reached(date(2026, 2, 28), Fraction(1), "ann"),
    )
    assert found.fingerprint == stated(text).fingerprint
    assert found.fingerprint != stated(text.replace("0.45", "0.46")).fingerprint
    assert found.fingerprint != stated(text.replace("bob", "eve")).fingerprint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "- {project: q, item: ci, stated: [{day: 2026-01-31, share: 1, by: a}]}",
            "3:15: progress.0.project: 'q' is not a project. Possible: p",
        ),
        (
            "- {project: p, item: co, stated: [{day: 2026-01-31, share: 1, by: a}]}",
            "progress.0.item: 'co' is no item of a plan of p. Possible: train, ci",
        ),
        (
            "- {project: p, item: ci, stated: [{day: 2026-01-31, share: 1.01, by: a}]}",
            "1.01 is more than the whole; write 0.45 for 45 percent",
        ),
        (
            "- {project: p, item: ci, stated: [{day: 2026-01-31, share: -1, by: a}]}",
            "-1 is negative; a plan and its parts are zero or more",
        ),
        (
            "- {project: p, item: ci}",
            "give either milestones or stated, and at least one of them",
        ),
        (
            (
                "- {project: p, item: ci, milestones: [{name: a, weight: 1}], "
                "stated: [{day: 2026-01-31, share: 1, by: a}]}"
            ),
            "give either milestones or stated, and at least one of them",
        ),
        (
            "- {project: p, item: ci, milestones: [{name: a, weight: 1}, {name: a, weight: 1}]}",
            "milestone 'a' is already stated in line 3; remove one",
        ),
        (
            (
                "- {project: p, item: ci, stated: [{day: 2026-01-31, share: 1, by: a}, "
                "{day: 2026-01-31, share: 0, by: a}]}"
            ),
            "2026-01-31 is already stated in line 3; remove one",
        ),
        (
            (
                "- {project: p, item: ci, milestones: [{name: a, weight: 1}]}\n"
                "  - {project: Pea, item: ci, milestones: [{name: a, weight: 1}]}"
            ),
            "item 'ci' is already stated in line 3; remove one",
        ),
        (
            "- {project: p, item: ci, milestones: [{name: a, weight: 0}]}",
            "0 must be above zero",
        ),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_place(stated: Load, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        stated(f"# what was reached\nprogress:\n  {text}\n")

    assert said in str(refused.value)
    assert str(refused.value).startswith("progress.yaml:")


def test_output_that_the_plan_counts_elsewhere_is_refused(stated: Load) -> None:
    text = "progress:\n  - {project: p, item: train, milestones: [{name: a, weight: 1}]}\n"

    with pytest.raises(ConfigError) as refused:
        stated(text, "{by: runs}")

    assert str(refused.value).endswith(
        "progress.0.item: the plan counts 'train' by runs; say milestones there, or remove this "
        "entry"
    )
