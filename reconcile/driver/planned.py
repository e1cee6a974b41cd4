"""What was planned for an item in a month: amount, quantity, price, and what the quantity is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.category import CONTINGENCY
from models.money import rounded, stored
from models.period import Month
from models.plan.file import PLACES
from models.plan.phasing import phased
from reconcile.actuals import Converter
from reconcile.given import Planned, PlannedItem

CENT: Final = Decimal(1).scaleb(-PLACES)

Key = tuple[str, str, str, Month]  # project, category, item, month
Closed = Mapping[tuple[str, Month], Planned]  # project and month: the version it was closed with


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCell:
    """One item in one month.

    Attributes:
        amount: As phased, in the reporting currency.
        start: First month of the plan, whose rates of exchange are the planned ones.
        rate: One unit of the plan's currency in the reporting currency, in that month.
        unit: What the quantity counts; None for an item that is stated as an amount.
        quantity: Units of the month; None for an item that is stated as an amount.
        price: Of one unit, in the plan's currency.
        factors: Their names and values in order; the first has its share of the month.
        basis: What the price rests on, as the plan says.
        drawn: Of the amount, what was drawn from contingency on top of quantity and price.
    """

    amount: Decimal
    start: Month
    rate: Decimal
    unit: str | None = None
    quantity: Fraction | None = None
    price: Fraction | None = None
    factors: tuple[tuple[str, Fraction], ...] = ()
    basis: str = ""
    drawn: Decimal = Decimal(0)

    def with_more(self, amount: Decimal) -> PlanCell:
        """Return a cell of several rows, which has no quantity of its own."""
        return PlanCell(amount=self.amount + amount, start=self.start, rate=self.rate)


def plan_lines(
    plans: Iterable[Planned], rates: Converter, currency: str, last: Month
) -> dict[Key, PlanCell]:
    """Return what was planned by project, category, item and month, up to a month.

    Amounts are converted as those of the report are: at the rate of the plan's first month.
    Contingency has no month.
    """
    found: dict[Key, PlanCell] = {}
    for plan in plans:
        driven = _driven(plan, rates, currency)
        for key, amount in _rows(plan, last):
            money = stored(rates.convert(amount, plan.currency, currency, plan.start))
            known, cell = found.get(key), driven[key[2], key[3]]
            found[key] = known.with_more(money) if known else replace(cell, amount=money)
    return found


def as_closed(
    found: Mapping[Key, PlanCell], closed: Closed, rates: Converter, currency: str
) -> dict[Key, PlanCell]:
    """Return what was planned, closed months by the quantities and prices they were closed with.

    A version that leaves the amounts of closed months as they were, which it must, has one price
    for all months: a lower one from now on would make those months dearer than planned, and their
    quantities larger, after they were signed. Amounts that a correction changed are its own.

    Args:
        found: By the version that counts.
        closed: By project and closed month, the version it was closed with, where that is another.
        rates: Dated exchange rates.
        currency: The reporting currency.
    """
    result = dict(found)
    for (project, month), plan in closed.items():
        for key, cell in plan_lines([plan], rates, currency, month).items():
            known = found.get(key)
            if key[0] == project and key[3] == month and known and known.amount == cell.amount:
                result[key] = cell
    return result


def _rows(plan: Planned, last: Month) -> Iterator[tuple[Key, Decimal]]:
    rows = plan.frame().select("category", "item", "month", "amount").iter_rows()
    for category, item, text, amount in rows:
        month = Month.parse(text)
        if category != CONTINGENCY and month <= last:
            yield (plan.project, category, item, month), amount


class _Driven(dict[tuple[str, Month], PlanCell]):
    """Items by id and month; what is not among them is an amount alone."""

    def __init__(self, bare: PlanCell) -> None:
        super().__init__()
        self.bare = bare

    def __missing__(self, key: tuple[str, Month]) -> PlanCell:
        return self.bare


def _driven(plan: Planned, rates: Converter, currency: str) -> Mapping[tuple[str, Month], PlanCell]:
    rate = rates.convert(Decimal(1), plan.currency, currency, plan.start)
    found = _Driven(PlanCell(amount=Decimal(0), start=plan.start, rate=rate))
    for item in plan.items:
        for (month, share), drawn in zip(_shares(plan, item), _drawn(item), strict=True):
            more = stored(rates.convert(drawn, plan.currency, currency, plan.start))
            found[item.id, month] = replace(_cell(found.bare, item, share), drawn=more)
    return found


def _drawn(item: PlannedItem) -> Sequence[Decimal]:
    """Return what months have beyond quantity and price: money that was moved, not work."""
    nothing = (Decimal(0),) * len(item.phased)
    if item.units is None or item.unit_price is None or not any(item.shares):
        return nothing
    cost = rounded(item.units * Fraction(item.unit_price), PLACES)
    if abs(item.amount - cost) < CENT:
        return nothing
    base = phased(cost, item.shares, PLACES)
    return [amount - own for amount, own in zip(item.phased, base, strict=True)]


def _shares(plan: Planned, item: PlannedItem) -> Iterator[tuple[Month, Fraction]]:
    whole = sum(item.shares, Fraction(0))
    for month, share in zip(plan.months, item.shares, strict=True):
        yield month, share / whole if whole else Fraction(0)


def _cell(bare: PlanCell, item: PlannedItem, share: Fraction) -> PlanCell:
    if item.units is None or item.unit_price is None:
        return bare
    named = [(name, Fraction(value)) for name, value in item.quantity.items()]
    factors = tuple(
        (name, value * share) if not n else (name, value) for n, (name, value) in enumerate(named)
    )
    return replace(
        bare,
        unit=item.unit,
        quantity=item.units * share,
        price=Fraction(item.unit_price),
        basis=item.price_basis or "",
        factors=factors,
    )
