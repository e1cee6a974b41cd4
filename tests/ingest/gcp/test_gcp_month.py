from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ingest.gcp.control import control
from ingest.gcp.convert import convert, months
from models.period import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def used(start: str, month: str, cost: float = 1.0, **values: Any) -> dict[str, Any]:
    """Return a row of one hour of usage on the invoice of a month."""
    at = datetime.fromisoformat(start)
    end = at.replace(hour=(at.hour + 1) % 24) if at.hour < 23 else at.replace(minute=59)
    return {
        "usage_start_time": start,
        "usage_end_time": end.isoformat().replace("+00:00", "Z"),
        "invoice": {"month": month},
        "cost": cost,
        **values,
    }


def charged(path: Any, period: Month) -> pl.DataFrame:
    return convert(path, period, tax_recoverable=False).charges.collect()


@pytest.mark.failure("E05")
def test_usage_that_comes_late_is_on_the_later_invoice_and_keeps_its_day(bench: Any) -> None:
    path = bench.put(
        "part.parquet",
        [used("2026-08-01T08:00:00Z", "202607", 2), used("2026-08-01T08:00:00Z", "202608", 3)],
    )

    july, august = (charged(path, Month(2026, month)) for month in (7, 8))

    assert july["billed_cost"].to_list() == [Decimal(2)]
    assert august["billed_cost"].to_list() == [Decimal(3)]
    for charges, month in ((july, 7), (august, 8)):
        assert charges["billing_period_start"].to_list() == [datetime(2026, month, 1, tzinfo=UTC)]
        assert charges["charge_period_start"].to_list() == [datetime(2026, 8, 1, 8, tzinfo=UTC)]
        assert charges["charge_class"].to_list() == [None]  # late, and no correction
    assert months(path) == {Month(2026, 7): 1, Month(2026, 8): 1}


HOURS = (
    ("2026-10-31T23:00:00Z", "202610"),
    ("2026-11-01T06:00:00Z", "202610"),  # still 31 October in California
    ("2026-11-01T06:59:00Z", "202610"),
    ("2026-11-01T07:00:00Z", "202611"),
    ("2026-10-31T23:00:00Z", "202611"),  # whatever the provider says
    ("2026-11-01T09:00:00Z", "202611"),  # the day that has 25 hours there
    ("2026-11-02T00:00:00Z", "202610"),
    ("2026-03-08T10:00:00Z", "202603"),  # the day that has 23
    ("2026-04-01T06:59:00Z", "202603"),
)


@pytest.mark.failure("E06")
@pytest.mark.parametrize("period", [Month(2026, 3), Month(2026, 4), OCTOBER, NOVEMBER], ids=str)
def test_the_invoice_month_is_the_providers_own_and_the_hour_is_utc(
    period: Month, bench: Any
) -> None:
    path = bench.put("part.json", [used(start, month) for start, month in HOURS])
    mine = [start for start, month in HOURS if month == str(period).replace("-", "")]

    charges, stated = charged(path, period), control(path, period)

    hours = [datetime.fromisoformat(start) for start in mine]
    assert charges["charge_period_start"].to_list() == hours
    assert set(charges["billing_period_start"]) == ({period.start} if mine else set())
    assert set(charges["billing_period_end"]) == ({period.end} if mine else set())
    assert (stated.rows, stated.first) == (len(mine), min(mine, default="")[:10])


@pytest.mark.parametrize(
    ("start", "adjustment", "expected"),
    [
        ("2026-09-30T23:00:00Z", {"id": "1", "type": "PRICE_CORRECTION"}, "Correction"),
        ("2026-09-30T23:00:00Z", {"id": "1", "type": "GOODWILL"}, "Correction"),
        ("2026-10-01T00:00:00Z", {"id": "1", "type": "PRICE_CORRECTION"}, None),
        ("2026-09-30T23:00:00Z", {"id": None}, None),
    ],
)
def test_a_correction_changes_what_an_earlier_invoice_said(
    start: str, adjustment: dict[str, Any], expected: str | None, bench: Any
) -> None:
    path = bench.put("part.parquet", [used(start, "202610", -1, adjustment_info=adjustment)])

    assert charged(path, OCTOBER)["charge_class"].to_list() == [expected]


def test_a_month_of_rows_on_other_invoices_is_told(bench: Any) -> None:
    path = bench.put(
        "part.parquet",
        [used("2026-10-01T08:00:00Z", month) for month in ("202609", "202610", "202609", "202611")],
    )

    notes = convert(path, OCTOBER, tax_recoverable=False).notes

    assert notes == (
        (
            "other_months",
            "rows on other invoices are left to those: 2 of 202609, 1 of 202611",
        ),
    )


def test_a_month_is_final_ten_days_after_its_end_and_no_row_names_an_invoice(bench: Any) -> None:
    source = bench.source()

    assert (source.settlement.after.days, source.settlement.invoiced) == (10, False)
    assert source.due(NOVEMBER) == datetime(2026, 11, 3, tzinfo=UTC)
    assert charged(bench.put("part.parquet", [{}]), bench.month)["invoice_id"].to_list() == [None]
