"""What each run costs, by hand and to the last digit; what is left has no run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvariantError
from reconcile.run.table import RUNS, ties

D = Decimal
Runs = Callable[..., pl.DataFrame]
UUID = "4f1c2d3e4f5a6b7c"


def costs(frame: pl.DataFrame, *more: str) -> list[tuple[Any, ...]]:
    return frame.select("run_id", "state", "cost", "gpu_hours", "evidence", *more).rows()


def used(run: str | None, hours: str, state: str | None = "succeeded", **more: Any) -> Any:
    return {"names": [run] if run else None, "quantity": D(hours), "state": state, **more}


def test_a_tag_gives_a_run_its_cost_and_the_rest_is_without_a_run(runs_of: Runs) -> None:
    """100.00 in all, of it 30.00 + 0.10 tagged r1: 30.10 and 69.90."""
    frame = runs_of(
        [{"cost": D("100.00"), "lines": 9}],
        charges=[
            {"names": ["r1"], "cost": D("30.00"), "hours": D(10)},
            {"names": ["R1"], "cost": D("0.10")},
        ],
    )

    assert frame.schema == RUNS
    assert costs(frame, "direct") == [
        (None, None, D("69.90"), D(0), None, D(0)),
        ("R1", "unknown", D("30.10"), D(10), "tagged", D("30.10")),
    ]


def test_shared_cost_goes_by_hours_to_the_last_digit(runs_of: Runs) -> None:
    """100.00 by 1 and 2 hours: 33.3..3 (18 places), and the rest, not 66.6..6."""
    frame = runs_of([{"cost": D("100.00")}], [used("a", "1"), used("b", "2", "failed")])

    assert costs(frame) == [
        ("a", "succeeded", D("33.333333333333333333"), D(1), "gpu_hours"),
        ("b", "failed", D("66.666666666666666667"), D(2), "gpu_hours"),
    ]
    assert frame["cost"].sum() == D(100)


def test_a_charge_whose_resource_is_called_like_a_run_is_that_run_s(runs_of: Runs) -> None:
    """10.00 of the job itself; 5.00 of a job that no run of this project is called like."""
    frame = runs_of(
        [{"cost": D(15), "lines": 2}],
        [used("sft-9", "0", driver="runs"), used("other", "0", driver="runs", project="q")],
        [{"resource": "SFT-9", "cost": D(10)}, {"resource": "other", "cost": D(5)}],
    )

    mine = frame.filter(pl.col("project") == "p")
    assert costs(mine) == [
        (None, None, D(5), D(0), None),
        ("sft-9", "succeeded", D(10), D(0), "resource"),
    ]


def test_hours_that_a_run_was_billed_for_do_not_divide_the_rest(runs_of: Runs) -> None:
    """r1 worked 10 h, 6 of them billed to it (60.00). The other 42.00 go by 4 : 3 h."""
    frame = runs_of(
        [{"cost": D("102.00"), "lines": 5}],
        [used("r1", "10"), used("r2", "3")],
        [{"names": ["r1"], "cost": D("60.00"), "hours": D(6)}],
    )

    assert costs(frame, "direct") == [
        ("r1", "succeeded", D(84), D(10), "tagged, gpu_hours", D(60)),
        ("r2", "succeeded", D(18), D(3), "gpu_hours", D(0)),
    ]


def test_a_run_that_paid_for_all_its_hours_bears_nothing_else(runs_of: Runs) -> None:
    frame = runs_of(
        [{"cost": D(70), "lines": 5}],
        [used("r1", "5")],
        [{"names": ["r1"], "cost": D(60), "hours": D(6)}],
    )

    assert costs(frame) == [
        (None, None, D(10), D(0), None),
        ("r1", "succeeded", D(60), D(5), "tagged"),
    ]


def test_two_sources_of_one_run_are_one_run_whose_hours_count_once(runs_of: Runs) -> None:
    """The tracker says 7 h of a run that names job 981; the scheduler 8 h of job 981."""
    frame = runs_of(
        [{"cost": D(80)}],
        [
            used(UUID, "7", names=[UUID, "981"], source="mlflow"),
            used("981", "8", cluster="c1"),
            used("981", "1", driver="runs"),
            used(UUID, "1", driver="runs", source="mlflow"),
        ],
    )

    assert costs(frame, "names", "restarts") == [
        (UUID, "succeeded", D(80), D(8), "gpu_hours", "981", 0),
    ]


def test_a_preferred_source_of_hours_counts_alone(runs_of: Runs) -> None:
    rows = [used("r", "9", source="mlflow"), used("r", "8", cluster="c1"), used("s", "8")]

    assert runs_of([{"cost": D(16)}], rows)["gpu_hours"].to_list() == [D(8), D(8)]
    chosen = runs_of([{"cost": D(17)}], rows, preferred=["nobody", "mlflow"])
    assert costs(chosen)[0][2:4] == (D(9), D(9))


def test_cost_of_a_cluster_goes_to_runs_on_it_and_other_cost_to_the_others(runs_of: Runs) -> None:
    """Cluster A costs 40.00 (a1 1 h, a2 3 h); what names none, 90.00, goes to b alone."""
    frame = runs_of(
        [{"cost": D("130.00"), "lines": 2}],
        [used("a1", "1", cluster="A"), used("a2", "3", cluster="a"), used("b", "7", cluster="B")],
        [{"cluster": "A", "cost": D("40.00")}],
    )

    assert [row[:3] for row in costs(frame)] == [
        ("a1", "succeeded", D(10)),
        ("a2", "succeeded", D(30)),
        ("b", "succeeded", D(90)),
    ]


def test_cost_of_a_cluster_on_which_nobody_ran_goes_to_nobody_who_ran_elsewhere(
    runs_of: Runs,
) -> None:
    """20.00 of cluster C: only d, which names no cluster, may have run there."""
    rows = [used("a", "1", cluster="A")]
    charges = [{"cluster": "C", "cost": D(20)}]

    alone = runs_of([{"cost": D(20)}], rows, charges)
    both = runs_of([{"cost": D(20)}], [*rows, used("d", "1")], charges)

    assert [row[:3] for row in costs(alone)] == [(None, None, D(20)), ("a", "succeeded", D(0))]
    assert [row[:3] for row in costs(both)] == [("a", "succeeded", D(0)), ("d", "succeeded", D(20))]
    assert costs(both)[0][4] == "none"


def test_a_share_of_a_cluster_goes_to_the_runs_on_that_cluster(runs_of: Runs) -> None:
    """The split `nodes` divides cluster A: p's share is 12.00, and b ran on B."""
    frame = runs_of(
        [{"cost": D(12), "path": "platform > nodes"}, {"cost": D(5)}],
        [used("a", "1", cluster="A"), used("b", "1", cluster="B")],
        clusters={("2026-10", "nodes"): "A"},
    )

    assert [row[:3] for row in costs(frame)] == [
        ("a", "succeeded", D(12)),
        ("b", "succeeded", D(5)),
    ]


