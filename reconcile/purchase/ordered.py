"""Lines of orders, and which of them a line of an invoice bills."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.canonical import canonical_value
from models.money import rounded
from models.purchase import Purchases
from models.purchasefile import Order, OrderLine
from models.subunit import places
from reconcile.purchase.billed import Billed


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of an order, with the order."""

    order: Order
    line: OrderLine

    @property
    def key(self) -> tuple[str, str]:
        """Number of the order and of the line."""
        return self.order.number, self.line.id

    @property
    def value(self) -> Fraction:
        """What the line costs as ordered."""
        return Fraction(self.line.quantity) * self.line.price


def bought_lines(purchases: Purchases) -> Iterator[Bought]:
    """Yield every line of every order."""
    for order in purchases.orders:
        yield from (Bought(order, line) for line in order.lines)


def bought(purchases: Purchases, line: Billed) -> tuple[Bought | None, str]:
    """Return the line of the order that an invoice bills, or why there is none."""
    for order in purchases.orders:
        if line.by(order.issuers) and any(_same(each, line.invoice) for each in order.invoices):
            return _line_of(order, line)
    if not line.order:
        return None, f"{line.issuer} has an order, the invoice names none"
    wanted = canonical_value(line.order)
    for order in purchases.orders:
        if canonical_value(order.number) == wanted:
            if not line.by(order.issuers):
                return None, f"{order.number} is an order of {order.issuer}, not of {line.issuer}"
            return _line_of(order, line)
    return None, f"{line.order} is no order in purchases.yaml"


def above(percent: Decimal) -> Fraction:
    """Return what a limit is multiplied by so that so many percent more pass."""
    return 1 + Fraction(percent) / 100


def _line_of(order: Order, line: Billed) -> tuple[Bought | None, str]:
    """Return the line that is named, the only one, or else the one that the unit or price fits."""
    if line.order_line:
        named = [each for each in order.lines if _same(each.id, line.order_line)]
        return _one(order, named, f"has no line {line.order_line}")
    found = list(order.lines)
    if len(found) > 1:
        found = [each for each in order.lines if _same(each.unit, line.unit)]
    if len(found) != 1:
        found = [each for each in order.lines if _priced(order, each, line)]
    return _one(order, found, f"has {len(order.lines)} lines, the invoice names none of them")


def _one(order: Order, found: list[OrderLine], note: str) -> tuple[Bought | None, str]:
    if len(found) == 1:
        return Bought(order, found[0]), ""
    return None, f"{order.number} {note}"


def _priced(order: Order, line: OrderLine, billed: Billed) -> bool:
    """Return whether a line of an invoice is at the price of the order, up or down."""
    if billed.quantity is None or billed.currency != order.currency:
        return False
    worth, more = Fraction(billed.quantity) * line.price, above(order.tolerance.price_percent)
    bounds = (rounded(each, places(order.currency)) for each in (worth / more, worth * more))
    low, high = sorted(bounds)
    return low <= billed.amount <= high


def _same(one: str, other: str) -> bool:
    """Return whether two texts are one; leading zeros of numbers do not count."""
    left, right = (canonical_value(text) for text in (one, other))
    return left == right or (left.isdigit() and left.lstrip("0") == right.lstrip("0"))
