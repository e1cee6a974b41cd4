"""What a forecast is made from: items of a plan, what was spent, what is reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO
from models.period import Month

MONTHS_LEAST: Final = 3  # reported months below which nothing is extrapolated
DAYS_LEAST: Final = 3  # days since the first charge below which nothing is extrapolated
FEW_MONTHS: Final = "fewer than three months are reported"
FEW_DAYS: Final = "the first charge is fewer than three days old"

Amounts = Mapping[Month, Decimal]
Gained = Mapping[Month, Fraction]  # share of the whole output that a month brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a plan, in the reporting currency.

    Attributes:
        plan: Planned cost by month, zero or more.
        gained: Share of its output by month; None where no output is counted.
        fixed: Whether it costs what is planned: a roster, a schedule of depreciation.
        ordered: What its open orders still cost; None for an item without an order.
        factors: Names of its drivers.
        scale: What the rest of it is multiplied by; 1 but for a what-if.
    """

    id: str
    category: str
    plan: Amounts
    gained: Gained | None = None
    fixed: bool = False
    ordered: Decimal | None = None
    factors: Collection[str] = ()
    scale: Fraction = Fraction(1)

    @property
    def budget(self) -> Decimal:
        """Plan of all months."""
        return sum(self.plan.values(), ZERO)

    def planned(self, reported: Collection[Month]) -> Decimal:
        """Return the plan of the reported months."""
        return sum((amount for month, amount in self.plan.items() if month in reported), ZERO)

    def earned(self, reported: Collection[Month]) -> Fraction:
        """Return the budget of the output that reported months brought; plan without output.

        Output of a month that is not reported does not count, as its cost does not; output
        before the first reported month does.
        """
        if self.gained is None or not reported:
            return Fraction(self.planned(reported))
        first = min(reported)
        mine = [share for month, share in self.gained.items() if month in reported or month < first]
        reached = min(max(sum(mine, Fraction(0)), Fraction(0)), Fraction(1))
        return reached * Fraction(self.budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the forecast of one project is made from; amounts in the reporting currency.

    Attributes:
        actual: Cost by category, then item (empty where spend names none), then month.
        reported: Months that have ended and are whole.
        month: The month of the report.
        days: Days from the first charge to the end of the last reported month.
        committed: What is ordered and not delivered, by category.
        reserve: Approved contingency.
        finished: What each finished project of the portfolio came to, as a share of its plan.
    """

    project: str
    month: Month
    items: tuple[Item, ...] = ()
    actual: Mapping[str, Mapping[str, Amounts]] = field(default_factory=dict)
    reported: frozenset[Month] = frozenset()
    days: int = 0
    committed: Mapping[str, Decimal] = field(default_factory=dict)
    reserve: Decimal = ZERO
    finished: tuple[Fraction, ...] = ()

    @property
    def categories(self) -> list[str]:
        """Every category with a plan, an actual or an order, in the order of their names."""
        planned = {item.category for item in self.items}
        return sorted(
            {*planned, *self.actual, *(c for c, open_ in self.committed.items() if open_)}
        )

    @property
    def known(self) -> list[Month]:
        """The reported months from the project's first month on, in order."""
        first = min(self._months(), default=self.month)
        return sorted(month for month in self.reported if month >= first)

    @property
    def little(self) -> str:
        """Why nothing is extrapolated; empty where there is data enough."""
        if len(self.known) < MONTHS_LEAST:
            return FEW_MONTHS
        return FEW_DAYS if self.days < DAYS_LEAST else ""

    def _months(self) -> set[Month]:
        planned = {month for item in self.items for month in item.plan}
        spent = (amounts for items in self.actual.values() for amounts in items.values())
        return planned | {month for amounts in spent for month in amounts}