def test_idle_machines_are_no_run_s_cost(runs_of: Runs) -> None:
    frame = runs_of(
        [{"cost": D(30), "lines": 2, "category": "depreciation"}],
        [used("a", "1", cluster="A")],
        [
            {"category": "depreciation", "cluster": "A", "cost": D(20)},
            {"category": "depreciation", "cluster": "A", "cost": D(10), "apart": True},
        ],
    )

    assert costs(frame, "depreciation", "training_compute") == [
        (None, None, D(10), D(0), None, D(10), D(0)),
        ("a", "succeeded", D(20), D(1), "gpu_hours", D(20), D(0)),
    ]


def test_attempts_that_were_lost_stand_apart_from_what_became_of_the_run(runs_of: Runs) -> None:
    """Preempted after 2 h, failed after 1 h, then 5 h to the end; 16.00 and 8.00 tagged."""
    frame = runs_of(
        [{"cost": D(24), "lines": 3}],
        [
            used("r", "2", "preempted", day=date(2026, 10, 1)),
            used("r", "1", "failed", day=date(2026, 10, 2)),
            used("r", "5", "succeeded", day=date(2026, 10, 3)),
            *(used("r", "1", state, driver="runs") for state in ("preempted", "failed")),
            used("r", "1", driver="runs"),
        ],
        [{"names": ["r"], "cost": D(8)}],
    )

    assert costs(frame, "outcome", "restarts", "direct") == [
        ("r", "failed", D(3), D(1), "tagged, gpu_hours", "succeeded", 2, D(1)),
        ("r", "preempted", D(6), D(2), "tagged, gpu_hours", "succeeded", 2, D(2)),
        ("r", "succeeded", D(15), D(5), "tagged, gpu_hours", "succeeded", 2, D(5)),
    ]


