"""Which rows of a document a delivery is about: those of one billing month."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ingest.normalise import MOST_REJECTED
from ingest.source import REJECTED
from models.period import Month


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

    def of(self, charges: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows that the delivery has to account for."""
        return charges if self.alone else charges.filter(~self.foreign)

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
