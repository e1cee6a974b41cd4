"""Quantities, unit prices and SKUs of a charge."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.aws import line, workload
from ingest.aws.profile import Profile
from models.money import MONEY

_PIECE: Final = pl.lit(1, dtype=MONEY)


def of_line(found: Profile) -> dict[str, pl.Expr]:
    """Return quantities and unit prices, which FOCUS wants empty on tax, and sku ids."""
    metered, piece = line.where("price", "usage"), line.where("price", "piece")
    quantity = pl.when(metered).then(pl.col("line_item_usage_amount"))
    unit, consumed, counted = workload.consumed(found, quantity)
    listed = pl.col("pricing_public_on_demand_rate")
    charged = pl.coalesce(
        pl.when(line.is_kind(["reserved"])).then(listed), "line_item_unblended_rate"
    )
    return {
        "pricing_category": _pricing_category(found),
        "pricing_quantity": pl.when(piece).then(_PIECE).otherwise(quantity),
        "pricing_unit": pl.when(metered).then(unit).when(piece).then(pl.lit("Units")),
        "list_unit_price": pl.when(metered)
        .then(pl.coalesce(listed, "line_item_unblended_rate"))
        .when(piece)
        .then(pl.col("list_cost")),
        "contracted_unit_price": pl.when(metered)
        .then(charged)
        .when(piece)
        .then(pl.col("contracted_cost")),
        "consumed_quantity": consumed,
        "consumed_unit": pl.when(metered).then(counted),
        "sku_id": pl.when(metered | piece).then(pl.col("product_sku")),
        "sku_price_id": pl.when(metered | piece).then(
            pl.coalesce("pricing_rate_code", "pricing_rate_id")
        ),
    }


def _pricing_category(found: Profile) -> pl.Expr:
    spot = found.usages.where(lambda text: "SpotUsage" in text)
    return (
        pl.when(line.is_kind(["covered", "reserved"]))
        .then(pl.lit("Committed"))
        .when(line.is_kind(["usage"]) & spot)
        .then(pl.lit("Dynamic"))
        .when(line.where("price", "usage") | line.where("price", "piece"))
        .then(pl.lit("Standard"))
    )
