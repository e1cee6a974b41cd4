"""Unit prices of the user: what a use cost on its day, where the table does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from ingest.table import ContractError
from ingest.vendor.gpu.settings import Price
from ingest.vendor.workload import first

# how many of a unit one hour, or one token, has
UNITS: Final[Mapping[str, Fraction]] = {
    "hour": Fraction(1),
    "minute": Fraction(60),
    "second": Fraction(3600),
    "thousand tokens": Fraction(1, 1000),
    "million tokens": Fraction(1, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Use:
    """What is priced: hours of accelerators, or tokens of a kind."""

    row: int
    day: date
    sku: str | None
    tokens: str | None
    quantity: Fraction

    @property
    def called(self) -> str:
        """What it is, for a message."""
        return f"{self.tokens} tokens" if self.tokens else "time"


def priced(uses: Sequence[Use], prices: Sequence[Price]) -> list[Price]:
    """Return the price of each use.

    Of the prices that hold on the day, those since the latest day count, and of these the
    first that is written.

    Raises:
        ContractError: for a use without a price, with what to add.
    """
    ordered = sorted(prices, key=lambda price: price.since, reverse=True)
    groups: dict[tuple[date, str | None], list[int]] = {}
    for at, use in enumerate(uses):
        groups.setdefault((use.day, use.tokens), []).append(at)
    found: dict[int, Price] = {}
    for (day, tokens), places in groups.items():
        held = [p for p in ordered if p.since <= day and p.tokens == tokens]
        words = first(
            [uses[at].sku or "unnamed" for at in places],
            [(str(index), (price.sku,)) for index, price in enumerate(held)],
        )
        for at, word in zip(places, words, strict=True):
            if word is None:
                raise _missing(uses[at])
            found[at] = held[int(word)]
    return [found[at] for at in range(len(uses))]


def _missing(use: Use) -> ContractError:
    return ContractError(
        f"row {use.row}: {use.called} of {use.sku or 'no SKU'} has no price on {use.day}; "
        "add one to prices"
    )
