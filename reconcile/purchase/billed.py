"""Lines of invoices as purchases are compared with: whose, how much, in which days."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from models.canonical import canonical_value
from models.period import Month, between

COUNTED: Final = "counted"  # the one status of an invoice that is cost
PREPAID: Final = "Purchase"  # the category of a prepayment, which is no cost
ADJUSTED: Final = "Adjustment"  # what is of the whole invoice: allowances, rounding
TAKEN_BACK: Final = "prepaid"  # the entry by which an invoice takes a prepayment back
TAX: Final = "Tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One line of an invoice that counts; amounts without tax, credits negative.

    Attributes:
        invoice: Number as printed; `line` is its line.
        issuer: As printed.
        order: Number of the purchase order it names, or empty; `order_line` likewise.
        first: First day of the days that its cost lies in; `last` the last one, inclusive.
        prepaid: It pays for what is still to come, or takes such a payment back: no cost.
        adjusted: It is of the whole invoice, and buys nothing of its own.
    """

    source: str
    invoice: str
    line: str
    issuer: str
    issued: date
    order: str
    order_line: str
    currency: str
    amount: Decimal
    quantity: Decimal | None
    unit: str
    first: date
    last: date
    prepaid: bool
    adjusted: bool = False

    def months(self) -> Iterator[Month]:
        """Yield the months that its cost lies in."""
        return between(Month.of(self.first), Month.of(self.last))

    def share(self, month: Month) -> Fraction:
        """Return which part of it lies in a month, by calendar days."""
        first, last = max(self.first, month.first), min(self.last, month.last)
        days = max(0, (last - first).days + 1)
        return Fraction(days, (self.last - self.first).days + 1)

    def until(self, month: Month) -> Fraction:
        """Return which part of it lies in months up to one, that one included."""
        days = max(0, (min(self.last, month.last) - self.first).days + 1)
        return Fraction(days, (self.last - self.first).days + 1)

    def by(self, issuers: Collection[str]) -> bool:
        """Return whether one of these issuers, canonical names, wrote it."""
        return canonical_value(self.issuer) in issuers


def billed(details: pl.DataFrame) -> tuple[Billed, ...]:
    """Return the lines that count, without tax, in order of issue, number and line.

    Args:
        details: The table `invoice_details` of the deliveries that count.
    """
    counts = (pl.col("x_status") == COUNTED) & (pl.col("charge_category") != TAX)
    document = ("x_source", "x_document", "invoice_issuer_name", "invoice_id")
    prepays = (pl.col("charge_category") == PREPAID).any().over(document)
    rows = details.filter(counts).with_columns(prepays=prepays).sort(*document[::-1], "x_row")
    lines = (_line(row) for row in rows.iter_rows(named=True))
    return tuple(sorted(lines, key=lambda line: line.issued))


def _line(row: dict[str, Any]) -> Billed:
    issued: date = row["invoice_issue_date"] or row["billing_period_start"].date()
    line = row["invoice_detail_id"].rpartition("#")[2]
    adjusted = row["charge_category"] == ADJUSTED
    return Billed(
        source=row["x_source"],
        invoice=row["invoice_id"],
        line=line,
        issuer=row["invoice_issuer_name"],
        issued=issued,
        order=row["purchase_order_number"] or "",
        order_line=row["x_purchase_order_line"] or "",
        currency=row["billing_currency"],
        amount=row["billed_cost"],
        quantity=row["x_quantity"],
        unit=row["x_unit"] or "",
        first=row["x_service_start"] or issued,
        last=row["x_service_end"] or row["x_service_start"] or issued,
        prepaid=row["prepays"] or (adjusted and line == TAKEN_BACK),
        adjusted=adjusted,
    )
