"""Billing months of a document: which it holds, and which of its rows a delivery is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest.focus.dialect import Dialect
from ingest.normalise import MOST_REJECTED
from ingest.source import REJECTED
from ingest.table import MOMENT, ContractError, Field, read, refuse_unsound, unsound
from models.period import Month

SHORT: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d")  # FOCUS 1.0 leaves seconds out
_PERIOD: Final = Field("BillingPeriodStart", MOMENT, required=True)


def months(path: Path, dialect: Dialect) -> frozenset[Month]:
    """Return the billing months that a document has rows of; none when it has no row.

    Raises:
        ContractError: when a row's month cannot be read, or no row says one.
    """
    forms = (*SHORT, *dialect.moments)
    table = read(path, [_PERIOD], nulls=dialect.nulls, moments=forms)
    doubts = unsound(table, [_PERIOD])
    found, unreadable = pl.collect_all(
        [
            table.frame.select(pl.col(_PERIOD.name).dt.strftime("%Y-%m").unique()),
            table.raw.select(*doubts) if doubts else pl.LazyFrame(),
        ],
        engine="streaming",
    )
    refuse_unsound(unreadable, table)
    said = frozenset(Month.parse(month) for month in found.to_series().drop_nulls())
    if found.height and not said:
        raise ContractError("has rows, and none of them states its BillingPeriodStart")
    return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Rows of one billing month; rows that state none go with every month, to be set aside.

    Attributes:
        month: The billing month of the delivery.
        alone: Whether the document claims to be of this month alone; then rows of other
            months are faults of it, and else they belong to other deliveries.
    """

    month: Month
    alone: bool

    @property
    def foreign(self) -> pl.Expr:
        """Where a charge belongs to another billing month."""
        inside = pl.col("billing_period_start").is_between(
            self.month.start, self.month.end, closed="left"
        )
        return ~inside.fill_null(value=True)

    def rejected(self, charges: pl.LazyFrame) -> pl.DataFrame:
        """Return the rows that are in the wrong document."""
        if not self.alone:
            return pl.DataFrame(schema=REJECTED)
        return (
            charges.filter(self.foreign)
            .select(
                "x_row",
                column=pl.lit("BillingPeriodStart"),
                reason=pl.lit(f"is of another billing month than the file's, {self.month}"),
                value=pl.col("billing_period_start").dt.strftime("%Y-%m-%d"),
            )
            .head(MOST_REJECTED + 1)
            .collect(engine="streaming")
        )
