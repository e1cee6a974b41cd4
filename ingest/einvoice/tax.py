"""Tax by line: an invoice states it by category and rate, and the lines share it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Protocol

from ingest.einvoice.total import Subtotal
from models.money import ZERO, parts

CENTS: Final = 2


class Taxed(Protocol):
    """What bears tax: a line, with its net amount as printed."""

    @property
    def printed(self) -> Decimal:
        """Net amount."""
        ...

    @property
    def tax_category(self) -> str:
        """UNTDID 5305."""
        ...

    @property
    def tax_rate(self) -> Decimal | None:
        """Percent."""
        ...


def shared(total: Decimal, subtotals: Sequence[Subtotal], lines: Sequence[Taxed]) -> list[Decimal]:
    """Return the tax of each line; it sums to the printed total exactly.

    Tax of a category and rate is shared by the net amounts of its lines, and of all lines
    where none has it (it is on a charge alone). What the parts and the total differ by,
    a cent at most, the last line takes.
    """
    taxes = [ZERO] * len(lines)
    for subtotal in subtotals:
        own = [number for number, line in enumerate(lines) if _bears(line, subtotal)]
        members = own or list(range(len(lines)))
        amounts = _spread(subtotal.amount, [lines[number].printed for number in members])
        for number, amount in zip(members, amounts, strict=True):
            taxes[number] += amount
    rest = total - sum(taxes, ZERO)
    if not subtotals:
        return _spread(total, [line.printed for line in lines])
    taxes[-1] += rest
    return taxes


def _bears(line: Taxed, subtotal: Subtotal) -> bool:
    rate = line.tax_rate or ZERO
    return line.tax_category == subtotal.tax_category and rate == subtotal.tax_rate


def _spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Return the parts of an amount; where weights cancel out, their sizes count, then heads."""
    sizes = [abs(weight) for weight in weights]
    chosen = next((each for each in (weights, sizes) if sum(each)), [Decimal(1)] * len(sizes))
    places = max(CENTS, -int(amount.as_tuple().exponent))
    return parts(amount, list(map(Fraction, chosen)), places)
