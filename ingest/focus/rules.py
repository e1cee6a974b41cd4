"""Rules of FOCUS about one row that real exports break: counted and told, nothing set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from models.money import ZERO

_LARGE: Final = Decimal(10) ** 10  # products of two smaller numbers fit their type
_PRODUCT: Final = pl.Decimal(38, 15)
_MILLIONTH: Final = Decimal("0.000001")  # of the cost or of its unit: exporters round


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement of the specification; `broken` is true where a row contradicts it."""

    name: str
    broken: pl.Expr
    meaning: str


def _is(column: str, value: str) -> pl.Expr:
    return pl.col(column).eq_missing(pl.lit(value))


def _there(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()


def _unlike(price: str, cost: str) -> pl.Expr:
    """Say where price times quantity is not the cost, as far as exporters' rounding goes."""
    product = _small(price) * _small("pricing_quantity")
    amount = pl.col(cost)
    allowed = pl.max_horizontal(amount.abs(), pl.lit(Decimal(1))) * _MILLIONTH
    return (product - amount).abs() > allowed


def _small(column: str) -> pl.Expr:
    value = pl.col(column)
    return pl.when(value.abs() < _LARGE).then(value).cast(_PRODUCT)


_TAX = _is("charge_category", "Tax")
_USAGE = _is("charge_category", "Usage")
_PURCHASE = _is("charge_category", "Purchase")
_CORRECTION = _is("charge_class", "Correction")
_SOLD = (_USAGE | _PURCHASE) & ~_CORRECTION
_COMMITTED = _there("commitment_discount_id")
_USED = _USAGE & _is("commitment_discount_status", "Used")
_UNUSED = _USAGE & _is("commitment_discount_status", "Unused")
_PRICES: Final = (
    *("list_unit_price", "contracted_unit_price", "pricing_quantity", "pricing_unit"),
    *("pricing_category", "sku_id", "sku_price_id"),
)
_COMMITMENT: Final = (
    *("commitment_discount_category", "commitment_discount_name", "commitment_discount_status"),
    *("commitment_discount_type", "commitment_discount_quantity", "commitment_discount_unit"),
)
_MEASURED: Final = {
    "consumed_quantity": "consumed_unit",
    "pricing_quantity": "pricing_unit",
    "commitment_discount_quantity": "commitment_discount_unit",
}

ROW_RULES: Final = (
    Rule(
        "list_price",
        ~_CORRECTION & _unlike("list_unit_price", "list_cost"),
        "ListUnitPrice times PricingQuantity is ListCost",
    ),
    Rule(
        "contracted_price",
        ~_CORRECTION & _unlike("contracted_unit_price", "contracted_cost"),
        "ContractedUnitPrice times PricingQuantity is ContractedCost",
    ),
    Rule(
        "tax_without_price",
        _TAX & pl.any_horizontal(map(_there, _PRICES)),
        "a tax has no price, quantity or SKU",
    ),
    Rule(
        "sale_with_price",
        _SOLD & ~pl.all_horizontal(map(_there, _PRICES)),
        "usage and purchases have prices, quantity and SKU",
    ),
    Rule(
        "effective_is_billed",
        ~_COMMITTED & ~_PURCHASE & (pl.col("effective_cost") != pl.col("billed_cost")),
        "EffectiveCost is BilledCost where no commitment is concerned",
    ),
    Rule(
        "commitment_bought",
        _PURCHASE & _COMMITTED & (pl.col("effective_cost") != ZERO),
        "EffectiveCost of a commitment's purchase is 0",
    ),
    Rule(
        "commitment_used",
        _USED & ((pl.col("billed_cost") != ZERO) | ~_is("pricing_category", "Committed")),
        "what a commitment covers has BilledCost 0 and PricingCategory Committed",
    ),
    Rule(
        "commitment_unused",
        _UNUSED
        & (
            pl.col("resource_id").ne_missing(pl.col("commitment_discount_id"))
            | (pl.col("billed_cost") != ZERO)
        ),
        "what a commitment leaves unused has BilledCost 0 and the commitment as ResourceId",
    ),
    Rule(
        "commitment_named",
        (~_COMMITTED & pl.any_horizontal(map(_there, _COMMITMENT)))
        | (_COMMITTED & _USAGE & ~_there("commitment_discount_status")),
        "usage of a commitment has a status, and without a commitment nothing is said of one",
    ),
    Rule(
        "consumption_of_usage",
        _there("consumed_quantity") & (~_USAGE | _UNUSED),
        "only usage that happened has a ConsumedQuantity",
    ),
    Rule(
        "quantity_with_unit",
        pl.any_horizontal(_there(q) != _there(unit) for q, unit in _MEASURED.items()),
        "quantities and their units are stated together",
    ),
    Rule(
        "purchase_frequency",
        _PURCHASE & _is("charge_frequency", "Usage-Based"),
        "ChargeFrequency of a purchase is not Usage-Based",
    ),
    Rule(
        "correction_of_earlier",
        _CORRECTION & (pl.col("charge_period_start") >= pl.col("billing_period_start")),
        "a Correction is of an earlier billing period",
    ),
)


def counted(charges: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row: for each rule, how many rows break it, and the first that does."""
    return charges.select(
        pl.struct(
            rule.broken.sum().alias("rows"), pl.col("x_row").filter(rule.broken).min().alias("row")
        ).alias(rule.name)
        for rule in ROW_RULES
    )


def notes(found: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield a finding for each rule that is broken, by what `counted` says."""
    for rule in ROW_RULES:
        said = found[rule.name].item()
        if said["rows"]:
            yield (
                f"focus_{rule.name}",
                f"{rule.meaning}: not so in {said['rows']} rows, first in row {said['row']}",
            )
