"""Credits of a row: which lower its price, and which are a payment on a row of their own.

The same two groups as in the provider's own reports: savings, and promotions and others. A
type that is not known stands for itself, so that nothing lowers a price unseen.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.money import MONEY, ZERO

# Documented in "Structure of Detailed data export", field `credits.type`.
FOLDED: Final = (
    "COMMITTED_USAGE_DISCOUNT",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE",
    "DISCOUNT",
    "FEE_UTILIZATION_OFFSET",
    "FREE_TIER",
    "RESELLER_MARGIN",
    "SUBSCRIPTION_BENEFIT",
    "SUSTAINED_USAGE_DISCOUNT",
)
STANDING: Final = ("PROMOTION", "CREDIT_TYPE_UNSPECIFIED")
OFFSET: Final = "FEE_UTILIZATION_OFFSET"
COVERED: Final = {  # FOCUS: what the commitment that covers the usage counts
    "COMMITTED_USAGE_DISCOUNT": "Usage",
    "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE": "Spend",
}

_CREDITS: Final = pl.col("credits")
_ONE: Final = pl.element().struct
_FOLDS: Final = _ONE.field("type").is_in(pl.Series(FOLDED).implode()).fill_null(value=False)


def folded() -> pl.Expr:
    """Return the sum of the credits that lower the price of the row; negative, 0 for none."""
    return _sum(_FOLDS)


def standing() -> pl.Expr:
    """Return the sum of the credits that are a payment; negative, 0 for none."""
    return _sum(~_FOLDS)


def has(kind: str) -> pl.Expr:
    """Say whether a row has a credit of a type."""
    return _CREDITS.list.eval(_ONE.field("type") == kind).list.any().fill_null(value=False)


def kinds() -> pl.Expr:
    """Return the types of the credits that stand, in order, as one text."""
    return _joined(_ONE.field("type").filter(~_FOLDS))


def names() -> pl.Expr:
    """Return the names of the credits that stand, in order, as one text."""
    return _joined(_ONE.field("name").filter(~_FOLDS))


def _sum(which: pl.Expr) -> pl.Expr:
    amounts = pl.when(which).then(_ONE.field("amount")).otherwise(pl.lit(ZERO, dtype=MONEY))
    return _CREDITS.list.eval(amounts.sum()).list.first().fill_null(pl.lit(ZERO, dtype=MONEY))


def _joined(texts: pl.Expr) -> pl.Expr:
    joined = _CREDITS.list.eval(texts.drop_nulls().unique().sort()).list.join(", ")
    return pl.when(joined != "").then(joined)
