"""Rows of a detailed usage cost export of Google Cloud, as `EXPORT DATA` writes them to Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from models.period import Month
from scheduler.demo.calendar import Calendar
from scheduler.demo.meter import GOOGLE
from scheduler.demo.usage import Usage

ACCOUNT: Final = "01A2B3-C4D5E6-F70819"
TAX: Final = Decimal("212.60")

_TIME: Final = pl.Datetime("us", "UTC")
_PAIRS: Final = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
_NAMED: Final = pl.Struct({"id": pl.String, "description": pl.String})
SCHEMA: Final = pl.Schema(
    {
        "billing_account_id": pl.String(),
        "invoice": pl.Struct({"month": pl.String, "publisher_type": pl.String}),
        "cost_type": pl.String(),
        "service": _NAMED,
        "sku": _NAMED,
        "usage_start_time": _TIME,
        "usage_end_time": _TIME,
        "project": pl.Struct(
            {"id": pl.String, "number": pl.String, "name": pl.String, "labels": _PAIRS}
        ),
        "labels": _PAIRS,
        "system_labels": _PAIRS,
        "location": pl.Struct({"location": pl.String, "country": pl.String, "region": pl.String}),
        "resource": pl.Struct({"name": pl.String, "global_name": pl.String}),
        "transaction_type": pl.String(),
        "currency": pl.String(),
        "currency_conversion_rate": pl.Float64(),
        "cost": pl.Float64(),
        "cost_at_list": pl.Float64(),
        "usage": pl.Struct({"amount_in_pricing_units": pl.Float64, "pricing_unit": pl.String}),
        "credits": pl.List(pl.Struct({"name": pl.String, "amount": pl.Float64, "type": pl.String})),
        "export_time": _TIME,
    }
)

Row = dict[str, Any]


def bill(found: Iterable[Usage], month: Month, calendar: Calendar) -> pl.DataFrame:
    """Return all rows of one invoice month of the billing account."""
    rows = [row for usage in found if usage.month == month for row in _rows(usage)]
    taxes = [_tax(month)] if month <= calendar.last else []
    return pl.DataFrame([*rows, *taxes], schema=SCHEMA)


def _rows(usage: Usage) -> Iterator[Row]:
    """Yield a row a day; usage that is sold at its list price shows it as its cost."""
    meter = usage.meter
    for day, quantity in zip(usage.days, usage.quantities, strict=True):
        cost = float(quantity * meter.rate)
        start = datetime.combine(day, time())
        yield {
            **_common(usage.month, start, start + timedelta(days=1)),
            "cost_type": "regular",
            "service": {"id": meter.code, "description": meter.service[0]},
            "sku": {"id": meter.sku_of_google, "description": meter.usage_type},
            "project": {"id": GOOGLE[0], "number": "735500001111", "name": GOOGLE[1], "labels": []},
            "labels": [{"key": key, "value": value} for key, value in usage.tags.items()],
            "location": {"location": "us-central1", "country": "US", "region": "us-central1"},
            "resource": {"name": usage.resource, "global_name": f"//{usage.resource}"},
            "cost": cost,
            "cost_at_list": cost,
            "usage": {"amount_in_pricing_units": float(quantity), "pricing_unit": meter.unit},
        }


def _common(month: Month, start: datetime, end: datetime) -> Row:
    return {
        "billing_account_id": ACCOUNT,
        "invoice": {"month": f"{month.year}{month.month:02d}", "publisher_type": "GOOGLE"},
        "usage_start_time": start,
        "usage_end_time": end,
        "system_labels": [],
        "labels": [],
        "credits": [],
        "transaction_type": "GOOGLE",
        "currency": "USD",
        "currency_conversion_rate": float(1),
        "export_time": end + timedelta(hours=9),
    }


def _tax(month: Month) -> Row:
    """Return the tax of the account, which belongs to no project of it."""
    start, end = (moment.replace(tzinfo=None) for moment in (month.start, month.end))
    return {
        **_common(month, start, end),
        "cost_type": "tax",
        "service": {"id": "", "description": "Invoice"},
        "sku": {"id": "", "description": "Tax"},
        "cost": float(TAX),
    }
