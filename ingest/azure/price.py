"""Quantities, unit prices and SKUs of a cost details row."""

from __future__ import annotations

import polars as pl

from ingest.azure import gpu, line, unit
from ingest.azure.role import Role
from models.money import MONEY, QUANTITY, ZERO

_ZERO = pl.lit(ZERO, dtype=MONEY)


def of_line(role: Role) -> dict[str, pl.Expr]:
    """Return quantities, unit prices and what they come to, and sku ids."""
    metered = line.measured(role)
    quantity, given = pl.col("quantity"), pl.col("unit")
    consumed = metered & line.USAGE & ~line.UNUSED
    size = gpu.size(pl.col("additional_info"), pl.col("meter_category"), pl.col("meter_name"))
    hours = (quantity * unit.block(given)).cast(QUANTITY)
    is_gpu = size.is_not_null() & (unit.name(given) == "Hours")
    return {
        **_prices(metered),
        "pricing_category": line.pricing_category(),
        "pricing_quantity": pl.when(metered).then(quantity),
        "pricing_unit": pl.when(metered).then(pl.coalesce(given, pl.lit("Units"))),
        "consumed_quantity": pl.when(consumed & is_gpu)
        .then((hours * gpu.count(size)).cast(QUANTITY))
        .when(consumed)
        .then(hours),
        "consumed_unit": pl.when(consumed & is_gpu)
        .then(pl.lit("GPU-Hours"))
        .when(consumed)
        .then(unit.name(given)),
        "sku_id": pl.when(metered).then(pl.coalesce("part_number", "meter_id")),
        "sku_meter": pl.col("meter_name"),
        "sku_price_id": pl.when(metered).then(pl.col("meter_id")),
        "x_gpu_type": gpu.kind(size),
        "x_gpu_count": gpu.count(size),
    }


def _prices(metered: pl.Expr) -> dict[str, pl.Expr]:
    """Return list and contracted prices; without one, the cost itself stands in.

    Prices of customer agreements are in the pricing currency; the rate of the row turns
    what they come to into the billing currency.
    """
    same = pl.col("pricing_currency").is_null() | (pl.col("pricing_currency") == pl.col("currency"))
    rate = pl.when(same).then(pl.lit(1, dtype=MONEY)).otherwise(pl.col("exchange_rate"))
    listed, agreed = (
        pl.when(metered & (pl.col(name) != ZERO)).then(pl.col(name))
        for name in ("list_price", "price")
    )
    cost = pl.when(metered | ~line.USAGE).then(pl.col("cost")).otherwise(_ZERO)
    contracted = pl.coalesce(_product(agreed, rate), cost)
    stated = pl.when(metered & (pl.col("list_cost") != ZERO)).then(pl.col("list_cost"))
    return {
        "list_unit_price": pl.when(same).then(listed),
        "list_cost": pl.coalesce(stated, _product(listed, rate), contracted),
        "contracted_unit_price": pl.when(same).then(agreed),
        "contracted_cost": contracted,
        "pricing_currency": pl.coalesce("pricing_currency", "currency"),
        "pricing_currency_list_unit_price": listed,
        "pricing_currency_contracted_unit_price": agreed,
    }


def _product(price: pl.Expr, rate: pl.Expr) -> pl.Expr:
    return (price * pl.col("quantity") * rate).cast(MONEY)
