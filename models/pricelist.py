"""Price lists: what a provider publishes for a unit of a SKU, kept beside what was paid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from models.money import ZERO, exact

FORM: Final = "prices 1"


@dataclass(frozen=True, slots=True)
class Tier:
    """A price for one unit, from a used amount on; both exact."""

    start: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What is published for one SKU.

    Attributes:
        unit: What one price buys, as charges name units: Hours.
        base_unit: What is metered.
        base_factor: How many base units are one unit.
        tiers: By the amount from which they hold, rising.
    """

    sku_id: str
    description: str
    service: str
    regions: tuple[str, ...]
    unit: str
    base_unit: str
    base_factor: Decimal
    tiers: tuple[Tier, ...]

    @property
    def list_price(self) -> Decimal | None:
        """The price of the first unit that costs something; None where nothing is published."""
        paid = (tier.price for tier in self.tiers if tier.price > ZERO)
        return next(paid, ZERO if self.tiers else None)

    @property
    def base_price(self) -> Fraction | None:
        """The same for one base unit, which has no last digit: a third of a cent a second."""
        price = self.list_price
        return Fraction(price) / Fraction(self.base_factor) if price is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """What a provider published at one instant, in one currency."""

    currency: str
    at: datetime
    prices: tuple[Price, ...]


def written(prices: PriceList) -> bytes:
    """Return a price list as canonical JSON; equal lists give equal bytes."""
    content = {
        "form": FORM,
        "currency": prices.currency,
        "at": prices.at.isoformat(),
        "prices": [_content(each) for each in sorted(prices.prices, key=lambda each: each.sku_id)],
    }
    return json.dumps(content, indent=1, sort_keys=True).encode()


def read(data: bytes) -> PriceList:
    """Return the price list that `written` wrote.

    Raises:
        ValueError: when it is none.
    """
    content = json.loads(data)
    if not isinstance(content, dict) or content.get("form") != FORM:
        raise ValueError("is no price list of this version; fetch it again")
    return PriceList(
        currency=content["currency"],
        at=datetime.fromisoformat(content["at"]),
        prices=tuple(map(_price, content["prices"])),
    )


def _content(price: Price) -> dict[str, Any]:
    return {
        "sku_id": price.sku_id,
        "description": price.description,
        "service": price.service,
        "regions": sorted(price.regions),
        "unit": price.unit,
        "base_unit": price.base_unit,
        "base_factor": f"{price.base_factor:f}",
        "tiers": [{"start": f"{t.start:f}", "price": f"{t.price:f}"} for t in price.tiers],
    }


def _price(content: Mapping[str, Any]) -> Price:
    tiers = (Tier(exact(each["start"]), exact(each["price"])) for each in content["tiers"])
    return Price(
        **{
            name: content[name]
            for name in ("sku_id", "description", "service", "unit", "base_unit")
        },
        regions=tuple(content["regions"]),
        base_factor=exact(content["base_factor"]),
        tiers=tuple(tiers),
    )
