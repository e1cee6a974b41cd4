"""Tax by line: an invoice states it by category and rate, and the lines share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Protocol

from ingest.einvoice.total import Subtotal
from models.money import ZERO, parts

CENTS: Final = 2
Key = tuple[str, Decimal]  # category and rate


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
    owed: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for subtotal in subtotals:
        owed[subtotal.tax_category, subtotal.tax_rate] += subtotal.amount
    bearers: defaultdict[Key, list[int]] = defaultdict(list)
    for at, line in enumerate(lines):
        bearers[line.tax_category, line.tax_rate or ZERO].append(at)
    taxes = [ZERO] * len(lines)
    for key in owed.keys() & bearers.keys():
        _add(taxes, lines, bearers[key], owed.pop(key))
    homeless = sum(owed.values(), ZERO) if subtotals else total
    _add(taxes, lines, range(len(lines)), homeless)
    taxes[-1] += total - sum(taxes, ZERO)
    return taxes


def _add(
    taxes: list[Decimal], lines: Sequence[Taxed], members: Sequence[int], amount: Decimal
) -> None:
    amounts = _spread(amount, [lines[at].printed for at in members])
    for at, part in zip(members, amounts, strict=True):
        taxes[at] += part


def _spread(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Return the parts of an amount; where weights cancel out, their sizes count, then heads."""
    sizes = [abs(weight) for weight in weights]
    chosen = next((each for each in (weights, sizes) if sum(each)), [Decimal(1)] * len(sizes))
    places = max(CENTS, -int(amount.as_tuple().exponent))
    return parts(amount, list(map(Fraction, chosen)), places)
