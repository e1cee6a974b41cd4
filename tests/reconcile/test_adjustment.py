"""What a month bears for closed ones: its causes, its figures, its table."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from models.currency import RateEntry, Rates
from models.money import MONEY
from models.period import Month
from models.pinnedrates import PinnedRates
from models.reduction import SUMMED
from models.spend import RECOGNISED
from reconcile.actuals import actuals
from reconcile.adjustment import (
    ADJUSTMENTS,
    Adjustment,
    Cause,
    Late,
    adjusted,
    adjustments,
    frame,
)
from reconcile.check import spend_total
from reconcile.coverage import shares
from reconcile.figure import Figures
from reconcile.outside import outside
from reconcile.report.adjustments import document, table
from reconcile.run.posted import posted
from reconcile.run.table import RUNS
from reconcile.tie_out import SourceState, source_lines

OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
RIGHT = ("loaded", "by run", "billed", "effective")
AMOUNTS = ("2026-12-02", "r1", "+1,234.50", "\N{MINUS SIGN}2.00")
LATE = Cause(reason="late lines", delivery="d1", at=date(2026, 12, 2), run="r1")


def row(adjusts: str | None, billed: str, effective: str, **more: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(RECOGNISED),
        **dict.fromkeys(SUMMED, Decimal(0)),
        "billed_cost": Decimal(billed),
        "tco_cost": Decimal(effective),
        "source": "cloud",
        "project": "p",
        "category": "training_compute",
        "charge_category": "Usage",
        "share": Decimal(1),
        "currency": "USD",
        "period": "2026-11",
        "day": date(2026, 11, 1),
        "lines": 1,
        "adjusts": adjusts,
        **more,
    }


def spend(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RECOGNISED)


def rates(**pairs: str) -> Rates:
    stated = [
        {"currency": name, "to": "USD", "from": "2026-01", "rate": rate, "source": "bank"}
        for name, rate in pairs.items()
    ]
    return Rates.of(tuple(map(RateEntry.model_validate, stated)))


def found(*rows: dict[str, Any], rated: Rates | None = None) -> list[Adjustment]:
    return adjustments(spend(*rows), lambda *_: LATE, rated or rates(), "USD")


def test_adjustments_are_summed_by_months_source_project_and_category() -> None:
    first, second, *none = found(
        row("2026-10", "1", "2"),
        row("2026-10", "0.5", "0.25", service_name="other"),
        row("2026-10", "3", "3", project="q"),
        row("2026-10", "-3", "-3", project="r"),
        row("2026-10", "3", "3", project="r"),
        row(None, "99", "99"),
    )

    assert none == []
    assert first == Adjustment(
        month=OCTOBER,
        posted=NOVEMBER,
        source="cloud",
        project="p",
        category="training_compute",
        currency="USD",
        cause=LATE,
        billed=Decimal("1.5"),
        effective=Decimal("2.25"),
    )
    assert (second.project, second.effective) == ("q", Decimal(3))


def asked(*rows: dict[str, Any]) -> list[Late]:
    """Return what the causes of some rows were asked of."""
    seen: list[Late] = []

    def cause(late: Late) -> Cause:
        seen.append(late)
        return LATE

    adjustments(spend(*rows), cause, rates(), "USD")
    return seen


def test_the_cause_is_asked_by_source_and_by_both_months() -> None:
    assert asked(row("2026-10", "1", "2")) == [
        Late(source="cloud", month=OCTOBER, posted=NOVEMBER, shared=False)
    ]


@pytest.mark.parametrize(("paths", "shared"), [(("s", "s > t"), True), (("s", None), False)])
def test_only_what_is_parts_of_shared_cost_alone_is_asked_for_as_such(
    paths: tuple[str | None, ...], *, shared: bool
) -> None:
    (late,) = asked(*(row("2026-10", "1", "2", path=path) for path in paths))

    assert late.shared is shared


@pytest.mark.parametrize(("billed", "effective"), [("1", "0"), ("0", "1")])
def test_one_basis_alone_is_an_adjustment(billed: str, effective: str) -> None:
    (only,) = found(row("2026-10", billed, effective))

    assert (only.billed, only.effective) == (Decimal(billed), Decimal(effective))


@pytest.mark.parametrize(
    ("more", "effective", "reason"),
    [
        ({"charge_category": "Credit"}, "-5", "credit"),
        ({"charge_category": None}, "-5", "late lines"),
        ({"charge_category": "Adjustment"}, "-5", "late lines"),
    ],
)
def test_rows_may_say_why_themselves(more: dict[str, Any], effective: str, reason: str) -> None:
    (only,) = found(row("2026-10", "0", effective, **more))

    assert only.cause == replace(LATE, reason=reason)


EDITED = Cause(reason="purchases edited", at=date(2026, 12, 2), run="r1")


@pytest.mark.parametrize(
    ("effective", "why", "reason"),
    [
        ("-5", Cause(reason=""), "accrual reversed"),
        ("5", Cause(reason=""), "late accrual"),
        ("0", Cause(reason=""), "late accrual"),
        ("-5", EDITED, "accrual reversed, purchases edited"),
        ("5", EDITED, "late accrual, purchases edited"),
    ],
)
def test_accruals_say_which_way_they_went_and_whether_purchases_were_edited(
    effective: str, why: Cause, reason: str
) -> None:
    mine = spend(row("2026-10", "1", effective, source="accruals"))

    (only,) = adjustments(mine, lambda _: why, rates(), "USD")

    assert only.cause == replace(why, reason=reason)


def test_credits_stand_apart_from_what_they_credit() -> None:
    reasons = [
        (each.cause.reason, each.effective)
        for each in found(
            row("2026-10", "5", "5"), row("2026-10", "-5", "-5", charge_category="Credit")
        )
    ]

    assert reasons == [("late lines", Decimal(5)), ("credit", Decimal(-5))]


@pytest.mark.failure("G02")
def test_what_is_late_is_converted_at_the_rate_of_its_own_month_everywhere() -> None:
    pinned = PinnedRates.over(rates(EUR="3"), {OCTOBER: rates(EUR="2")})
    mine = spend(row("2026-10", "1", "10", currency="EUR"), row(None, "1", "100", currency="EUR"))

    (late,) = adjustments(mine, lambda *_: LATE, pinned, "USD")
    actual = actuals(mine, pinned, "USD")
    billed = actuals(mine, pinned, "USD", "billed")
    covered = shares(mine, pinned, "USD")

    assert (late.billed, late.effective, late.currency) == (Decimal(2), Decimal(20), "EUR")
    assert actual.select("month", "amount").rows() == [("2026-11", Decimal(320))]
    assert billed.select("month", "amount").rows() == [("2026-11", Decimal(5))]
    assert spend_total(mine, pinned, "USD") == Decimal(320)
    assert covered["cloud", NOVEMBER].allocated == Decimal(320)


def test_a_month_shows_what_it_bears_and_the_sum() -> None:
    mine = found(
        row("2026-10", "1", "2"),
        row("2026-10", "-3", "-4", project="q"),
        row("2026-10", "7", "7", period="2026-12", day=date(2026, 12, 1)),
    )

    shown = adjusted(mine, Figures("USD"), NOVEMBER)

    assert [line.effective.value for line in shown.lines] == [Decimal(2), Decimal(-4)]
    assert [line.billed.value for line in shown.lines] == [Decimal(1), Decimal(-3)]
    assert (shown.billed.value, shown.effective.value) == (Decimal(-2), Decimal(-2))
    assert (shown.billed.id, shown.effective.id) == (
        *("portfolio/2026-11/adjusted_billed", "portfolio/2026-11/adjusted"),
    )
    assert (shown.billed.basis, shown.effective.basis) == ("billed", "effective")
    assert shown.lines[0].effective.id == (
        "adjustment/2026-10/cloud/p/training_compute/late%20lines/USD/2026-11/adjusted"
    )
    assert adjusted(mine, Figures("USD"), OCTOBER).lines == ()


def test_the_warehouse_has_every_adjustment_with_its_cause() -> None:
    rows = frame(found(row("2026-10", "1", "2")), "USD")

    assert rows.schema == ADJUSTMENTS
    assert rows.rows() == [
        (
            *("2026-10", "2026-11", "cloud", "p", "training_compute", "late lines", "d1", "r1"),
            *(date(2026, 12, 2), Decimal(1), Decimal(2), "USD"),
        )
    ]
    assert frame([], "USD").schema == ADJUSTMENTS


def test_adjustments_are_printed_in_columns_and_as_json() -> None:
    mine = found(row("2026-10", "1234.5", "-2"))

    head, *lines = table(mine, "USD", NOVEMBER).splitlines()
    assert head == "prior-period adjustments in or for 2026-11, USD; + is more cost"
    assert [re.split(" {2,}", line) for line in lines] == [
        ["of", "posted in", "source", "project", "category", "reason", *RIGHT],
        [*("2026-10", "2026-11", "cloud", "p", "training_compute", "late lines"), *AMOUNTS],
    ]
    assert table([], "USD", None) == "no prior-period adjustment\n"
    assert json.loads(document(mine, "USD")) == {
        "currency": "USD",
        "adjustments": [
            {
                "month": "2026-10",
                "posted": "2026-11",
                "source": "cloud",
                "project": "p",
                "category": "training_compute",
                "reason": "late lines",
                "delivery": "d1",
                "run": "r1",
                "loaded": "2026-12-02",
                "billed": "1234.50",
                "effective": "-2.00",
            }
        ],
    }


def test_what_is_late_is_not_of_the_bill_that_a_month_ties_out_with() -> None:
    mine = spend(row("2026-10", "5", "5"), row(None, "7", "7"))
    state = SourceState(source="cloud", state="final", controls={"USD": Decimal(7)})

    (line,) = source_lines(mine, [state], Figures("USD"), NOVEMBER)

    assert (line.amount.value, line.difference.value) == (Decimal(7), Decimal(0))


def test_what_is_late_is_not_spent_after_the_end_of_its_project() -> None:
    ended = SimpleNamespace(id="p", start=None, end=date(2026, 10, 31))
    beyond = row(None, "7", "7", day=date(2026, 11, 2))

    (told,) = outside(
        spend(row("2026-10", "5", "5"), beyond),
        [ended],
        rates(),
        Figures("USD"),
    )

    assert (told.amount.value, told.days) == (Decimal(7), 1)


# runs


def run(month: str, project: str, run_id: str | None, cost: str) -> dict[str, Any]:
    amounts = {name: Decimal(0) for name, kind in RUNS.items() if kind == MONEY}
    costs = {"training_compute": Decimal(cost), "cost": Decimal(cost)}
    return {
        **dict.fromkeys(RUNS),
        **amounts,
        **costs,
        "month": month,
        "project": project,
        "run_id": run_id,
        "currency": "USD",
    }


def actual(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    names = ("project", "category", "month", "amount")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("amount").cast(pl.String).str.to_decimal(scale=18).cast(MONEY)
    )


def test_what_recognition_moved_is_in_the_row_without_a_run() -> None:
    runs = pl.DataFrame(
        [run("2026-10", "p", "a", "7"), run("2026-10", "p", None, "1")], schema=RUNS
    )
    before = actual(("p", "training_compute", "2026-10", "8"), ("p", "data", "2026-10", "5"))
    after = actual(
        ("p", "training_compute", "2026-10", "5"),
        ("p", "depreciation", "2026-11", "3"),
        ("p", "data", "2026-11", "5"),
    )

    rows = posted(runs, before, after, "USD")

    columns = ("month", "run_id", "training_compute", "depreciation", "cost", "direct", "currency")
    assert rows.select(columns).rows() == [
        ("2026-10", None, Decimal(-2), Decimal(0), Decimal(-2), Decimal(0), "USD"),
        ("2026-10", "a", Decimal(7), Decimal(0), Decimal(7), Decimal(0), "USD"),
        ("2026-11", None, Decimal(0), Decimal(3), Decimal(3), Decimal(0), "USD"),
    ]
    assert rows.schema == RUNS


def test_runs_of_months_of_which_nothing_moved_stay_as_they_are() -> None:
    runs = pl.DataFrame([run("2026-10", "p", None, "1")], schema=RUNS)
    same = actual(("p", "training_compute", "2026-10", "1"))

    assert posted(runs, same, same, "USD") is runs
