"""Minimum commitments: what is due beyond what was used, until the issuer invoices it.

A time of the commitment is a month or three. When it is over, the rest up to the floor is
accrued in its last month; an invoice of that rest takes it back in the month that its cost
lies in. What is accrued for orders counts as used: it is owed already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from models.canonical import canonical_value
from models.period import Month, between, months
from models.purchasefile import Commitment, Order
from reconcile.purchase.accrual import MINIMUM, Accrual, steps
from reconcile.purchase.billed import Billed

_NONE: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One time of a commitment that is over; amounts in its currency.

    Attributes:
        used: What was invoiced and accrued for its months, without invoices of the rest.
        rest: What is due beyond it.
    """

    first: Month
    last: Month
    used: Fraction
    rest: Fraction


def due(
    commitment: Commitment, lines: Sequence[Billed], accrued: Iterable[Accrual], day: date
) -> tuple[Due, ...]:
    """Return every time of a commitment that is over.

    Args:
        commitment: What was promised.
        lines: Lines of invoices that count.
        accrued: What is accrued for orders.
        day: A time is over when its last day lies before it.
    """
    mine = [line for line in lines if counts(commitment, line)]
    owed = [each for each in accrued if _owed(commitment, each)]
    found = []
    for first in _starts(commitment):
        span = months(first, commitment.months)
        if span[-1].last < day:
            used = sum((_of(line, span) for line in mine), _NONE)
            used += sum((Fraction(each.amount) for each in owed if each.month in span), _NONE)
            rest = max(_NONE, Fraction(commitment.due) - used)
            found.append(Due(first=first, last=span[-1], used=used, rest=rest))
    return tuple(found)


def accruals(
    commitment: Commitment, times: Sequence[Due], lines: Sequence[Billed]
) -> Iterator[Accrual]:
    """Yield what the rests of a commitment add to months: due, and not invoiced yet."""
    if not times:
        return
    billed = [line for line in lines if _settles(commitment, line) is not None]
    last = max([times[-1].last, *(Month.of(line.last) for line in billed)])
    balances = {
        month: (sum((_open(commitment, each, billed, month) for each in times), _NONE), None)
        for month in between(times[0].last, last)
    }
    yield from steps(commitment, MINIMUM, balances)


def counts(commitment: Commitment, line: Billed) -> bool:
    """Return whether a line of an invoice counts towards a commitment."""
    others = map(canonical_value, commitment.counts.issuers)
    orders = commitment.counts.orders
    return (
        not line.prepaid
        and line.currency == commitment.currency
        and line.by({*commitment.issuers, *others})
        and _settles(commitment, line) is None
        and (orders is None or canonical_value(line.order) in set(map(canonical_value, orders)))
    )


def _owed(commitment: Commitment, each: Accrual) -> bool:
    """Return whether what is accrued for an order counts towards a commitment."""
    order, orders = each.purchase, commitment.counts.orders
    issuers = {*commitment.issuers, *map(canonical_value, commitment.counts.issuers)}
    return (
        isinstance(order, Order)
        and order.currency == commitment.currency
        and not order.issuers.isdisjoint(issuers)
        and (orders is None or order.number in orders)
    )


def _starts(commitment: Commitment) -> Iterator[Month]:
    count = commitment.end - commitment.start + 1
    yield from months(commitment.start, count)[:: commitment.months]


def _of(line: Billed, span: Sequence[Month]) -> Fraction:
    return sum((Fraction(line.amount) * line.share(month) for month in span), _NONE)


def _settles(commitment: Commitment, line: Billed) -> Month | None:
    """Return a month of the time whose rest an invoice is of; None for any other invoice."""
    wanted = canonical_value(line.invoice)
    for number, month in commitment.true_ups.items():
        if canonical_value(number) == wanted and line.by(commitment.issuers):
            return month
    return None


def _open(commitment: Commitment, each: Due, billed: Sequence[Billed], month: Month) -> Fraction:
    """Return the rest of one time that is due and not invoiced at the end of a month."""
    if month < each.last:
        return _NONE
    paid = _NONE
    for line in billed:
        of = _settles(commitment, line)
        if of is not None and each.first <= of <= each.last:
            paid += Fraction(line.amount) * line.until(month)
    return max(_NONE, each.rest - paid)
