"""All anomalies of a month and of the days after it, by every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from models.period import Month, between
from reconcile.actuals import Converter
from reconcile.anomaly.detector import Sensitivity, judged
from reconcile.anomaly.rule import Anomaly, bought, new_services, over_plan, price_changes
from reconcile.anomaly.series import TRAINING, Scope, Series, daily, gpu_prices, scheduled
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
    """

    spend: pl.DataFrame
    usage: pl.DataFrame
    plans: Sequence[Planned]
    rates: Converter
    currency: str
    first: date
    last: date
    sensitivity: Sensitivity = field(default_factory=Sensitivity)

    @property
    def begin(self) -> date:
        """First day of history."""
        return self.first - timedelta(days=self.sensitivity.window + self.sensitivity.late)


def anomalies(seen: Seen) -> tuple[Anomaly, ...]:
    """Return what stands out, the largest excess first.

    A day of a category is told once: rules come before statistics.
    """
    if seen.last < seen.first:
        return ()
    found: dict[tuple[str, str, date], Anomaly] = {}
    series = _series(seen)
    for each in (*_by_rule(seen, series), *_by_schedule(seen, series)):
        found.setdefault((each.project, each.category, each.day), each)
    return tuple(sorted(found.values(), key=lambda a: (-a.excess, a.project, a.category, a.day)))


def _by_rule(seen: Seen, series: Mapping[Scope, Series]) -> Iterator[Anomaly]:
    floor, window = seen.sensitivity.floor, seen.sensitivity.window
    # whatever was ever bought is not new: invoices come once a month, or once a year
    things = bought(seen.spend, seen.rates, seen.currency, seen.last)
    yield from new_services(things, seen.first, floor)
    yield from price_changes(things, seen.first, window, floor)
    planned = plan_cells(seen.plans, seen.rates, seen.currency)
    for scope, costs in series.items():
        for month in between(Month.of(seen.first), Month.of(seen.last)):
            first = max(month.first, seen.first)
            mine = {day: cost for day, cost in costs.items() if first <= day <= month.last}
            yield from over_plan(mine, planned.get((*scope, month)), scope, floor)


def _by_schedule(seen: Seen, series: Mapping[Scope, Series]) -> Iterator[Anomaly]:
    prices = gpu_prices(seen.plans, seen.rates, seen.currency)
    known = scheduled(seen.usage, prices, seen.begin, seen.last)
    for (project, category), costs in series.items():
        runs = known.get(project, {}) if category == TRAINING else {}
        for day in sorted(each for each in costs if each >= seen.first):
            if excess := judged(costs, runs, day, seen.sensitivity):
                yield Anomaly(
                    kind="stands_out",
                    project=project,
                    category=category,
                    day=day,
                    cost=excess.cost,
                    expected=excess.expected,
                    detail=(
                        f"{round(excess.z, 1)} robust deviations above {excess.history} active days"
                        + (", known runs taken off" if runs else "")
                    ),
                )


def _series(seen: Seen) -> dict[Scope, Series]:
    """Return daily cost of what is billed by the day: so many active days, or nothing."""
    every = daily(seen.spend, seen.rates, seen.currency, seen.begin, seen.last)
    fewest = seen.sensitivity.fewest
    return {scope: days for scope, days in every.items() if len(days) >= fewest}
