"""Parts of a category that are forecast alike, and what each month adds to their estimate."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO
from models.period import Month
from reconcile.forecasting.basis import Amounts, Basis, Item
from reconcile.forecasting.method import TITLES, Earned, clipped
from reconcile.forecasting.spreading import added, open_months, scaled, spread, total

REMAINING: Final = TITLES["remaining_plan"]
CPI: Final = TITLES["category_cpi"]
SHAPE: Final = TITLES["category_plan_shape"]
ORDERS: Final = "open orders at their price"
FIXED: Final = "roster and schedule as planned"
ACTUAL: Final = "actual alone, nothing is planned"


@dataclass(frozen=True, slots=True)
class Part:
    """Items of one category that are forecast by one method.

    Attributes:
        items: None for cost that no item of the plan is for.
        actual: Cost by month.
    """

    method: str
    items: tuple[Item, ...] = ()
    actual: Amounts = field(default_factory=dict)

    @property
    def plan(self) -> Amounts:
        """Plan of its items by month."""
        return added(item.plan for item in self.items)

    @property
    def has_output(self) -> bool:
        """Whether the output of any of its items is counted."""
        return any(item.gained is not None for item in self.items)

    def earned(self, reported: Collection[Month]) -> Earned:
        """Return what was planned, earned and spent in the reported months."""
        return Earned(
            bac=Fraction(total(self.plan)),
            pv=sum((Fraction(item.planned(reported)) for item in self.items), Fraction(0)),
            ev=sum((item.earned(reported) for item in self.items), Fraction(0)),
            ac=Fraction(_spent(self.actual, reported)),
        )

    def months(self, reported: Collection[Month], after: Month) -> dict[Month, Decimal]:
        """Return what each month adds to the estimate at completion, exactly.

        A reported month adds its actual. What is spent in an open month stays spent.

        Args:
            reported: Months that have ended and are whole.
            after: Where open orders go when no month of the plan is open.
        """
        rest = _by_plan(self, reported)
        if self.method == ORDERS:
            shape = open_months(self.plan, reported) or {after: ZERO}
            due = sum((Fraction(i.ordered or 0) * i.scale for i in self.items), Fraction(0))
            due_by_month = spread(due, shape) if due else {}
            return added([self.actual, due_by_month, dict.fromkeys(self.plan, ZERO)])
        if self.method in {CPI, SHAPE}:
            rest = spread(self.to_come(reported), rest)
        months = sorted({*self.actual, *self.plan})
        return {month: _adds(month, self.actual, rest, reported) for month in months}

    def to_come(self, reported: Collection[Month]) -> Fraction:
        """Return the work that is left at the cost performance so far."""
        left = sum(
            ((Fraction(i.budget) - i.earned(reported)) * i.scale for i in self.items), Fraction(0)
        )
        return left / clipped(self.earned(reported))


def parts(basis: Basis, category: str) -> list[Part]:
    """Return the parts of a category: each ordered item, what is fixed, and the rest.

    Cost that names no item of the plan belongs to the rest, where there is one; else to what
    is fixed, else to the only ordered item.
    """
    mine = [item for item in basis.items if item.category == category]
    actual, found = basis.actual.get(category, {}), [*_grouped(basis, mine)]
    named = {item.id for item in mine}
    loose = added(amounts for item, amounts in actual.items() if item not in named)
    spent = [added(actual.get(item.id, {}) for item in part.items) for part in found]
    home = _home(found)
    whole = [
        Part(part.method, part.items, added([one, loose]) if part is home else one)
        for part, one in zip(found, spent, strict=True)
    ]
    return whole if home or not loose else [*whole, Part(ACTUAL, (), loose)]


def _grouped(basis: Basis, items: list[Item]) -> Iterator[Part]:
    """Yield ordered items one by one, then what is fixed, then the rest, which comes last."""
    if basis.little:
        yield from [Part(REMAINING, tuple(items))] if items else []
        return
    yield from (Part(ORDERS, (item,)) for item in items if item.ordered is not None)
    other = [item for item in items if item.ordered is None]
    fixed = tuple(item for item in other if item.fixed and item.gained is None)
    rest = tuple(item for item in other if item not in fixed)
    if fixed:
        yield Part(FIXED, fixed)
    if rest:
        yield Part(CPI if any(item.gained is not None for item in rest) else SHAPE, rest)


def _home(found: list[Part]) -> Part | None:
    """Return the part to which cost belongs that names no item."""
    if not found or (len(found) > 1 and found[-1].method == ORDERS):
        return None
    return found[-1]


def _by_plan(part: Part, reported: Collection[Month]) -> dict[Month, Decimal]:
    """Return the plan of open months, scaled where a what-if says so."""
    return added(scaled(open_months(item.plan, reported), item.scale) for item in part.items)


def _adds(month: Month, actual: Amounts, rest: Amounts, reported: Collection[Month]) -> Decimal:
    spent = actual.get(month, ZERO)
    return spent if month in reported else max(spent, rest.get(month, ZERO))


def _spent(actual: Amounts, reported: Collection[Month]) -> Decimal:
    return sum((amount for month, amount in actual.items() if month in reported), ZERO)
