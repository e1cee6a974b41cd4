"""Goods received and not invoiced, at the price of the order; and what is still to come of it.

The cost of an invoice lies in the days of its work. So what it bills is taken from what was
accepted in those months, by the same days: an accrual of October that an invoice of November
with work in October bills disappears from October, and one whose invoice states no days is
taken back in the month of issue. It is never below zero: what is billed and not accepted is
a finding of the match, and no income.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.money import MONEY, QUANTITY, rounded
from models.period import Month, between
from models.subunit import places
from reconcile.purchase.accepted import Flow
from reconcile.purchase.accrual import GOODS, Accrual, steps
from reconcile.purchase.match import MATCHED, RESULTS, Match
from reconcile.purchase.ordered import Bought

_NONE: Final = Fraction(0)
_TEXTS: Final = ("number", "line", "issuer", "project", "category", "item", "currency", "unit")
_NUMBERS: Final = ("ordered", "accepted", "invoiced", "accrued_quantity")
_AMOUNTS: Final = ("unit_price", "value", "invoiced_amount", "accrued", "open_commitment")
ORDERS: Final = pl.Schema(
    {
        **dict.fromkeys(_TEXTS, pl.String()),
        **dict.fromkeys(_NUMBERS, QUANTITY),
        **dict.fromkeys(_AMOUNTS, MONEY),
        **dict.fromkeys(("status", "match"), pl.String()),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How one line of an order stands; amounts in its currency, at the price of the order.

    Attributes:
        accepted: Units accepted; None where nothing is accepted apart.
        invoiced: Units billed, `invoiced_amount` what was billed for them.
        accrued_quantity: Units accepted and not billed; `accrued` what they cost.
        open_commitment: What is ordered and neither accepted nor billed.
        results: Everything that is wrong with lines of invoices, or `matched`; empty
            before the first invoice.
    """

    bought: Bought
    accepted: Fraction | None
    invoiced: Fraction
    invoiced_amount: Fraction
    accrued_quantity: Fraction
    accrued: Decimal
    open_commitment: Decimal
    results: tuple[str, ...]


def accruals(bought: Bought, flow: Flow, lines: Sequence[Match]) -> Iterator[Accrual]:
    """Yield what a line of an order adds to months: accepted, less billed in the same days."""
    if bought.line.as_invoiced:
        return
    span = sorted(_months(bought, flow, lines))
    if span:
        balances = {
            month: (quantity * bought.line.price, quantity)
            for month in between(span[0], span[-1])
            for quantity in [_unbilled(bought, flow, lines, month)]
        }
        yield from steps(bought.order, GOODS, balances, bought.line.id)


def position(bought: Bought, flow: Flow, lines: Sequence[Match]) -> Position:
    """Return how a line of an order stands with everything that is known of it."""
    order, line = bought.order, bought.line
    accepted = None if line.as_invoiced else flow.total
    billed = sum((each.quantity for each in lines), _NONE)
    unbilled = _NONE if accepted is None or order.closed_on else max(_NONE, accepted - billed)
    rest = max(_NONE, Fraction(line.quantity) - max(accepted or _NONE, billed))
    decimals = places(order.currency)
    return Position(
        bought=bought,
        accepted=accepted,
        invoiced=billed,
        invoiced_amount=sum((each.amount for each in lines), _NONE),
        accrued_quantity=unbilled,
        accrued=rounded(unbilled * line.price, decimals),
        open_commitment=rounded(_NONE if order.closed_on else rest * line.price, decimals),
        results=_results(lines),
    )


def orders_frame(positions: Sequence[Position]) -> pl.DataFrame:
    """Return one row a line of an order, as the warehouse publishes them."""
    return pl.DataFrame([_row(each) for each in positions], schema=ORDERS)


def _months(bought: Bought, flow: Flow, lines: Sequence[Match]) -> Iterator[Month]:
    yield from map(Month.of, flow.days)
    for each in lines:
        yield from (Month.of(each.billed.first), Month.of(each.billed.last))
    if bought.order.closed_on and flow.days:
        yield Month.of(bought.order.closed_on)


def _unbilled(bought: Bought, flow: Flow, lines: Sequence[Match], month: Month) -> Fraction:
    """Return the units that are accepted and not billed at the end of a month."""
    closed = bought.order.closed_on
    if closed and closed <= month.last:
        return _NONE
    billed = sum((each.quantity * each.billed.until(month) for each in lines), _NONE)
    return max(_NONE, flow.until(month.last) - billed)


def _results(lines: Sequence[Match]) -> tuple[str, ...]:
    found = {result for each in lines for result in each.results}
    wrong = tuple(result for result in RESULTS if result in found - {MATCHED})
    return wrong or ((MATCHED,) if lines else ())


def _row(each: Position) -> dict[str, object]:
    order, line = each.bought.order, each.bought.line
    exact = {
        "ordered": Fraction(line.quantity),
        "unit_price": line.price,
        "value": each.bought.value,
        **{name: getattr(each, name) for name in ("invoiced", "accrued_quantity")},
        "invoiced_amount": each.invoiced_amount,
    }
    return {
        **{name: getattr(order, name) for name in ("number", "issuer", "project", "category")},
        **{name: getattr(order, name) for name in ("item", "currency", "status")},
        "line": line.id,
        "unit": line.unit,
        **{name: rounded(number, 18) for name, number in exact.items()},
        "accepted": None if each.accepted is None else rounded(each.accepted, 18),
        **{name: getattr(each, name) for name in ("accrued", "open_commitment")},
        "match": ", ".join(each.results),
    }
