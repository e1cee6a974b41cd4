from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from models.period import Month
from models.plan.item import PlanItem
from models.progress import Progress, Reached, Stated
from models.usage import OWNED
from reconcile.forecasting.output import Counted, counts, fixed, gained
from reconcile.run.accepted import Accepted
from reconcile.run.table import RUNS

END = date(2026, 3, 31)
FEBRUARY, MARCH = Month(2026, 2), Month(2026, 3)


@dataclass(frozen=True)
class Plan:
    items: tuple[PlanItem, ...]
    project: str = "p"


def item_of(by: str | None = None, planned: str | None = None, **given: Any) -> PlanItem:
    stated = None if by is None else Progress.model_validate({"by": by, "planned": planned})
    base: dict[str, Any] = {
        "id": "train", "category": "training_compute", "amount": Decimal(1),
        "shares": (), "phased": (),
        "quantity": {"runs": Decimal(4), "hours": Decimal(50)}, "progress": stated,
    }  # fmt: skip
    return PlanItem(**{**base, **given})


def usage_of(*rows: tuple[str, date, str, str]) -> pl.DataFrame:
    found = [
        {"project": p, "day": d, "driver": driver, "quantity": Decimal(q)}
        for p, d, driver, q in rows
    ]
    return pl.DataFrame(
        found, schema={name: OWNED[name] for name in ("project", "day", "driver", "quantity")}
    )


def runs_of(*rows: tuple[str | None, str, str]) -> pl.DataFrame:
    found = [
        {"project": "p", "run_id": run, "month": month, "outcome": outcome}
        for run, month, outcome in rows
    ]
    return pl.DataFrame(
        found, schema={name: RUNS[name] for name in ("project", "run_id", "month", "outcome")}
    )


def test_labels_runs_and_models_are_counted_by_day() -> None:
    usage = usage_of(
        ("p", date(2026, 2, 3), "labels_accepted", "10"),
        ("p", date(2026, 2, 3), "labels_accepted", "-2"),
        ("p", date(2026, 3, 1), "labels_accepted", "5"),
        ("p", date(2026, 3, 1), "gpu_hours", "99"),
    )
    runs = runs_of(
        ("a", "2026-02", "succeeded"),
        ("a", "2026-03", "succeeded"),
        ("b", "2026-03", "failed"),
        ("c", "2026-03", "succeeded"),
        (None, "2026-03", "succeeded"),
    )
    models = [Accepted("p", date(2026, 3, 9), "m", "a"), Accepted("p", date(2026, 3, 9), "n", "c")]

    found = counts(usage, runs, models)

    assert found == {
        "labels": {"p": {date(2026, 2, 3): Decimal(8), date(2026, 3, 1): Decimal(5)}},
        "runs": {"p": {date(2026, 3, 31): Decimal(2)}},
        "models": {"p": {date(2026, 3, 9): Decimal(2)}},
    }


def test_of_a_project_whose_runs_are_known_none_may_have_succeeded() -> None:
    found = counts(usage_of(), runs_of(("a", "2026-02", "failed")), [])

    assert found == {"labels": {}, "runs": {"p": {}}, "models": {"p": {}}}


@pytest.mark.parametrize(
    ("by", "planned", "expected"),
    [
        ("labels", None, {FEBRUARY: Fraction(1, 20), MARCH: Fraction(3, 20)}),  # of 4 x 50
        ("labels", "80", {FEBRUARY: Fraction(1, 8), MARCH: Fraction(3, 8)}),
        ("runs", None, {FEBRUARY: Fraction(1, 4)}),
        ("runs", "8", {FEBRUARY: Fraction(1, 8)}),
        ("models", None, None),
        ("models", "2", None),
        ("effort", None, None),
        ("milestones", None, {MARCH: Fraction(2, 5)}),
        (None, None, {MARCH: Fraction(2, 5)}),
    ],
)
def test_each_item_has_the_share_of_its_own_output(
    by: str | None, planned: str | None, expected: Any
) -> None:
    days = {
        date(2026, 2, 3): Decimal(10),
        date(2026, 3, 31): Decimal(30),
        date(2026, 4, 1): Decimal(9),
    }
    counted = Counted(
        {"labels": {"p": days}, "runs": {"p": {date(2026, 2, 28): Decimal(1)}}},
        Stated({("p", "train"): (Reached(date(2026, 3, 5), Fraction(2, 5)),)}),
    )

    assert counted.gained("p", item_of(by, planned), END) == expected


def test_what_is_not_known_is_not_gained() -> None:
    items = (item_of("labels"), item_of("runs", id="other"), item_of(id="silent"))
    counted = Counted({"labels": {"q": {}}, "runs": {"p": {}}})

    assert gained([Plan(items)], counted, END) == {("p", "other"): {}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"category": "labor", "role": "engineer"}, True),
        ({"category": "labor"}, False),
        ({"category": "infra", "role": "engineer"}, False),
        ({"category": "depreciation"}, True),
    ],
)
def test_rosters_and_depreciation_are_fixed(given: dict[str, str], *, expected: bool) -> None:
    plain, effort = item_of(**given), item_of("effort", **given)

    assert fixed([Plan((plain,))]) == ({("p", "train")} if expected else frozenset())
    assert fixed([Plan((effort,))]) == frozenset()
