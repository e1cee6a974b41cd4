"""What needs no statistics: a new service, a dearer price, a day that cost twice its plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import polars as pl

from models.money import MONEY, ZERO, rounded, stored
from models.period import Month
from reconcile.actuals import Converter
from reconcile.anomaly.detector import DAY
from reconcile.anomaly.series import Scope

Kind = Literal["stands_out", "over_plan", "new_service", "price_change"]

TIMES: Final = 2  # planned daily cost, beyond which a day is told
CHANGE: Final = Decimal(10)  # percent by which a unit price may move untold
_BOUGHT: Final = ("service_name", "gpu_type", "pricing_category", "consumed_unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One day of a project that somebody should look at; amounts in the reporting currency.

    Attributes:
        kind: Which rule found it.
        cost: What it cost.
        expected: What was to be expected.
        detail: What it is about, and how it was found.
    """

    kind: Kind
    project: str
    category: str
    day: date
    cost: Decimal
    expected: Decimal
    detail: str

    @property
    def excess(self) -> Decimal:
        """Cost beyond what was expected."""
        return self.cost - self.expected


def over_plan(
    costs: Mapping[date, Decimal], planned: Decimal | None, scope: Scope, floor: Decimal
) -> Iterator[Anomaly]:
    """Yield the days of a month that cost more than twice a day of the month's plan.

    Args:
        costs: Cost by day, of days of one month.
        planned: Plan of the month; None where nothing was planned, which is told elsewhere.
        scope: Project and category.
        floor: Least excess that is told.
    """
    if not planned:
        return
    for day, cost in sorted(costs.items()):
        usual = rounded(Fraction(planned) / Month.of(day).days, 2)
        if cost > TIMES * usual and cost - usual >= floor:
            yield Anomaly(
                kind="over_plan",
                project=scope[0],
                category=scope[1],
                day=day,
                cost=cost,
                expected=usual,
                detail=f"more than {TIMES} times a day of the plan",
            )


@dataclass(frozen=True, slots=True)
class _Bought:
    """What one project bought of one thing on one day."""

    cost: Decimal
    quantity: Decimal


def bought(
    spend: pl.DataFrame, rates: Converter, currency: str, last: date
) -> dict[tuple[str, str, str], dict[date, _Bought]]:
    """Return cost and quantity by project, category, thing and day until a day; of usage alone.

    A thing is a service with its accelerator, pricing category and unit.
    """
    mine = (
        (pl.col("charge_category") == "Usage")
        & (pl.col("day") <= last)
        & pl.col("adjusts").is_null()
        & (pl.col("lines") > 0)  # accruals have none
    )
    name = pl.concat_str([pl.col(each).fill_null("") for each in _BOUGHT], separator="\t")
    keys = ["project", "category", "thing", "day", "currency"]
    sums = (
        spend.filter(mine)
        .with_columns(thing=name)
        .group_by(keys)
        .agg(pl.col("tco_cost", "consumed_quantity").sum().cast(MONEY))
        .sort(keys)
    )
    found: dict[tuple[str, str, str], dict[date, _Bought]] = defaultdict(dict)
    for project, category, thing, day, money, cost, quantity in sums.iter_rows():
        worth = stored(rates.convert(cost, money, currency, Month.of(day)))
        before = found[project, category, thing].get(day, _Bought(ZERO, ZERO))
        found[project, category, thing][day] = _Bought(
            before.cost + worth, before.quantity + quantity
        )
    return dict(found)


def named(thing: str) -> str:
    """Return a thing as people call it."""
    service, gpu, pricing, unit = thing.split("\t")
    words = [service, gpu, {"Dynamic": "spot"}.get(pricing, pricing), f"by {unit}" if unit else ""]
    return " ".join(filter(None, words))


def new_services(
    things: Mapping[tuple[str, str, str], Mapping[date, _Bought]], since: date, floor: Decimal
) -> Iterator[Anomaly]:
    """Yield what a project bought for the first time since a day, with all it cost since.

    A project that bought nothing at all before is new itself, and not told.
    """
    olds = {project for (project, _, _), days in things.items() if min(days) < since}
    for (project, category, thing), days in sorted(things.items()):
        cost = sum((each.cost for each in days.values()), ZERO)
        if project in olds and min(days) >= since and cost >= floor:
            yield Anomaly(
                kind="new_service",
                project=project,
                category=category,
                day=min(days),
                cost=cost,
                expected=ZERO,
                detail=f"{named(thing)}: not bought before {min(days)}",
            )


def price_changes(
    things: Mapping[tuple[str, str, str], Mapping[date, _Bought]],
    since: date,
    window: int,
    floor: Decimal,
) -> Iterator[Anomaly]:
    """Yield accelerators of which an hour cost over 10 percent more than in the window before.

    The first such day since a day is told, with the excess of all. Other things are of too many
    sorts for a price: a dearer class of storage is no dearer price.
    """
    for (project, category, thing), days in sorted(things.items()):
        if not thing.split("\t")[1]:
            continue
        asked = (day for day in sorted(days) if day >= since)
        rises = {day: rise for day in asked if (rise := _rise(days, day, window))}
        if not rises:
            continue
        (before, now), dearer = next(iter(rises.values())), [*rises]
        cost = sum((days[day].cost for day in dearer), ZERO)
        units = sum((days[day].quantity for day in dearer), ZERO)
        expected = rounded(Fraction(before) * Fraction(units), 2)
        if cost - expected < floor:
            continue
        yield Anomaly(
            kind="price_change",
            project=project,
            category=category,
            day=dearer[0],
            cost=cost,
            expected=expected,
            detail=f"{named(thing)}: {rounded(now, 4)} a unit, {rounded(before, 4)} before",
        )


def _rise(days: Mapping[date, _Bought], day: date, window: int) -> tuple[Decimal, Decimal] | None:
    """Return the price of the window before a day and of the day, where it rose too much."""
    earlier = [days[each] for back in range(1, window + 1) if (each := day - DAY * back) in days]
    units = sum((each.quantity for each in earlier), ZERO)
    if units <= 0 or days[day].quantity <= 0:
        return None
    before = Fraction(sum((each.cost for each in earlier), ZERO)) / Fraction(units)
    now = Fraction(days[day].cost) / Fraction(days[day].quantity)
    if before <= 0 or (now - before) * 100 <= before * Fraction(CHANGE):
        return None
    return rounded(before, 18), rounded(now, 18)
