"""How runs ended, which models were accepted, and what a report of them shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.period import Month
from models.run.file import AcceptedEntry, RunFile
from models.run.run import Names, Said
from reconcile.report import runs as report
from reconcile.report.number import MINUS
from reconcile.run.accepted import Accepted, accepted
from reconcile.run.line import ProjectRuns, project_runs
from reconcile.run.outcome import attempts, outcomes

D = Decimal
OCTOBER = Month(2026, 10)
Told = Callable[..., pl.DataFrame]


def stated(state: str | None, day: int, source: str = "slurm", **more: Any) -> Mapping[str, Any]:
    row = {"names": ["r"], "state": state, "day": date(2026, 10, day), "source": source}
    return {**row, "driver": "runs", "quantity": D(1), **more}


@pytest.mark.parametrize(
    ("rows", "outcome", "begun"),
    [
        ([stated("failed", 1), stated("succeeded", 2)], "succeeded", 2),
        ([stated("succeeded", 1), stated("failed", 2)], "failed", 2),
        ([stated("preempted", 1), stated("succeeded", 1)], "succeeded", 2),  # put back the same day
        ([stated("preempted", 1), stated("running", 1, driver="gpu_hours")], "running", 1),
        ([stated("succeeded", 1), stated("failed", 1, "mlflow")], "failed", 1),
        ([stated("preempted", 3), stated("succeeded", 2, "mlflow")], "succeeded", 1),
        ([stated("failed", 3), stated("running", 1, "mlflow")], "failed", 1),
        ([stated("cancelled", 1)], "cancelled", 1),
        ([stated(None, 1)], None, 1),
        ([stated(None, 1, driver="gpu_hours")], None, 1),
    ],
)
def test_a_run_ended_as_its_last_day_says_and_failed_when_anybody_says_so(
    told_of: Told, rows: list[Mapping[str, Any]], outcome: str | None, begun: int
) -> None:
    told = told_of(rows)

    assert outcomes(told).get(("p", "r")) == outcome
    assert attempts(told) == {("p", "r"): begun}


FILE = RunFile(
    models=(AcceptedEntry(model="v9", project="p", run="77", accepted="2026-10-20", by="x"),)
)


@pytest.mark.parametrize(
    ("says", "day"),
    [
        ("2026-10-31", date(2026, 10, 31)),
        (" True ", date(2026, 10, 9)),
        ("1", date(2026, 10, 9)),
        ("false", None),
        ("no", None),
    ],
)
def test_a_tag_of_the_run_says_that_its_model_was_accepted_and_when(
    told_of: Told, says: str, day: date | None
) -> None:
    rows = [stated("succeeded", 9, accepted=says, model="legal v3"), stated("running", 8)]

    found, unclear = accepted(told_of(rows), Names([]), RunFile())

    assert found == ([Accepted("p", day, "legal v3", "r")] if day else [])
    assert unclear == []


def test_what_is_declared_comes_before_a_tag_and_any_name_of_the_run_will_do(
    told_of: Told,
) -> None:
    names = Names([Said("p", ("r-long", "77"))])
    told = told_of([stated("succeeded", 9, accepted="true", names=["r-long", "77"])])

    found, unclear = accepted(told, names, FILE)

    assert found == [Accepted("p", date(2026, 10, 20), "v9", "r-long")]
    assert unclear == []


def test_a_declared_model_of_a_run_that_nobody_knows_is_told(told_of: Told) -> None:
    found, (said,) = accepted(told_of([]), Names([]), FILE)

    assert [each.model for each in found] == ["v9"]
    assert said.startswith("p: no run '77' is known, whose model v9 was accepted; it counts as")
    assert said.endswith("accepted, and its own run as no cost")


def test_the_tag_counts_as_it_was_last_seen_and_what_cannot_be_read_is_told(told_of: Told) -> None:
    rows = [stated("running", 8, accepted="true"), stated("succeeded", 9, accepted="maybe")]

    found, unclear = accepted(told_of(rows), Names([]), RunFile())

    assert found == []
    (said,) = unclear
    assert said.startswith("p: trueup.accepted of run r says 'maybe', which is no day and neither")
    assert said.endswith(" true nor false; it is not counted")


@pytest.fixture
def lines(runs_of: Callable[..., pl.DataFrame]) -> list[ProjectRuns]:
    """September: a 10.00, accepted. October: 100.00 by hours a 1 : b 2; 20.00 tagged c, 7 more."""
    september = {"day": date(2026, 9, 3), "month": "2026-09"}
    frame = runs_of(
        [
            {"cost": D(10), "day": date(2026, 9, 3)},
            {"cost": D("120.00"), "lines": 2},
            {"cost": D(7), "category": "depreciation"},
            {"cost": D(50), "project": "q"},
        ],
        [
            {"names": ["a"], "quantity": D(1), "state": "succeeded", **september},
            {"names": ["a"], "quantity": D(1), "state": "succeeded"},
            {"names": ["b"], "quantity": D(2), "state": "failed"},
        ],
        [
            {"names": ["c"], "cost": D(20)},
            {"cost": D(7), "category": "depreciation", "apart": True},
        ],
        accepted={("p", "a"): "model a"},
    )
    models = [
        Accepted("p", date(2026, 10, 31), "model a", "a"),
        Accepted("p", date(2026, 11, 1), "later", "b"),
    ]
    return project_runs(frame, models, OCTOBER)


def test_cost_of_an_accepted_model_is_its_own_run_and_all_runs_by_models(
    lines: list[ProjectRuns],
) -> None:
    """Own: 10 + 33.33. All runs so far: 10 + 33.33 + 66.67 + 20 = 130, one model until then."""
    mine = lines[0]

    assert [(line.accepted.model, line.own) for line in mine.models] == [
        ("model a", D("43.333333333333333333"))
    ]
    assert (mine.spent, mine.per_model) == (D(130), D(130))
    assert lines[1].per_model is None


def test_lost_runs_are_lines_of_their_own_and_all_lines_are_the_training_cost(
    lines: list[ProjectRuns],
) -> None:
    mine = lines[0]

    assert [(line.state, line.runs, line.hours) for line in mine.states] == [
        ("succeeded", 1, D(1)),
        ("failed", 1, D(2)),
        ("unknown", 1, D(0)),
    ]
    assert (mine.lost, mine.without.cost) == (D("66.666666666666666667"), D(7))
    assert mine.total == sum(each.cost for each in (*mine.states, mine.without)) == D(127)
    assert mine.share(mine.lost) == D("52.4934")


SHOWN = """\
runs of 2026-10, USD; hours of accelerators
run state GPU-hours cost per hour lost restarts evidence accepted
p
b failed 2.00 66.67 33.33 66.67 gpu_hours
a succeeded 1.00 33.33 33.33 gpu_hours model a
1 more 0.00 20.00
1 run succeeded 1.00 33.33 26.2 % of training cost
1 run failed 2.00 66.67 52.5 % of training cost
1 run unknown 0.00 20.00 15.7 % of training cost
without a run 7.00 5.5 % of training cost
total 127.00
training compute 120.00
depreciation 7.00
q
without a run 50.00 100.0 % of training cost
total 50.00
training compute 50.00

