"""What a document says was invoiced: sums by invoice id, small enough to read on every run."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.money import MONEY

# name in invoiced: name in charges; an invoice id is null while there is no invoice
KEY: Final = {
    "billing_account_id": "billing_account_id",
    "invoice_issuer_name": "invoice_issuer_name",
    "invoice_id": "invoice_id",
    "currency": "billing_currency",
    "charge_category": "charge_category",
    "service_name": "service_name",
}
INVOICED: Final = pl.Schema(
    {
        **dict.fromkeys(KEY, pl.String()),
        "rows": pl.Int64(),
        "charged": pl.Int64(),  # rows whose billed cost is not zero
        "billed_cost": MONEY,
    }
)


def invoiced(charges: pl.LazyFrame) -> pl.DataFrame:
    """Return rows and billed cost of a document by invoice, category and service.

    Equal for equal charges, in whatever order they come. A blank invoice id is none: rows
    that cost something and have none are what a final month must not hold.

    Args:
        charges: CHARGE columns, best scanned from the written file.

    Returns:
        The schema INVOICED, sorted; sums are exact, credits are negative.
    """
    columns = {name: pl.col(column) for name, column in KEY.items()}
    columns["invoice_id"] = pl.col("invoice_id").replace("", None)
    groups = (
        charges.select(billed_cost="billed_cost", **columns)
        .group_by(*KEY)
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            (pl.col("billed_cost") != 0).sum().cast(pl.Int64).alias("charged"),
            pl.col("billed_cost").sum().cast(MONEY),
        )
    )
    return groups.select(INVOICED.names()).sort(*KEY, nulls_last=True).collect(engine="streaming")
