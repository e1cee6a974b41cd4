"""Invoices that vendors sent, as they were printed, and what they cost by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from models.period import Month

ORDER: Final = ("period", "invoice_issuer_name", "invoice_id", "x_source", "x_document", "x_row")
COSTS: Final = ("billed_cost", "effective_cost", "x_tco_cost")

Row = Mapping[str, Any]  # of `models.beside`, by column


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCost:
    """What an invoice costs in one month of its work, in its own currency."""

    month: Month
    category: str
    currency: str
    billed: Decimal
    effective: Decimal
    tco: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One invoice of one document.

    Attributes:
        head: Its row of `invoice_headers`, with the billing month `period`.
        lines: Its rows of `invoice_details`, in order.
        months: What it costs; nothing unless it counts.
        names: Names of its document at the source.
    """

    head: Row
    lines: tuple[Row, ...] = ()
    months: tuple[MonthCost, ...] = ()
    names: str = ""

    @property
    def issued(self) -> date | None:
        """Day of issue."""
        found: date | None = self.head["invoice_issue_date"]
        return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """Documents of which nothing is known yet: their delivery was refused."""

    scope: str
    document: str
    detail: str


def chosen(
    headers: pl.DataFrame,
    *,
    month: Month | None = None,
    statuses: Sequence[str] = (),
    issuer: str = "",
    number: str = "",
) -> list[Row]:
    """Return headers in order of month, issuer and number.

    Args:
        headers: Of every invoice that was read, with `period`.
        month: Only those issued in it.
        statuses: Only these.
        issuer: Only those of an issuer with this in its name, whatever its case.
        number: Only those of this number, whatever its case.
    """
    return [
        row
        for row in headers.sort(ORDER, nulls_last=True).iter_rows(named=True)
        if month is None or row["period"] == str(month)
        if not statuses or row["status"] in statuses
        if issuer.casefold() in row["invoice_issuer_name"].casefold()
        if number.casefold() in ("", row["invoice_id"].casefold())
    ]


def lines_of(head: Row, details: pl.DataFrame) -> tuple[Row, ...]:
    """Return the rows of `invoice_details` of one invoice, in order."""
    own = details.filter(*_same(head))
    return tuple(own.sort("x_row", maintain_order=True).iter_rows(named=True))


def months_of(head: Row, charges: pl.LazyFrame) -> tuple[MonthCost, ...]:
    """Return what one invoice costs by month of the work, from the charges of its document."""
    own = (
        charges.filter(*_same(head))
        .group_by(
            pl.col("charge_period_start").dt.strftime("%Y-%m").alias("month"),
            "charge_category",
            "billing_currency",
        )
        .agg(pl.col(COSTS).sum())
        .sort("month", "charge_category")
        .collect(engine="streaming")
    )
    return tuple(
        MonthCost(
            month=Month.parse(month),
            category=category,
            currency=currency,
            billed=billed,
            effective=effective,
            tco=tco,
        )
        for month, category, currency, billed, effective, tco in own.iter_rows()
    )


def _same(head: Row) -> tuple[pl.Expr, ...]:
    names = ("x_source", "x_document", "invoice_id", "invoice_issuer_name")
    return tuple(pl.col(name) == head[name] for name in names)
