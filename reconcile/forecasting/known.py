"""What a forecast is told beside plan and spend, and its basis by project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import polars as pl

from models.category import CONTINGENCY
from models.money import ZERO, stored
from models.period import Month
from reconcile.actuals import Converter
from reconcile.forecasting.basis import Amounts, Basis, Gained, Item
from reconcile.forecasting.orders import Ordered, still_due
from reconcile.forecasting.past import PastForecast
from reconcile.forecasting.reference import final_share
from reconcile.given import Planned, PlannedItem

ItemKey = tuple[str, str]  # project, item
Spent = Mapping[str, Mapping[str, Mapping[str, Amounts]]]  # by project, category, item


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a forecast is told beside plan and spend.

    Attributes:
        gained: Share of the output by month, of items whose output is counted.
        fixed: Items that cost what is planned: rosters and schedules.
        orders: Lines of all orders.
        past: Forecasts of earlier months, as they were made.
    """

    gained: Mapping[ItemKey, Gained] = field(default_factory=dict)
    fixed: Collection[ItemKey] = frozenset()
    orders: Sequence[Ordered] = ()
    past: Sequence[PastForecast] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bases:
    """What the bases of all projects are made with.

    Attributes:
        month: The month of the report, at whose rates orders count.
        reported: The months of a project whose actuals are whole.
        first: Day of each project's first charge.
    """

    month: Month
    currency: str
    rates: Converter
    known: Known
    reported: Callable[[str], Iterable[Month]]
    first: Mapping[str, date]
    reserves: Mapping[str, Decimal]

    def bases(self, plans: Iterable[Planned], spent: Spent) -> dict[str, Basis]:
        """Return the basis of each project that has a plan, any charge or an order."""
        found = {plan.project: plan for plan in plans}
        ordering = {each.project for each in self.known.orders if each.left}
        bases = [
            self._basis(project, found.get(project), spent.get(project, {}))
            for project in sorted({*found, *spent, *ordering, *self.first})
        ]
        shares = tuple(share for each in bases if (share := final_share(each)) is not None)
        return {each.project: replace(each, finished=shares) for each in bases}

    def _basis(
        self, project: str, plan: Planned | None, actual: Mapping[str, Mapping[str, Amounts]]
    ) -> Basis:
        reported = frozenset(self.reported(project))
        return Basis(
            project=project,
            month=self.month,
            items=tuple(self._items(plan)) if plan else (),
            actual=actual,
            reported=reported,
            days=_days(self.first.get(project), reported),
            committed=self._committed(project),
            reserve=self.reserves.get(project, ZERO),
        )

    def _items(self, plan: Planned) -> Iterable[Item]:
        known = {(item.category, item.id): item for item in plan.items}
        amounts: defaultdict[ItemKey, dict[Month, Decimal]] = defaultdict(dict)
        rows = plan.frame().select("category", "item", "month", "amount").iter_rows()
        for category, item, month, amount in rows:
            if category != CONTINGENCY:
                money = stored(self.rates.convert(amount, plan.currency, self.currency, plan.start))
                months = amounts[category, item]
                months[Month.parse(month)] = months.get(Month.parse(month), ZERO) + money
        for (category, item), months in amounts.items():
            yield self._item(plan, category, item, months, known.get((category, item)))

    def _item(
        self, plan: Planned, category: str, item: str, months: Amounts, drivers: PlannedItem | None
    ) -> Item:
        mine = [o for o in self.known.orders if _is_for(o, plan.project, category, item)]
        return Item(
            id=item,
            category=category,
            plan=months,
            gained=self.known.gained.get((plan.project, item)),
            fixed=(plan.project, item) in self.known.fixed,
            ordered=still_due(
                mine,
                units=drivers.units if drivers else None,
                unit=drivers.unit or "" if drivers else "",
                budget=sum(months.values(), ZERO),
                to=self._convert,
            ),
            factors=_factors(drivers),
        )

    def _committed(self, project: str) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        for each in self.known.orders:
            if each.project == project:
                left = self._convert(each.left, each.currency)
                sums[each.category] = sums.get(each.category, ZERO) + left
        return sums

    def _convert(self, amount: Decimal, currency: str) -> Decimal:
        if not amount:
            return ZERO
        return stored(self.rates.convert(amount, currency, self.currency, self.month))


def spent(actuals: pl.DataFrame) -> Spent:
    """Return cost by project, category, item (empty where none is named) and month.

    Args:
        actuals: In the schema ACTUALS, one basis and one currency.
    """
    found: dict[str, dict[str, dict[str, dict[Month, Decimal]]]] = {}
    rows = actuals.select("project", "category", "item", "month", "amount").iter_rows()
    for project, category, item, month, amount in rows:
        months = found.setdefault(project, {}).setdefault(category, {}).setdefault(item or "", {})
        months[Month.parse(month)] = months.get(Month.parse(month), ZERO) + amount
    return found


def first_days(spend: pl.DataFrame) -> dict[str, date]:
    """Return the day of each project's first charge."""
    return dict(spend.group_by("project").agg(pl.col("day").min()).iter_rows())


def _is_for(order: Ordered, project: str, category: str, item: str) -> bool:
    return bool(item) and (order.project, order.category, order.item) == (project, category, item)


def _factors(drivers: PlannedItem | None) -> tuple[str, ...]:
    if drivers is None:
        return ()
    return (*drivers.quantity, *(["unit_price"] if drivers.unit_price is not None else []))


def _days(first: date | None, reported: Collection[Month]) -> int:
    """Return the days from the first charge to the end of the last reported month."""
    if first is None or not reported:
        return 0
    return max(0, (max(reported).last - first).days + 1)
