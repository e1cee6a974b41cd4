"""What if: the same forecast with one factor of what is left larger or smaller."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, exact
from reconcile.forecasting.basis import Amounts, Basis, Item
from reconcile.forecasting.compared import compared, cost_performance
from reconcile.forecasting.estimate import Outlook, outlook
from reconcile.forecasting.span import Range, Scope, estimate_range, run_out
from reconcile.forecasting.spreading import added, open_months, scaled, total

_FORM: Final = re.compile(r"([A-Za-z_][\w-]*)=([+-]\d{1,4}(?:\.\d{1,6})?)%", re.ASCII)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A change of one factor of what is left: `ratio` is 11/10 for ten percent more.

    Attributes:
        said: As it was asked for.
    """

    factor: str
    ratio: Fraction
    said: str

    def scales(self, item: Item) -> bool:
        """Return whether an item has the factor, by its name or by what it is counted per."""
        return any(
            name == self.factor or name.startswith(f"{self.factor}_per_") for name in item.factors
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One forecast beside another: the estimate, its range, and what each method says.

    Attributes:
        run_out: Day on which the deviation from plan reaches the contingency, if it does.
    """

    outlook: Outlook
    eac: Decimal
    span: Range
    run_out: date | None
    methods: Mapping[str, Decimal | None]


def what_if(text: str) -> WhatIf:
    """Read `gpu_hours=+10%`.

    Raises:
        ValueError: for anything else, and for a fall by more than all of it.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no change; write FACTOR=+10% or FACTOR=-10%")
    ratio = 1 + Fraction(exact(found[2])) / 100
    if ratio < 0:
        raise ValueError(f"{text!r} leaves less than nothing; the most is -100%")
    return WhatIf(found[1], ratio, text)


def changed(basis: Basis, change: WhatIf) -> Basis:
    """Return a basis in which what is left of the items with the factor is scaled."""
    items = tuple(
        replace(item, scale=item.scale * change.ratio) if change.scales(item) else item
        for item in basis.items
    )
    return replace(basis, items=items)


def factors(bases: Iterable[Basis]) -> list[str]:
    """Return the names of all factors that a change may be of, sorted."""
    return sorted({name for basis in bases for item in basis.items for name in item.factors})


def side(found: Outlook) -> Side:
    """Return one forecast as it stands beside others."""
    scope = _scope(found)
    return Side(
        outlook=found,
        eac=total(scope.forecast),
        span=estimate_range(scope),
        run_out=_run_out(found),
        methods=compared(found),
    )


def beside(found: Outlook, change: WhatIf) -> Side:
    """Return the same forecast with a change."""
    return side(outlook(changed(found.basis, change)))


def _run_out(found: Outlook) -> date | None:
    """Return when the contingency runs out against the plan as it was approved."""
    plan, months = added(item.plan for item in found.basis.items), found.months
    deviation = {m: months.get(m, ZERO) - plan.get(m, ZERO) for m in {*plan, *months}}
    return run_out(deviation, found.basis.reserve) if plan else None


def _scope(found: Outlook) -> Scope:
    basis = found.basis
    return Scope(
        actual=added(amounts for items in basis.actual.values() for amounts in items.values()),
        plan=added(_plan(basis, item) for item in basis.items),
        forecast=found.months,
        reported=basis.reported,
        reserve=basis.reserve,
        committed=found.committed,
        method=found.method,
        others=tuple(cost_performance(found)),
        finished=basis.finished,
    )


def _plan(basis: Basis, item: Item) -> Amounts:
    """Return the plan of an item, scaled in the months that are not reported."""
    return {**item.plan, **scaled(open_months(item.plan, basis.reported), item.scale)}
