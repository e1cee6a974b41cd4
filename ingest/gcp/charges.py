"""The expressions that make rows into charges: what each costs, and what kind it is.

See docs/decisions/0004 for what billed and effective cost mean here.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.gcp import credit, sku, words
from ingest.gcp.service import chosen
from ingest.shape import shaped
from models.money import MONEY, ZERO
from models.period import Month

REGULAR: Final = "regular"
TAX: Final = "tax"
COST_TYPES: Final = (REGULAR, TAX, "adjustment", "rounding_error")

# adjustment_info.type of what restates the usage or its price; all others are amounts of
# their own: goodwill, violated service levels, transfers.
CORRECTIONS: Final = ("USAGE_CORRECTION", "PRICE_CORRECTION", "METADATA_CORRECTION")

_NOTHING: Final = pl.lit(ZERO, dtype=MONEY)
_PRICED: Final = (
    *("list_unit_price", "contracted_unit_price", "pricing_quantity", "pricing_unit"),
    *("pricing_category", "consumed_quantity", "consumed_unit", "x_gpu_count"),
    "commitment_discount_status",
)


def invoiced(frame: pl.LazyFrame, period: Month) -> pl.LazyFrame:
    """Return the rows of an invoice month with their kind and their sums of credits."""
    adjusted = _adjusted()
    return (
        frame.filter(month() == compact(period))
        .with_columns(cost_type=pl.col("cost_type").fill_null(REGULAR), model=sku.model())
        .with_columns(
            billing_period_start=pl.lit(period.start),
            billing_period_end=pl.lit(period.end),
            category=_category(),
            folded=credit.folded(),
            standing=credit.standing(),
            corrects=adjusted & (pl.col("usage_start_time") < pl.lit(period.start)),
        )
    )


def month() -> pl.Expr:
    """Return the invoice month as the row states it, `202608`; nothing else decides it."""
    return pl.col("invoice").struct.field("month")


def compact(period: Month) -> str:
    """Return a month as rows state it."""
    return str(period).replace("-", "")


def of_rows(frame: pl.LazyFrame, *, tax_recoverable: bool) -> pl.LazyFrame:
    """Return one charge for each row, and one more for its payments where it has some.

    Both come from one pass: what reads the document twice keeps one of its halves in memory.
    """
    charges = pl.int_ranges(1 + (pl.col("standing") != ZERO).cast(pl.Int64))
    return shaped(
        frame.with_columns(charge=charges)
        .explode("charge")
        .with_columns(**_money(tax_recoverable=tax_recoverable))
        .with_columns(**words.of_row())
        .with_columns(**_payment())
    )


def _payment() -> dict[str, pl.Expr]:
    """Return the columns in which a payment differs from the charge that it is for."""
    amounts = ("billed_cost", "effective_cost", "x_tco_cost")
    others: dict[str, pl.Expr] = {
        **dict.fromkeys(amounts, pl.col("standing")),
        **dict.fromkeys(("list_cost", "contracted_cost"), _NOTHING),
        **dict.fromkeys(_PRICED, pl.lit(None)),
        "charge_category": pl.lit("Credit"),
        "charge_frequency": pl.lit("One-Time"),
        "charge_description": pl.coalesce(credit.names(), credit.kinds()),
        "x_line_type": pl.coalesce(credit.kinds(), pl.lit(credit.STANDING[-1])),
    }
    paid = pl.col("charge") == 1
    return {name: pl.when(paid).then(value).otherwise(name) for name, value in others.items()} | {
        "x_derived": pl.when(paid).then(pl.lit("credit"))
    }


def _adjusted() -> pl.Expr:
    """Say whether a row was made to change an earlier one."""
    stated = pl.any_horizontal(
        pl.col("adjustment_info").struct.field(name).is_not_null()
        for name in ("id", "type", "mode", "description")
    )
    return stated | (pl.col("cost_type") == "adjustment").fill_null(value=False)


def _category() -> pl.Expr:
    """Return the charge category; what is corrected keeps the category of what was wrong."""
    kind, cause = pl.col("cost_type"), pl.col("adjustment_info").struct.field("type")
    corrects = cause.is_in(pl.Series(CORRECTIONS).implode()).fill_null(value=False)
    amount = ((kind == "adjustment") | cause.is_not_null()) & ~corrects
    known = kind.is_in(pl.Series([REGULAR, "adjustment"]).implode())
    fee = sku.is_fee() | credit.has(credit.OFFSET)
    return pl.coalesce(
        chosen([(kind == TAX, "Tax"), (~known | amount, "Adjustment"), (fee, "Purchase")]),
        pl.lit("Usage"),
    )


def _money(*, tax_recoverable: bool) -> dict[str, pl.Expr]:
    net = pl.col("cost") + pl.col("folded")
    regular = (pl.col("category") == "Usage") & (pl.col("cost_type") == REGULAR)
    negotiated = pl.when(regular).then(pl.col("cost_at_effective_price_default"))
    contracted = pl.coalesce(negotiated, "cost")
    recovered = pl.when(pl.col("category") == "Tax").then(_NOTHING).otherwise(net)
    return {
        "billed_cost": net,
        "effective_cost": net,
        "x_tco_cost": recovered if tax_recoverable else net,
        "contracted_cost": contracted,
        "list_cost": pl.coalesce(pl.when(regular).then(pl.col("cost_at_list")), contracted),
    }
