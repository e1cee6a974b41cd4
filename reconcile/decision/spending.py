"""What decisions look at: sums of spend by item and month, in the reporting currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

import polars as pl

from models.money import ZERO, stored
from models.period import Month
from models.run.charge import GPU_HOURS
from models.split.split import ARROW, IDLE
from reconcile.actuals import MONTH, Converter, actuals, rated

SPOT: Final = "Dynamic"  # the pricing category of what is bought at a price that moves
Key = tuple[str, str]  # category, item


@dataclass(frozen=True)
class Spending:
    """The spend of a portfolio, as decisions ask for it.

    Attributes:
        spend: In the schema `models.spend.RECOGNISED`.
        currency: The reporting currency, in which every amount is returned.
        month: The last month that counts.
    """

    spend: pl.DataFrame
    rates: Converter
    currency: str
    month: Month

    def items(self, project: str, *, month: Month | None = None) -> dict[Key, Decimal]:
        """Return cost by category and item: of a month, or up to the last."""
        found: defaultdict[Key, Decimal] = defaultdict(Decimal)
        for category, item, at, amount in self._by_project.get(project, ()):
            if at == month or (month is None and at <= self.month):
                found[category, item] += amount
        return dict(found)

    def until(self, project: str, key: Key, day: date) -> Decimal:
        """Return what an item cost up to a day."""
        frame = actuals(self._until(day), self.rates, self.currency)
        mine = frame.filter(
            pl.col("project") == project, pl.col("category") == key[0], pl.col("item") == key[1]
        )
        return sum(mine["amount"], ZERO)

    def hours(self, project: str, item: str) -> Decimal:
        """Return the hours of accelerators that were billed for an item up to the last month."""
        mine = self.spend.filter(
            pl.col("project") == project,
            pl.col("item") == item,
            pl.col("consumed_unit") == GPU_HOURS,
            pl.col("day") <= self.month.last,
        )
        return sum(mine["consumed_quantity"], ZERO)

    def spot(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return by project what its spot machines list for on demand, and what was paid."""
        mine = self.spend.filter(
            pl.col("pricing_category") == SPOT, pl.col("day") <= self.month.last
        )
        sums = (
            mine.with_columns(rated(mine, MONTH["effective"]))
            .group_by("project", "currency", "rated")
            .agg(pl.col("list_cost", "tco_cost").sum())
            .sort(pl.all())
        )
        found: dict[str, tuple[Decimal, Decimal]] = {}
        for project, money, month, *costs in sums.iter_rows():
            listed, paid = (self.convert(cost, money, Month.parse(month)) for cost in costs)
            before = found.get(project, (ZERO, ZERO))
            found[project] = (before[0] + listed, before[1] + paid)
        return found

    def unused(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return by split the hours and the cost of shared accelerators of the month nobody used.

        The path of such a share says so at its end, see `models.split.split`. What is late for a
        closed month is of the hours of that month.
        """
        end = f"{ARROW}{IDLE}"
        day = pl.col("day").is_between(self.month.first, self.month.last)
        mine = day & pl.col("adjusts").is_null() & pl.col("path").str.ends_with(end)
        hours = pl.col("consumed_quantity").filter(pl.col("consumed_unit") == GPU_HOURS).sum()
        keys = ("path", "currency")
        sums = self.spend.filter(mine).group_by(keys).agg(hours, pl.col("tco_cost").sum())
        found: dict[str, tuple[Decimal, Decimal]] = {}
        for path, money, count, cost in sums.sort(keys).iter_rows():
            name = path.removesuffix(end)
            before = found.get(name, (ZERO, ZERO))
            worth = self.convert(cost, money, self.month)
            found[name] = (before[0] + (count or ZERO), before[1] + worth)
        return found

    def convert(self, amount: Decimal, currency: str, month: Month) -> Decimal:
        """Return an amount in the reporting currency, at the rate of a month."""
        return stored(self.rates.convert(amount, currency, self.currency, month))

    @property
    def last(self) -> date:
        """The last day of the month that any spend is known of; its first where there is none."""
        days = self.spend.filter(pl.col("day").is_between(self.month.first, self.month.last))["day"]
        found = days.max()
        return found if isinstance(found, date) else self.month.first

    def _until(self, day: date) -> pl.DataFrame:
        return self.spend.filter(pl.col("day") <= day)

    @cached_property
    def _by_project(self) -> Mapping[str, Iterable[tuple[str, str, Month, Decimal]]]:
        found: defaultdict[str, list[tuple[str, str, Month, Decimal]]] = defaultdict(list)
        names = ("project", "category", "item", "month", "amount")
        frame = actuals(self.spend, self.rates, self.currency).select(names)
        for project, category, item, month, amount in frame.iter_rows():
            found[project].append((category, item, Month.parse(month), amount))
        return found
