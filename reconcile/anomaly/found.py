"""All anomalies of a month and of the days after it, by every rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from models.decision.judgement import Judgement
from models.money import ZERO
from models.period import Month
from reconcile.actuals import Converter
from reconcile.anomaly.detector import Sensitivity, judged
from reconcile.anomaly.rule import Anomaly, over_plan
from reconcile.anomaly.series import (
    TRAINING,
    Scope,
    Series,
    daily,
    gpu_prices,
    scheduled,
    with_by_day,
)
from reconcile.anomaly.thing import bought, new_things, price_changes
from reconcile.given import Planned, plan_cells


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What anomalies are sought in.

    Attributes:
        spend: Columns RECOGNISED.
        usage: The table `usage`, with the project of each row.
        plans: The plans that count.
        first: First day that is judged.
        last: Last day that is judged; a day after it is not over.
        invoiced: Sources of invoices, whose days tell nothing.
        judgements: What people say of days.
    """

    spend: pl.DataFrame
    usage: pl.DataFrame
    plans: Sequence[Planned]
    rates: Converter
    currency: str
    first: date
    last: date
    invoiced: Collection[str] = ()
    judgements: Sequence[Judgement] = ()
    sensitivity: Sensitivity = field(default_factory=Sensitivity)

    @property
    def begin(self) -> date:
        """First day of history."""
        return self.first - timedelta(days=self.sensitivity.window + self.sensitivity.late)


def anomalies(seen: Seen) -> tuple[Anomaly, ...]:
    """Return what somebody should look at, the largest excess first.

    Each thing that is new or dearer is told, and a day of a category once, without them.
    """
    if seen.last < seen.first:
        return ()
    # whatever was ever bought is not new: invoices come once a month, or once a year
    spend = with_by_day(seen.spend.filter(pl.col("day") <= seen.last), seen.invoiced)
    things = bought(spend, seen.rates, seen.currency)
    news = new_things(things, seen.first, seen.sensitivity)
    apart = [*news.values(), *price_changes(things, seen.first, seen.sensitivity, news)]
    found = (_said(each, seen.judgements) for each in (*apart, *_days(seen, spend, apart)))
    return tuple(sorted(found, key=lambda a: (-a.excess, a.project, a.category, a.day, a.thing)))


def _said(found: Anomaly, judgements: Iterable[Judgement]) -> Anomaly:
    mine = (each for each in judgements if each.covers(*found.scope, found.day))
    return replace(found, judgement=next(mine, None))


def _days(seen: Seen, spend: pl.DataFrame, apart: Iterable[Anomaly]) -> Iterator[Anomaly]:
    planned = plan_cells(seen.plans, seen.rates, seen.currency)
    prices = gpu_prices(seen.plans, seen.rates, seen.currency)
    known, told = scheduled(seen.usage, prices, seen.begin, seen.last), [*apart]
    for scope, costs in _series(seen, spend).items():
        judge = _Judge(
            scope=scope,
            costs=costs,
            runs=known.get(scope[0], {}) if scope[1] == TRAINING else {},
            apart=[each for each in told if each.scope == scope],
            sensitivity=seen.sensitivity,
        )
        for day in sorted(each for each in costs if each >= seen.first):
            yield from judge.on(day, planned.get((*scope, Month.of(day))))


def _series(seen: Seen, spend: pl.DataFrame) -> dict[Scope, Series]:
    """Return daily cost of categories with so many active days; of others nothing is said."""
    every = daily(spend, seen.rates, seen.currency, seen.begin, seen.last)
    fewest = seen.sensitivity.fewest
    return {scope: days for scope, days in every.items() if len(days) >= fewest}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """What the days of one category are judged by.

    Attributes:
        costs: Cost by day.
        runs: What known runs explain of it.
        apart: What is told of its things.
    """

    scope: Scope
    costs: Series
    runs: Series
    apart: Sequence[Anomaly]
    sensitivity: Sensitivity

    def on(self, day: date, planned: Decimal | None) -> Iterator[Anomaly]:
        """Yield what a day is told for: all of it but things that are told, and these alone."""
        mine = [each for each in self.apart if day in each.apart]
        costs = _without(self.costs, [each.apart for each in mine])
        floor = self.sensitivity.floor
        found = over_plan(self.scope, day, costs[day], planned, floor) or self._odd(costs, day)
        if found:
            yield found
        for each in mine:
            alone = each.kind == "new_service" and self._odd(each.apart, day, each.thing)
            if alone:
                yield alone

    def _odd(self, costs: Series, day: date, thing: str = "") -> Anomaly | None:
        excess = judged(costs, self.runs, day, self.sensitivity)
        if excess is None:
            return None
        return Anomaly(
            kind="stands_out",
            project=self.scope[0],
            category=self.scope[1],
            day=day,
            cost=excess.cost,
            expected=excess.expected,
            detail=(
                f"{thing + ': ' if thing else ''}{round(excess.z, 1)} robust deviations above "
                f"{excess.history} active days" + (", known runs taken off" if self.runs else "")
            ),
            thing=thing,
        )


def _without(costs: Series, parts: Sequence[Mapping[date, Decimal]]) -> Series:
    """Return cost by day without some parts of it."""
    if not parts:
        return costs
    return {
        day: cost - sum((part.get(day, ZERO) for part in parts), ZERO)
        for day, cost in costs.items()
    }
