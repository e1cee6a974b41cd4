"""Spreading: what is still to come over the months that are open, to the last cent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from models.money import ZERO, parts, rounded
from models.period import Month

Amounts = Mapping[Month, Decimal]


def spread(amount: Fraction, shape: Mapping[Month, Decimal]) -> dict[Month, Decimal]:
    """Return an amount by month in the shape of the plan, or evenly where that sums to zero.

    The amount is rounded once, to cents; months are differences of rounded running sums, so
    that they sum to it.
    """
    months = sorted(shape)
    weights = [Fraction(shape[month]) for month in months]
    if not sum(weights):
        weights = [Fraction(1)] * len(months)
    return dict(zip(months, parts(rounded(amount), weights), strict=True)) if months else {}


def scaled(amounts: Amounts, ratio: Fraction) -> dict[Month, Decimal]:
    """Return amounts at a ratio; their sum is rounded once, to cents, and no month by itself."""
    return dict(amounts) if ratio == 1 else spread(Fraction(total(amounts)) * ratio, amounts)


def open_months(plan: Amounts, reported: Collection[Month]) -> dict[Month, Decimal]:
    """Return the plan of months that are not reported."""
    return {month: amount for month, amount in plan.items() if month not in reported}


def added(amounts: Iterable[Amounts]) -> dict[Month, Decimal]:
    """Return the sum of amounts, month by month, in order."""
    result: dict[Month, Decimal] = {}
    for each in amounts:
        for month, amount in each.items():
            result[month] = result.get(month, ZERO) + amount
    return dict(sorted(result.items()))


def total(amounts: Amounts) -> Decimal:
    """Return the sum over all months, exactly."""
    return sum(amounts.values(), ZERO)
