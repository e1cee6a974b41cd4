"""What each line of an invoice comes to, worked out anew from what a second reader sees of it.

Which invoices count, what their vendors' terms are and what prepayments billed before is decided
once, in `taken`. What belongs to a line beside its net amount, its part of allowances, charges
and tax, is divided here with nothing of `allowance`, `accrual` and `entry`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Final

from ingest.invoice.taken import Taken
from ingest.verify import Amount
from models.subunit import places

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A line, or an allowance (negative) or charge of the whole document, as printed.

    Attributes:
        amount: Without tax.
        category, rate: Of its tax; empty and None where none is stated.
        tax: Its own, where the form says it by line.
    """

    amount: Decimal
    category: str = ""
    rate: Decimal | None = None
    tax: Decimal = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """An invoice as a second reader sees it, with its printed signs.

    Attributes:
        sign: What amounts are multiplied with to be a cost; -1 for a credit note.
        lines: Those that count, in order.
        tax: In all.
        asked: What it asks for, with what was paid before.
    """

    sign: int
    currency: str
    lines: tuple[Piece, ...]
    allowances: tuple[Piece, ...] = ()
    tax: Decimal
    asked: Decimal


def by_row(found: Pieces, taken: Taken) -> Iterator[Amount]:
    """Yield what each line comes to, its allowances and tax included; last what fits no line."""
    works = [line.amount + more for line, more in zip(found.lines, _allowed(found), strict=True)]
    taxes = _taxed(found, works)
    for row, (work, tax) in enumerate(zip(works, taxes, strict=True), start=1):
        yield _amount(row, found, taken, work, tax)
    loose = found.tax - sum(taxes)
    left = found.asked - sum(works) - sum(taxes) - loose
    if left or loose or taken.taken_back:
        yield _amount(0, found, taken, left, loose)


def _amount(row: int, found: Pieces, taken: Taken, work: Decimal, tax: Decimal) -> Amount:
    """Return a row as cost; a prepayment is none yet, and its tax only where it stays."""
    work, tax = found.sign * work, found.sign * tax
    is_prepaid = taken.invoice.kind == "prepayment"
    cost = _NOTHING if is_prepaid else work
    taxed = tax if taken.shown.wallet or not is_prepaid else _NOTHING
    stays = lost(taxed, 1 - taken.shown.tax_recoverable, found.currency)
    back = _NOTHING if row else taken.taken_back
    return Amount(row, found.currency, work + tax - back, cost + taxed, tco=cost + stays)


def _allowed(found: Pieces) -> list[Decimal]:
    """Return the part of allowances and charges that each line bears: those of its tax."""
    sums: defaultdict[tuple[str, Decimal | None], Decimal] = defaultdict(Decimal)
    for each in found.allowances:
        sums[each.category, each.rate] += each.amount
    parts = [_NOTHING] * len(found.lines)
    for (category, rate), amount in sums.items():
        at = [
            place
            for place, line in enumerate(found.lines)
            if category in {"", line.category} and rate in {None, line.rate or _NOTHING}
        ]
        weights = [found.lines[place].amount for place in at]
        for place, part in zip(at, divided(amount, weights, found.currency), strict=False):
            parts[place] += part
    return parts


def _taxed(found: Pieces, works: Sequence[Decimal]) -> list[Decimal]:
    """Return the tax of each line: its own, or else a part of that of the document."""
    own = [line.tax for line in found.lines]
    if any(own) or not found.tax:
        return own
    rates = [line.rate or _NOTHING for line in found.lines]
    weights = [work * rate for work, rate in zip(works, rates, strict=True)]
    chosen = weights if any(weights) else works
    return divided(found.tax, chosen, found.currency) or own


def divided(
    amount: Decimal, weights: Iterable[Decimal], currency: str = "", digits: int | None = None
) -> list[Decimal]:
    """Return the parts of an amount by weights, rounded so that they sum to it.

    Args:
        amount: What is divided.
        weights: Of the parts; those that sum to nothing divide nothing.
        currency: Whose decimals the parts have, or as many as the amount.
        digits: How many decimals they have, where that is something else.
    """
    shares = [Fraction(weight) for weight in weights]
    whole = sum(shares)
    if not whole:
        return []
    finest = _digits(amount, currency) if digits is None else digits
    reached = (Fraction(amount) * upto / whole for upto in accumulate(shares))
    sums = [_NOTHING, *(_half_up(each, finest) for each in reached)]
    return [after - before for before, after in pairwise(sums)]


def lost(tax: Decimal, share: Decimal, currency: str) -> Decimal:
    """Return the share of a tax that does not come back, in decimals as it has itself."""
    return _half_up(Fraction(tax) * Fraction(share), _digits(tax, currency))


def _digits(amount: Decimal, currency: str) -> int:
    """Return the decimals of a currency, or those of an amount where these are more."""
    text = f"{amount:f}"
    printed = text.partition(".")[2].rstrip("0")
    return max(places(currency), len(printed))


def _half_up(amount: Fraction, digits: int) -> Decimal:
    units = int(abs(amount) * 10**digits + Fraction(1, 2))
    return Decimal(units if amount >= 0 else -units).scaleb(-digits)
