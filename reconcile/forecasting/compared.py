"""All methods side by side: what each says of one project, and why one says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded
from reconcile.forecasting.basis import Basis
from reconcile.forecasting.estimate import Outlook
from reconcile.forecasting.method import EARNING, TITLES, WHOLE, Earned, bottom_up, by_category
from reconcile.forecasting.remaining import remaining
from reconcile.forecasting.spreading import open_months, total

EARLY: Final = frozenset({"remaining_plan", "bottom_up"})  # extrapolate nothing
NO_OUTPUT: Final = "no output is counted"
NO_DATA: Final = "nothing is planned, earned or spent that it divides by"


def compared(outlook: Outlook) -> Mapping[str, Decimal | None]:
    """Return the estimate at completion by method, in cents; None where it says nothing.

    None is below what is spent and ordered.
    """
    basis = outlook.basis
    floor = _spent(basis) + outlook.committed
    found = {name: _value(outlook, name) for name in TITLES if not why_not(outlook, name)}
    return {
        name: max(rounded(value), floor) if (value := found.get(name)) is not None else None
        for name in TITLES
    }


def why_not(outlook: Outlook, method: str) -> str:
    """Return why a method says nothing of a project; empty where it does."""
    if method not in EARLY and outlook.basis.little:
        return outlook.basis.little
    if method in EARNING and not outlook.has_output:
        return NO_OUTPUT
    return "" if _value(outlook, method) is not None else NO_DATA


def cost_performance(outlook: Outlook) -> list[tuple[Decimal, str]]:
    """Return BAC by CPI with its name, where output is counted; it bounds the range."""
    found = compared(outlook)["cpi"]
    return [] if found is None else [(found, TITLES["cpi"])]


def by_output(basis: Basis, category: str | None = None) -> Earned:
    """Return what was earned by output, of a category or of all; scaled work is left."""
    items = [item for item in basis.items if category in {None, item.category}]
    ev = sum((item.earned(basis.reported) for item in items), Fraction(0))
    left = ((Fraction(i.budget) - i.earned(basis.reported)) * i.scale for i in items)
    return replace(_planned(basis, category), bac=ev + sum(left, Fraction(0)), ev=ev)


def _value(outlook: Outlook, method: str) -> Fraction | None:
    basis = outlook.basis
    each = [one.category for one in outlook.estimates]
    if method == "bottom_up":
        return bottom_up(_reported(basis, None), remaining(basis).values())
    if method == "category_cpi":
        return _in_cents(by_output(basis, category) for category in each)
    if method == "category_plan_shape":
        return _in_cents(_planned(basis, category) for category in each)
    made: Callable[[Basis], Earned] = by_output if method in EARNING else _planned
    return WHOLE[method](made(basis))


def _in_cents(lines: Iterable[Earned]) -> Fraction:
    """Return the sum by category, each rounded as the estimate beside it is."""
    return sum((e.ac + Fraction(rounded(by_category([e]) - e.ac)) for e in lines), Fraction(0))


def _planned(basis: Basis, category: str | None = None) -> Earned:
    """Return what was planned and spent, with EV = PV; scaled plan is left."""
    items = [item for item in basis.items if category in {None, item.category}]
    pv = sum((Fraction(item.planned(basis.reported)) for item in items), Fraction(0))
    rest = (Fraction(total(open_months(i.plan, basis.reported))) * i.scale for i in items)
    months = {month for item in basis.items for month in item.plan}
    return Earned(
        bac=pv + sum(rest, Fraction(0)),
        pv=pv,
        ev=pv,
        ac=_reported(basis, category),
        elapsed=len(months & basis.reported),
        horizon=len(months),
    )


def _reported(basis: Basis, category: str | None) -> Fraction:
    found = (
        Fraction(amount)
        for name, items in basis.actual.items()
        for amounts in items.values()
        for month, amount in amounts.items()
        if month in basis.reported and category in {None, name}
    )
    return sum(found, Fraction(0))


def _spent(basis: Basis) -> Decimal:
    every = (amounts for items in basis.actual.values() for amounts in items.values())
    return sum((total(amounts) for amounts in every), ZERO)