p: 130.00 USD an accepted model: 130.00 of all runs so far, failed ones included, by 1
model a: 43.33 USD its own run a, accepted 2026-10-31
"""


def test_the_table_shows_the_costliest_runs_and_what_everything_sums_to(
    lines: list[ProjectRuns],
) -> None:
    shown = report.table(lines, OCTOBER, "USD", 2)

    assert [" ".join(line.split()) for line in shown.splitlines()] == SHOWN.splitlines()
    assert report.table([], OCTOBER, "USD", 2) == "no run and no training cost in 2026-10\n"


@pytest.mark.failure("C09")
@settings(max_examples=15)
@given(st.lists(st.integers(1, 999), min_size=2, max_size=4), st.decimals(-999, 999, places=4))
def test_what_rounding_leaves_is_a_line_of_its_own(
    runs_of: Callable[..., pl.DataFrame], hours: list[int], cost: Decimal
) -> None:
    """Three thirds of 100.00 are shown as 33.33 each; the cent that is missing is shown, too."""
    states = ("succeeded", "failed", "preempted", "cancelled")
    used = [
        {"names": [state], "quantity": D(count), "state": state}
        for state, count in zip(states, hours, strict=False)
    ]
    (mine,) = project_runs(runs_of([{"cost": cost}], used), [], OCTOBER)

    plain = report.table([mine], OCTOBER, "USD", 0).replace(",", "").replace(MINUS, "-")
    shown = [line.split() for line in plain.splitlines()]
    exactly = json.loads(report.document([mine], OCTOBER, "USD", 0))["projects"][0]

    lines = [D(line[4]) for line in shown if line[1:2] == ["run"] and line[0] == "1"]
    nobodys = [D(line[3]) for line in shown if line[:2] == ["without", "a"]]
    left = [D(line[1]) for line in shown if line[0] == "rounding"]
    (total,) = [D(line[1]) for line in shown if line[0] == "total"]
    assert sum(lines) + sum(nobodys) + sum(left) == total
    assert len(left) == (sum(lines) != total)
    assert sum(D(each["cost"]) for each in exactly["states"]) == cost


def test_json_has_every_run_exactly(lines: list[ProjectRuns]) -> None:
    content = json.loads(report.document(lines, OCTOBER, "USD", 1))

    mine = content["projects"][0]
    assert [run["run_id"] for run in mine["runs"]] == ["b", "a", "c"]
    assert mine["runs"][1] == {
        "run_id": "a",
        "names": [],
        "state": "succeeded",
        "restarts": 0,
        "gpu_hours": "1",
        "cost": "33.333333333333333333",
        "per_gpu_hour": "33.3333",
        "lost": "0",
        "direct": "0",
        "evidence": "gpu_hours",
        "accepted_as": "model a",
    }
    assert mine["without_a_run"] == {"gpu_hours": "0", "cost": "7"}
    assert (mine["lost_percent"], mine["cost_per_accepted_model"]) == ("52.4934", "130")
    assert mine["accepted_models"] == [
        {
            "model": "model a",
            "run_id": "a",
            "accepted": "2026-10-31",
            "own_run": "43.333333333333333333",
        }
    ]


def test_one_project_may_be_asked_for_alone(runs_of: Callable[..., pl.DataFrame]) -> None:
    frame = runs_of([{"cost": D(1)}, {"cost": D(2), "project": "q"}])

    assert [each.project for each in project_runs(frame, [], OCTOBER, ["q"])] == ["q"]
