"""Prepaid wallets: the cost of units as they are drawn, and of those that expire unused.

What was paid is no cost until then. Units are drawn in order of expiry, those without one
last. Costs of a purchase are rounded on running sums, so that they end at what was paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded
from models.period import Month, between
from models.purchasefile import Lot, Wallet
from models.subunit import places
from reconcile.purchase.accepted import Flow
from reconcile.purchase.accrual import BREAKAGE, DRAWDOWN, Accrual

_NONE: Final = Fraction(0)


@dataclass(slots=True)
class _Left:
    """A purchase with what has become of it."""

    lot: Lot
    decimals: int
    drawn: Fraction = _NONE
    broken: bool = False

    @property
    def units(self) -> Fraction:
        """How many are left."""
        return _NONE if self.broken else Fraction(self.lot.quantity) - self.drawn

    @property
    def used(self) -> Decimal:
        """Cost of what was drawn."""
        share = self.drawn / Fraction(self.lot.quantity)
        return rounded(Fraction(self.lot.amount) * share, self.decimals)

    def usable(self, day: date) -> bool:
        """Return whether its units can be drawn on a day."""
        return self.lot.day <= day and (self.lot.expires is None or day <= self.lot.expires)


@dataclass(frozen=True, slots=True)
class Statement:
    """What became of a wallet.

    Attributes:
        accruals: Drawdown and breakage by month; the balance is what is paid and not used.
        overdrawn: Units that were used and that no purchase covers, by month.
        balances: What is paid and not used at the end of each month.
    """

    accruals: tuple[Accrual, ...]
    overdrawn: Mapping[Month, Fraction]
    balances: Mapping[Month, Decimal]


def statement(wallet: Wallet, flow: Flow, day: date) -> Statement:
    """Return what became of a wallet until a day.

    Args:
        wallet: The wallet.
        flow: Units drawn by day.
        day: Units that could last be used before it are waste if nobody did.
    """
    lots = [_Left(lot, places(wallet.currency)) for lot in _in_order(wallet.purchases)]
    span = sorted(_months(wallet, flow, day))
    found: list[Accrual] = []
    overdrawn: dict[Month, Fraction] = {}
    balances: dict[Month, Decimal] = {}
    for month in between(span[0], span[-1]):
        before = _used(lots)
        units, short = _draw(lots, flow, month)
        drawn = _used(lots) - before
        broken, waste = _break(lots, month, day)
        balances[month] = _balance(lots, month)
        if short:
            overdrawn[month] = short
        found += [
            Accrual(
                purchase=wallet,
                kind=kind,
                month=month,
                amount=amount,
                balance=balances[month],
                quantity=rounded(quantity, 18),
            )
            for kind, amount, quantity in ((DRAWDOWN, drawn, units), (BREAKAGE, waste, broken))
            if amount
        ]
    return Statement(tuple(found), overdrawn, balances)


def _in_order(purchases: Sequence[Lot]) -> list[Lot]:
    return sorted(purchases, key=lambda lot: (lot.expires or date.max, lot.day))


def _months(wallet: Wallet, flow: Flow, day: date) -> Iterator[Month]:
    yield from (Month.of(lot.day) for lot in wallet.purchases)
    yield from map(Month.of, flow.days)
    ends = (lot.expires for lot in wallet.purchases)
    yield from (Month.of(end) for end in ends if end is not None and end < day)


def _draw(lots: Sequence[_Left], flow: Flow, month: Month) -> tuple[Fraction, Fraction]:
    """Draw the units of a month day by day; return how many, and how many nothing covered."""
    before, short = sum((lot.drawn for lot in lots), _NONE), _NONE
    for day in sorted(each for each in flow.days if Month.of(each) == month):
        wanted = Fraction(flow.days[day])
        for lot in lots:
            if lot.usable(day):
                took = max(-lot.drawn, min(wanted, lot.units))  # what went back is negative
                lot.drawn += took
                wanted -= took
        short += max(_NONE, wanted)
    return sum((lot.drawn for lot in lots), _NONE) - before, short


def _break(lots: Sequence[_Left], month: Month, day: date) -> tuple[Fraction, Decimal]:
    """Let what expires in a month go to waste; return units and cost."""
    units, cost = _NONE, ZERO
    for lot in lots:
        end = lot.lot.expires
        if end is not None and Month.of(end) == month and end < day:
            units, cost = units + lot.units, cost + lot.lot.amount - lot.used
            lot.broken = True
    return units, cost


def _used(lots: Sequence[_Left]) -> Decimal:
    return sum((lot.used for lot in lots), ZERO)


def _balance(lots: Sequence[_Left], month: Month) -> Decimal:
    mine = [lot for lot in lots if lot.lot.day <= month.last and not lot.broken]
    return sum((lot.lot.amount - lot.used for lot in mine), ZERO)
