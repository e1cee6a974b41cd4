"""The bridge from one version of a plan to the next: which item moved the budget, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, Protocol

from models.money import ZERO, rounded

Kind = Literal["added", "removed", "quantity", "price", "amount", "currency"]
KINDS: Final[tuple[Kind, ...]] = ("added", "removed", "quantity", "price", "amount", "currency")
CENTS: Final = 2


class BudgetItem(Protocol):
    """What is needed of a line of a plan; `models.plan.plan.PlanItem` is the one in use."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the words of the plan file
    @property
    def category(self) -> str: ...  # noqa: D102
    @property
    def amount(self) -> Decimal: ...  # noqa: D102
    @property
    def units(self) -> Fraction | None: ...  # noqa: D102
    @property
    def unit(self) -> str | None: ...  # noqa: D102
    @property
    def unit_price(self) -> Decimal | None: ...  # noqa: D102


class Budget(Protocol):
    """What is needed of a plan; `models.plan.plan.Plan` is the one in use."""

    @property
    def currency(self) -> str: ...  # noqa: D102 - that of the file
    @property
    def items(self) -> Sequence[BudgetItem]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way from the old budget at completion to the new one.

    Attributes:
        item: Id of the item.
        category: Its category, of the new version where it has the item.
        kind: added, removed; quantity or price of a driven item; amount of one that is stated
            or whose unit changed; currency where the plan went to another.
        amount: + raises the budget.
    """

    item: str
    category: str
    kind: Kind
    amount: Decimal


def bridge(old: Budget, new: Budget) -> tuple[Step, ...]:
    """Return the steps from one budget to another; they sum exactly to its change.

    Phasing moves no budget. Quantity is valued at the old price, and the new price at the new
    quantity, as in the variance; a step without effect is none.

    Args:
        old: The version before.
        new: The version; its amounts are in the same currency, by conversion if need be.
    """
    known, now = ({item.id: item for item in plan.items} for plan in (old, new))
    is_alike = old.currency == new.currency
    steps = [
        *(Step(each.id, each.category, "removed", -each.amount)
          for each in old.items if each.id not in now),
        *(Step(each.id, each.category, "added", each.amount)
          for each in new.items if each.id not in known),
        *(step for each in new.items if each.id in known
          for step in _changed(known[each.id], each, is_alike=is_alike)),
    ]  # fmt: skip
    return tuple(step for step in steps if step.amount)


def _changed(old: BudgetItem, new: BudgetItem, *, is_alike: bool) -> Iterator[Step]:
    between = _repriced(old, new)
    if not is_alike:
        yield Step(new.id, new.category, "currency", new.amount - old.amount)
    elif between is None:
        yield Step(new.id, new.category, "amount", new.amount - old.amount)
    else:
        yield Step(new.id, new.category, "quantity", between - old.amount)
        yield Step(new.id, new.category, "price", new.amount - between)


def _repriced(old: BudgetItem, new: BudgetItem) -> Decimal | None:
    """Return the new quantity at the old price; None where they are not comparable."""
    if new.units is None or old.unit_price is None or old.unit != new.unit:
        return None
    return rounded(new.units * Fraction(old.unit_price), CENTS)


def total(steps: Sequence[Step], kind: Kind | None = None) -> Decimal:
    """Return the sum of steps, of one kind or all."""
    return sum((each.amount for each in steps if kind in {None, each.kind}), ZERO)