def test_hours_of_a_namespace_beyond_those_of_its_runs_stay_without_a_run(runs_of: Runs) -> None:
    """The namespace had 10 h on A, runs of the tracker explain 6: 4 of 10 without a run."""
    frame = runs_of(
        [{"cost": D(50)}],
        [used(None, "10", None, source="opencost", cluster="A"), used("r", "6", source="mlflow")],
    )

    assert costs(frame) == [
        (None, None, D(20), D(4), None),
        ("r", "succeeded", D(30), D(6), "gpu_hours"),
    ]


def test_credits_are_divided_as_cost_is(runs_of: Runs) -> None:
    """-10.00 by 1 : 3."""
    frame = runs_of([{"cost": D(-10)}], [used("a", "1"), used("b", "3")])

    assert frame["cost"].to_list() == [D("-2.5"), D("-7.5")]


def test_currencies_are_converted_as_the_report_converts_them(runs_of: Runs) -> None:
    """100.00 EUR at 1.1 is 110.00 USD: 40.00 EUR tagged make 44.00; and 7.00 USD by hours."""
    frame = runs_of(
        [
            {"cost": D(100), "currency": "EUR", "lines": 2},
            {"cost": D(7)},
            {"cost": D(3), "category": "labor"},
        ],
        [used("h", "1", cluster="A")],
        [{"names": ["r"], "cost": D(40), "currency": "EUR"}],
        rates={("EUR", "2026-10"): D("1.1")},
    )

    assert costs(frame) == [
        ("h", "succeeded", D(73), D(1), "gpu_hours"),
        ("r", "unknown", D(44), D(0), "tagged"),
    ]


def test_a_run_over_the_end_of_a_month_is_one_run_in_two_months(runs_of: Runs) -> None:
    november = date(2026, 11, 1)
    frame = runs_of(
        [{"cost": D(10)}, {"cost": D(20), "day": november}],
        [used("r", "1", "running"), used("r", "3", "succeeded", day=november)],
    )

    assert frame.select("month", "run_id", "state", "outcome", "cost").rows() == [
        ("2026-10", "r", "succeeded", "succeeded", D(10)),
        ("2026-11", "r", "succeeded", "succeeded", D(20)),
    ]


def test_what_nobody_is_given_is_not_divided_by_the_hours_of_nobody(runs_of: Runs) -> None:
    frame = runs_of(
        [{"cost": D(10), "project": "unallocated"}], [used("r", "1", project="unallocated")]
    )

    assert costs(frame) == [
        (None, None, D(10), D(0), None),
        ("r", "succeeded", D(0), D(1), "none"),
    ]


def test_no_run_of_another_project_is_seen_or_moves_a_cent(runs_of: Runs) -> None:
    """The same ids in q, with other names, other hours and other cost: p is as it was."""
    mine = (
        [{"cost": D(100), "lines": 2}],
        [used("r1", "3"), used("r2", "5", "failed", cluster="A")],
        [{"names": ["r1"], "cost": D(10), "hours": D(1)}],
    )
    theirs = (
        [{"cost": D(999), "project": "q", "lines": 2}],
        [
            used("r1", "77", "failed", project="q", names=["r1", "canary"]),
            used("r2", "1", project="q"),
        ],
        [{"names": ["canary"], "cost": D(5), "project": "q", "cluster": "A"}],
    )

    alone = runs_of(*mine)
    both = runs_of(*([*ours, *others] for ours, others in zip(mine, theirs, strict=True)))

    assert both.filter(pl.col("project") == "p").equals(alone)
    assert "canary" not in alone.write_csv()
    assert both.filter(pl.col("project") == "q")["run_id"].to_list() == ["canary", "r2"]


