"""Factors of a plan are compared with what was counted outside of bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from models.period import Month
from models.usage import OWNED
from reconcile.driver.activity import Loss, activity
from reconcile.run.table import RUNS

OCTOBER = Month(2026, 10)


def run(run_id: str | None, state: str, **said: Any) -> dict[str, Any]:
    zero = dict.fromkeys(("gpu_hours", "training_compute", "depreciation", "cost"), Decimal(0))
    return {"month": "2026-10", "project": "legal", "run_id": run_id, "state": state} | zero | said


def used(driver: str, quantity: str, detail: str | None = None, **said: Any) -> dict[str, Any]:
    day = date(2026, 10, 31)
    row = {"driver": driver, "quantity": Decimal(quantity), "detail": detail, "day": day}
    return {"project": "legal", **row, **said}


RAN = pl.DataFrame(
    [
        run("a", "succeeded"),
        run("a", "failed", cost=Decimal(10), training_compute=Decimal(10), gpu_hours=Decimal(5)),
        run("b", "running"),
        run("c", "preempted", cost=Decimal(8), training_compute=Decimal(6), gpu_hours=Decimal(4))
        | {"depreciation": Decimal(2)},
        run("d", "cancelled", cost=Decimal(1), depreciation=Decimal(1), gpu_hours=Decimal(3)),
        run(None, "", cost=Decimal(99), training_compute=Decimal(99)),
        run("e", "succeeded", month="2026-09"),
        run("f", "succeeded", cost=Decimal(2), depreciation=Decimal(2)),
    ],
    schema=RUNS,
)
USED = pl.DataFrame(
    [
        used("tokens", "3000000", "training"),
        used("tokens", "500", "output"),
        used("tokens", "250"),
        used("labels_accepted", "70"),
        used("requests", "4000"),
        used("runs", "12"),
        used("labels_accepted", "9", day=date(2026, 9, 30)),
    ],
    schema=OWNED,
)


@pytest.mark.parametrize(
    ("category", "factor", "expected"),
    [
        ("training_compute", "runs", 2),
        ("training_compute", "training_runs", 2),
        ("depreciation", "runs", 3),
        ("infra", "runs", 3),
        ("training_compute", "tokens", 3000000),
        ("depreciation", "million_tokens", 3),
        ("inference", "tokens", 750),
        ("inference", "training_tokens", 3000000),
        ("inference", "thousand_requests", 4),
        ("data", "labels", 70),
        ("data", "accepted_labels", 70),
        ("data", "gpu_hours", None),
        ("training_compute", "nodes", None),
    ],
)
def test_a_factor_is_called_like_what_it_counts(
    category: str, factor: str, expected: int | None
) -> None:
    found = activity(RAN, USED)

    assert found.factor("legal", OCTOBER, category, factor) == expected
    assert found.factor("other", OCTOBER, category, factor) is None


def test_what_was_lost_is_told_by_category_with_its_hours() -> None:
    found = activity(RAN, USED)

    assert found.loss("legal", OCTOBER, "training_compute") == Loss(Decimal(16), Fraction(8))
    assert found.loss("legal", OCTOBER, "depreciation") == Loss(Decimal(3), Fraction(4))
    assert found.loss("legal", OCTOBER, "data") == Loss()
    assert found.loss("legal", Month(2026, 9), "training_compute") == Loss()


def test_nothing_known_is_nothing_counted() -> None:
    found = activity(pl.DataFrame(schema=RUNS), pl.DataFrame(schema=OWNED))

    assert (found.counts, found.losses) == ({}, {})


def test_a_run_counts_where_it_cost_something() -> None:
    """A job on machines of one's own is none of the runs that a cloud was paid for."""
    own = run("a", "succeeded", cost=Decimal(2), depreciation=Decimal(2))
    found = activity(pl.DataFrame([own], schema=RUNS), USED)

    assert found.factor("legal", OCTOBER, "training_compute", "runs") is None
    assert found.factor("legal", OCTOBER, "depreciation", "runs") == 1


def test_a_count_that_is_taken_away_is_not_known() -> None:
    found = activity(RAN, USED)
    left = found.without("legal", OCTOBER, {"runs training_compute", "nothing"})

    assert left.factor("legal", OCTOBER, "training_compute", "runs") is None
    assert left.factor("legal", OCTOBER, "depreciation", "runs") == 3
    assert left.losses == found.losses
    assert found.without("legal", OCTOBER, {"nothing"}) is found
