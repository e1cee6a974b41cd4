"""Orders behind items of a plan: what is still to be delivered, at the price of the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.canonical import canonical_value
from models.money import ZERO, rounded
from reconcile.purchase.grni import Position

Convert = Callable[[Decimal, str], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """One line of an order; amounts in its currency, without tax.

    Attributes:
        item: Item of the plan that it is for; empty where nobody says.
        quantity: Units that were ordered; of a closed order those that came.
        value: What they cost.
        left: What is ordered and neither accepted nor billed.
    """

    number: str
    project: str
    category: str
    item: str
    currency: str
    unit: str
    quantity: Fraction
    value: Fraction
    left: Decimal


def ordered(position: Position, item: str) -> Ordered:
    """Return a line of an order as a forecast sees it.

    Args:
        position: How the line stands.
        item: Item of the plan that it is for; empty where nobody says.
    """
    order, line = position.bought.order, position.bought.line
    came = max(position.accepted or Fraction(0), position.invoiced)
    quantity = came if order.closed_on else max(Fraction(line.quantity), came)
    return Ordered(
        number=order.number,
        project=order.project,
        category=order.category,
        item=item,
        currency=order.currency,
        unit=line.unit,
        quantity=quantity,
        value=quantity * line.price,
        left=position.open_commitment,
    )


def still_due(
    orders: Sequence[Ordered], *, units: Fraction | None, unit: str, budget: Decimal, to: Convert
) -> Decimal | None:
    """Return what an item still costs by its orders; None for an item without any.

    What is planned beyond the orders is still to be ordered: units at the mean price of the
    orders where plan and orders count the same, else the rest of the budget.

    Args:
        orders: Lines of orders that are for the item.
        units: Planned units; None where the plan states an amount.
        unit: Unit of the plan.
        budget: Planned cost in the reporting currency.
        to: What turns an amount of a currency into the reporting currency.
    """
    if not orders:
        return None
    left = sum((to(each.left, each.currency) for each in orders), ZERO)
    value = sum((to(rounded(each.value), each.currency) for each in orders), ZERO)
    quantity = sum((each.quantity for each in orders), Fraction(0))
    if units is None or not quantity or not _alike(orders, unit):
        return left + max(ZERO, budget - value)
    missing = max(Fraction(0), units - quantity)
    return left + rounded(missing * Fraction(value) / quantity)


def _alike(orders: Iterable[Ordered], unit: str) -> bool:
    return {canonical_value(each.unit) for each in orders} == {canonical_value(unit)}