def test_runs_that_are_not_the_training_cost_of_the_report_publish_nothing(runs_of: Runs) -> None:
    frame = runs_of([{"cost": D(100)}], [used("a", "1")])
    amount = {"project": "p", "month": "2026-10", "category": "training_compute"}
    said = "p 2026-10 training_compute: runs and what is without one are 100"

    with pytest.raises(InvariantError, match=said):
        ties(frame, pl.DataFrame([{**amount, "amount": D("100.01")}], schema_overrides=MONEY))


def test_charges_that_name_a_run_and_are_not_in_the_spend_publish_nothing(runs_of: Runs) -> None:
    charge = {"names": ["r"], "cost": D(1), "lines": 2}

    with pytest.raises(InvariantError, match="p 2026-10 training_compute USD: 2 lines name runs"):
        runs_of([{"cost": D(1), "lines": 1}], charges=[charge])
    with pytest.raises(InvariantError, match="spend has 0; nothing is published"):
        runs_of([{"cost": D(1), "path": "nodes"}], charges=[charge])


MONEY = {"amount": pl.Decimal(38, 18)}
AMOUNTS = st.decimals(-1000, 1000, places=4)
HOURS = st.decimals(0, 100, places=3).map(str)
PROJECTS = st.sampled_from(["p", "q", "unallocated"])
RUN = st.sampled_from(["1", "2", "x"])
WHERE = st.sampled_from([None, "A", "B"])
CATEGORY = st.sampled_from(["training_compute", "depreciation"])
SPENT = st.fixed_dictionaries(
    {
        "project": PROJECTS,
        "category": st.sampled_from(["training_compute", "depreciation", "data"]),
        "cost": AMOUNTS,
        "currency": st.sampled_from(["USD", "EUR"]),
        "path": st.sampled_from([None, "nodes"]),
        "lines": st.just(100),
    }
)
USED = st.builds(
    used,
    st.one_of(st.none(), RUN),
    HOURS,
    st.sampled_from([None, "failed", "preempted", "succeeded", "running"]),
    project=PROJECTS,
    cluster=WHERE,
    source=st.sampled_from(["slurm", "mlflow"]),
    driver=st.sampled_from(["gpu_hours", "runs"]),
)


@settings(max_examples=15)
@given(st.data())
def test_runs_and_what_is_without_one_are_the_training_cost_whatever_is_known(
    runs_of: Runs, data: st.DataObject
) -> None:
    """The sums tie as `ties` asserts on every run; here they tie for anything that may come."""
    spend: list[dict[str, Any]] = data.draw(st.lists(SPENT, max_size=6))
    direct = [row for row in spend if row["path"] is None and row["category"] != "data"]
    charges = [
        {
            **{key: row[key] for key in ("project", "category", "currency")},
            "cost": data.draw(AMOUNTS),
            "names": data.draw(st.one_of(st.none(), st.lists(RUN, min_size=1, max_size=2))),
            "resource": data.draw(st.one_of(st.none(), RUN)),
            "cluster": data.draw(WHERE),
            "apart": data.draw(st.booleans()),
            "hours": data.draw(st.decimals(0, 50, places=2)),
        }
        for row in direct
    ]
    usage = data.draw(st.lists(USED, max_size=6))
    rates = {("EUR", "2026-10"): D("1.0837")}

    frame = runs_of(spend, usage, charges, rates=rates, clusters={("2026-10", "nodes"): "A"})

    whole = {
        project: sum(
            (
                row["cost"] * (D("1.0837") if row["currency"] == "EUR" else 1)
                for row in spend
                if row["project"] == project and row["category"] != "data"
            ),
            D(0),
        )
        for project in ("p", "q", "unallocated")
    }
    for project, total in whole.items():
        mine = frame.filter(pl.col("project") == project)
        assert sum(mine["cost"], D(0)) == total
        assert (
            sum((sum(mine[name], D(0)) for name in ("training_compute", "depreciation")), D(0))
            == total
        )
    assert not frame.filter(pl.col("gpu_hours") < 0).height
