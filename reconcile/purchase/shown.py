"""Accruals as a report shows them, and commitments as its forecast takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.money import ZERO, stored
from models.period import Month
from reconcile.actuals import Converter
from reconcile.figure import Figure, Figures, scope
from reconcile.purchase.accrual import TITLES, Accrual


@dataclass(frozen=True, slots=True, kw_only=True)
class AccrualLine:
    """What one purchase adds to the month of a report, in its currency.

    Attributes:
        title: What it is for, such as goods received and not invoiced.
        name: Number of the purchase, with the line of an order.
    """

    accrual: Accrual
    title: str
    name: str
    amount: Figure
    balance: Figure


def accrual_lines(
    found: Iterable[Accrual], figures: Figures, month: Month
) -> tuple[AccrualLine, ...]:
    """Return one line a purchase and kind of a month, in order of project and number."""
    mine = [each for each in found if each.month == month]

    return tuple(_line(figures, each) for each in sorted(mine, key=_place))


def committed(
    amounts: Mapping[tuple[str, str], Decimal], rates: Converter, currency: str, month: Month
) -> dict[str, Decimal]:
    """Return what is ordered and not delivered by project, at the rates of a month."""
    sums: dict[str, Decimal] = {}
    for (project, money), amount in amounts.items():
        converted = stored(rates.convert(amount, money, currency, month)) if amount else ZERO
        sums[project] = sums.get(project, ZERO) + converted
    return sums


def _line(figures: Figures, each: Accrual) -> AccrualLine:
    number = each.purchase.number
    where = scope("accrual", number, each.line, each.kind)

    def add(measure: str, value: Decimal) -> Figure:
        return figures.add(where, str(each.month), measure, value, each.purchase.currency)

    return AccrualLine(
        accrual=each,
        title=TITLES[each.kind],
        name=f"{number} line {each.line}" if each.line else number,
        amount=add("accrued", each.amount),
        balance=add("accrued_balance", each.balance),
    )


def _place(each: Accrual) -> tuple[str, ...]:
    return each.purchase.project, each.purchase.number, each.line, each.kind
