"""Three-way match: what was ordered, what was accepted, and what the invoice says.

Lines are judged in the order in which invoices were issued, each with what earlier ones
billed of the same line. What does not match is cost all the same: it is flagged, never held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from models.canonical import canonical_value
from models.money import rounded
from models.purchase import Purchases
from models.purchasefile import Tolerance
from models.subunit import places
from reconcile.purchase.accepted import Accepted
from reconcile.purchase.billed import Billed
from reconcile.purchase.ordered import Bought, above, bought

MATCHED: Final = "matched"
RESULTS: Final = (
    MATCHED,
    *("no_po", "closed_po", "currency_mismatch", "no_receipt"),
    *("qty_over_received", "qty_over_po", "price_over", "over_value"),
)


@dataclass(frozen=True, slots=True)
class Sum:
    """What earlier invoices billed of a line of an order."""

    quantity: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)

    def plus(self, match: Match) -> Sum:
        """Return the sum with one more line; an amount in another currency adds nothing."""
        return Sum(self.quantity + match.quantity, self.amount + match.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How one line of an invoice stands to its order.

    Attributes:
        bought: The line of the order; None where there is none.
        quantity: Units billed; by the price of the order where the invoice counts none.
        before: What earlier invoices billed of the same line.
        accepted: Units accepted up to now; None where nothing is accepted apart.
        results: Of RESULTS; `matched` alone, or everything that is wrong.
        note: Why there is no order.
    """

    billed: Billed
    bought: Bought | None = None
    quantity: Fraction = Fraction(0)
    before: Sum = Sum()
    accepted: Fraction | None = None
    results: tuple[str, ...] = (MATCHED,)
    note: str = ""

    @property
    def amount(self) -> Fraction:
        """What is billed in the currency of the order; 0 in another one."""
        mine = self.bought is not None and self.bought.order.currency == self.billed.currency
        return Fraction(self.billed.amount if mine else 0)

    @property
    def is_matched(self) -> bool:
        """Whether nothing is wrong."""
        return self.results == (MATCHED,)


def matches(purchases: Purchases, lines: Sequence[Billed], accepted: Accepted) -> tuple[Match, ...]:
    """Return how each line of an invoice stands that has, or should have, an order.

    An order is expected of issuers that have one in the file. Lines of others are nobody's
    business here unless they name one of its orders, and neither are prepayments.

    Args:
        purchases: What was ordered.
        lines: In order of issue.
        accepted: What was accepted.
    """
    sums: dict[tuple[str, str], Sum] = defaultdict(Sum)
    found = []
    for line in _concerned(purchases, lines):
        mine, note = bought(purchases, line)
        if mine is None:
            found.append(Match(billed=line, results=("no_po",), note=note))
            continue
        found.append(match := _match(line, mine, sums[mine.key], accepted))
        sums[mine.key] = sums[mine.key].plus(match)
    return tuple(found)


def judged(match: Match) -> tuple[str, ...]:
    """Return everything that is wrong with a line whose order is known, else `matched`."""
    if match.bought is None or match.billed.amount < 0:  # what is given back needs no leave
        return match.results
    return tuple(_wrong(match, match.bought)) or (MATCHED,)


def invoiced(found: Iterable[Match]) -> Mapping[tuple[str, str], tuple[Match, ...]]:
    """Return the lines of invoices by the line of an order that they bill."""
    result: dict[tuple[str, str], list[Match]] = defaultdict(list)
    for match in found:
        if match.bought:
            result[match.bought.key].append(match)
    return {key: tuple(lines) for key, lines in result.items()}


def _concerned(purchases: Purchases, lines: Iterable[Billed]) -> Iterator[Billed]:
    known = frozenset[str]().union(*(order.issuers for order in purchases.orders))
    numbers = {canonical_value(order.number) for order in purchases.orders}
    for line in lines:
        is_ours = canonical_value(line.order or "") in numbers or line.by(known)
        if is_ours and not (line.prepaid or line.adjusted):
            yield line


def _match(line: Billed, bought: Bought, before: Sum, accepted: Accepted) -> Match:
    received = None if bought.line.as_invoiced else accepted.flow(*bought.key).total
    quantity = _quantity(line, bought)
    match = Match(billed=line, bought=bought, quantity=quantity, before=before, accepted=received)
    return replace(match, results=judged(match))


def _quantity(line: Billed, bought: Bought) -> Fraction:
    """Return the units billed; without a quantity as many as the amount buys, if it buys any."""
    if line.quantity is not None:
        return Fraction(line.quantity)
    price = bought.line.price if line.currency == bought.order.currency else Fraction(0)
    return Fraction(line.amount) / price if price and line.amount > 0 else Fraction(0)


def _wrong(match: Match, bought: Bought) -> Iterator[str]:
    order, line = bought.order, match.billed
    if order.closed_on and line.issued > order.closed_on:
        yield "closed_po"
    if line.currency != order.currency:
        yield "currency_mismatch"
    yield from _quantities(match, bought, order.tolerance)
    if line.currency == order.currency:
        yield from _prices(match, bought, order.tolerance)


def _quantities(match: Match, bought: Bought, tolerance: Tolerance) -> Iterator[str]:
    reached, more = match.before.quantity + match.quantity, above(tolerance.quantity_percent)
    if match.accepted == 0:
        yield "no_receipt"
    elif match.accepted is not None and reached > match.accepted * more:
        yield "qty_over_received"
    if reached > Fraction(bought.line.quantity) * more:
        yield "qty_over_po"


def _prices(match: Match, bought: Bought, tolerance: Tolerance) -> Iterator[str]:
    """Yield what is wrong with amounts; a limit is an amount to the cent, as invoices are."""
    dearer, more = above(tolerance.price_percent), above(tolerance.quantity_percent)
    decimals, amount = places(bought.order.currency), match.billed.amount
    if amount > rounded(match.quantity * bought.line.price * dearer, decimals):
        yield "price_over"
    reached = match.before.amount + match.amount
    if reached > Fraction(rounded(bought.value * dearer * more, decimals)):
        yield "over_value"
