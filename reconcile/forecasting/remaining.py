"""What each item still costs, bottom-up, and which deviation to date that takes back."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from reconcile.forecasting.basis import Basis, Item
from reconcile.forecasting.spreading import open_months, total

ItemKey = tuple[str, str]  # category, item


def remaining(basis: Basis) -> Mapping[ItemKey, Fraction]:
    """Return what each item still costs after the reported months, in the reporting currency.

    An ordered item costs what open months brought and what is still to be delivered, at the
    price of the order; one whose output is counted the budget of the output that is left; any
    other its remaining plan. Nothing is scaled by past cost performance.
    """
    return {(item.category, item.id): _left(basis, item) for item in basis.items}


def timing(basis: Basis) -> Mapping[ItemKey, Fraction]:
    """Return the part of each item's deviation to date that its remaining cost takes back.

    Deviation to date minus deviation at completion: (AC - PV) - (AC + rest - BAC), which is
    remaining plan minus remaining cost. + is an overrun that later months make good; - is
    cost that was not incurred yet and is still to come.
    """
    return {
        (item.category, item.id): Fraction(total(open_months(item.plan, basis.reported))) - rest
        for item, rest in zip(basis.items, remaining(basis).values(), strict=True)
    }


def _left(basis: Basis, item: Item) -> Fraction:
    if item.ordered is not None:
        spent = basis.actual.get(item.category, {}).get(item.id, {})
        due = Fraction(item.ordered) * item.scale
        return Fraction(total(open_months(spent, basis.reported))) + due
    if item.gained is not None:
        return (Fraction(item.budget) - item.earned(basis.reported)) * item.scale
    return Fraction(total(open_months(item.plan, basis.reported))) * item.scale
