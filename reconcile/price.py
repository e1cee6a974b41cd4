"""Unit prices side by side: published, on the bill by list, negotiated, and really paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from models.money import rounded
from models.pricelist import PriceList

PLACES: Final = 6  # decimals of a price, rounded half away from zero
KEY: Final = ("x_source", "sku_id", "pricing_unit", "billing_currency")
SUMMED: Final = ("pricing_quantity", "list_cost", "contracted_cost", "effective_cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """What one unit of a SKU costs in one month, in `currency`.

    Attributes:
        accelerators: Whether charges or price list say that it is one.
        quantity: Units that were priced; exact.
        published: What the provider's price list says; None where it does not speak of the
            SKU in this unit and currency.
        listed: List cost by quantity.
        contracted: Cost at negotiated prices by quantity, before commitments.
        effective: Effective cost by quantity, credits and commitments included.
    """

    source: str
    sku_id: str
    description: str
    unit: str
    currency: str
    accelerators: bool
    quantity: Decimal
    published: Decimal | None
    listed: Decimal
    contracted: Decimal
    effective: Decimal


def summed(charges: pl.LazyFrame) -> pl.LazyFrame:
    """Return exact sums of used and priced charges by source, SKU, unit and currency."""
    priced = (
        (pl.col("charge_category") == "Usage")
        & pl.col("sku_id").is_not_null()
        & (pl.col("pricing_quantity").is_not_null())
    )
    return (
        charges.filter(priced)
        .group_by(KEY)
        .agg(
            pl.col(*SUMMED).sum(),
            pl.col("charge_description").min().alias("description"),
            pl.col("x_gpu_type").is_not_null().any().alias("accelerators"),
        )
    )


def price_lines(sums: pl.DataFrame, lists: Mapping[str, PriceList]) -> list[PriceLine]:
    """Return a line for each SKU that was used, dearest first by effective cost.

    Args:
        sums: What `summed` returned.
        lists: Price lists of the month, by source.
    """
    used = sums.filter(pl.col("pricing_quantity") > 0).sort(
        pl.col("effective_cost"), *KEY, descending=[True, *[False] * len(KEY)]
    )
    return [_line(row, lists.get(row["x_source"])) for row in used.iter_rows(named=True)]


def _line(row: Mapping[str, Any], prices: PriceList | None) -> PriceLine:
    quantity = Fraction(row["pricing_quantity"])
    found = _published(row, prices)
    return PriceLine(
        source=row["x_source"],
        sku_id=row["sku_id"],
        description=(found and found[1]) or row["description"] or "",
        unit=row["pricing_unit"] or "",
        currency=row["billing_currency"],
        accelerators=row["accelerators"] or found is not None,
        quantity=row["pricing_quantity"],
        published=found[0] if found else None,
        listed=rounded(Fraction(row["list_cost"]) / quantity, PLACES),
        contracted=rounded(Fraction(row["contracted_cost"]) / quantity, PLACES),
        effective=rounded(Fraction(row["effective_cost"]) / quantity, PLACES),
    )


def _published(row: Mapping[str, Any], prices: PriceList | None) -> tuple[Decimal, str] | None:
    """Return list price and description, where they are of the same unit and currency."""
    if prices is None or prices.currency != row["billing_currency"]:
        return None
    for price in prices.prices:
        if price.sku_id == row["sku_id"] and price.unit == row["pricing_unit"]:
            found = price.list_price
            return (rounded(found, PLACES), price.description) if found is not None else None
    return None
