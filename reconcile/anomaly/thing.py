"""Things that a project buys: what it never bought before, and accelerators that became dearer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Final

import polars as pl

from models.money import MONEY, ZERO, rounded, stored
from models.period import Month
from reconcile.actuals import Converter
from reconcile.anomaly.detector import DAY, Sensitivity
from reconcile.anomaly.rule import Anomaly
from reconcile.anomaly.series import BY_DAY

CHANGE: Final = Decimal(10)  # percent by which a unit price may move untold

Key = tuple[str, str, str]  # project, category, and the thing as people call it


@dataclass(frozen=True, slots=True)
class Bought:
    """What one project bought of one thing on one day.

    Attributes:
        daily: Of the cost, what is judged by the day.
    """

    cost: Decimal = ZERO
    quantity: Decimal = ZERO
    daily: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Thing:
    """A service with its accelerator, pricing category and unit, day by day."""

    has_price: bool
    days: dict[date, Bought] = field(default_factory=dict)

    @property
    def first(self) -> date:
        """The first day on which it was bought."""
        return min(self.days)


Things = Mapping[Key, Thing]


def bought(spend: pl.DataFrame, rates: Converter, currency: str) -> dict[Key, Thing]:
    """Return what was bought; of usage alone, accruals and what is late for closed months left out.

    Args:
        spend: Columns RECOGNISED and BY_DAY.
        rates: Dated rates of exchange.
        currency: The reporting currency.
    """
    mine = (
        (pl.col("charge_category") == "Usage")
        & pl.col("adjusts").is_null()
        & (pl.col("lines") > 0)  # accruals have none
    )
    parts = ("service_name", "gpu_type", "pricing_category", "consumed_unit")
    keys = ["project", "category", *parts, "day", "currency", BY_DAY]
    sums = (
        spend.filter(mine)
        .group_by(keys)
        .agg(pl.col("tco_cost", "consumed_quantity").sum().cast(MONEY))
        .sort(keys)
    )
    found: dict[Key, Thing] = {}
    for project, category, *words, day, money, is_daily, cost, quantity in sums.iter_rows():
        worth = stored(rates.convert(cost, money, currency, Month.of(day)))
        thing = found.setdefault((project, category, _named(*words)), Thing(bool(words[1])))
        before = thing.days.get(day, Bought())
        thing.days[day] = Bought(
            before.cost + worth,
            before.quantity + quantity,
            before.daily + (worth if is_daily else ZERO),
        )
    return found


def _named(service: str | None, gpu: str | None, pricing: str | None, unit: str | None) -> str:
    """Return a thing as people call it."""
    sort = "spot" if pricing == "Dynamic" else pricing
    return " ".join(filter(None, (service, gpu, sort, f"by {unit}" if unit else "")))


def new_things(things: Things, since: date, sensitivity: Sensitivity) -> dict[Key, Anomaly]:
    """Return what a project bought for the first time since a day.

    It is new as long as days are history, and told with what it cost in them. A project that
    bought nothing at all before is new itself, and not told.
    """
    olds = {project for (project, _, _), thing in things.items() if thing.first < since}
    found = {}
    for key, thing in sorted(things.items(), key=lambda each: each[0]):
        days = _while_new(thing, sensitivity)
        cost = sum((each.cost for each in days.values()), ZERO)
        if key[0] in olds and thing.first >= since and cost >= sensitivity.floor:
            found[key] = _new(key, days, cost, sensitivity)
    return found


def _while_new(thing: Thing, sensitivity: Sensitivity) -> dict[date, Bought]:
    end = thing.first + DAY * sensitivity.window
    return {day: each for day, each in sorted(thing.days.items()) if day < end}


def _new(key: Key, days: Mapping[date, Bought], cost: Decimal, sensitivity: Sensitivity) -> Anomaly:
    first = min(days)
    active = ((day, each.cost) for day, each in days.items() if each.cost)
    return Anomaly(
        kind="new_service",
        project=key[0],
        category=key[1],
        day=first,
        cost=cost,
        expected=ZERO,
        detail=f"{key[2]}: not bought before {first}",
        thing=key[2],
        # from then on it has a history of its own, by which it is judged
        by_day=dict(islice(active, sensitivity.fewest)),
        apart={day: each.daily for day, each in days.items() if each.daily},
    )


def price_changes(
    things: Things, since: date, sensitivity: Sensitivity, news: Mapping[Key, Anomaly]
) -> Iterator[Anomaly]:
    """Yield accelerators of which an hour cost over 10 percent more than in the window before.

    The first such day since a day is told, with the excess of all. Other things are of too many
    sorts for a price: a dearer class of storage is no dearer price.

    Args:
        things: What was bought.
        since: First day that is judged.
        sensitivity: How much it must stand out.
        news: What is told as new, and not as dearer as long as it is.
    """
    for key, thing in sorted(things.items(), key=lambda each: each[0]):
        if thing.has_price:
            new = _while_new(thing, sensitivity) if key in news else {}
            asked = (day for day in sorted(thing.days) if day >= since and day not in new)
            found = _dearer(key, thing, asked, sensitivity)
            if found and found.excess >= sensitivity.floor:
                yield found


def _dearer(
    key: Key, thing: Thing, asked: Iterable[date], sensitivity: Sensitivity
) -> Anomaly | None:
    """Return the days on which an hour was dearer, against the price before the first of them."""
    rises = {day: rise for day in asked if (rise := _rise(thing.days, day, sensitivity.window))}
    if not rises:
        return None
    before, now = next(iter(rises.values()))
    usual = {
        day: rounded(Fraction(before) * Fraction(thing.days[day].quantity), 2) for day in rises
    }
    by_day = {day: thing.days[day].cost - expected for day, expected in usual.items()}
    return Anomaly(
        kind="price_change",
        project=key[0],
        category=key[1],
        day=next(iter(rises)),
        cost=sum((thing.days[day].cost for day in rises), ZERO),
        expected=sum(usual.values(), ZERO),
        detail=f"{key[2]}: {rounded(now, 4)} a unit, {rounded(before, 4)} before",
        thing=key[2],
        by_day=by_day,
        apart={day: excess for day, excess in by_day.items() if thing.days[day].daily},
    )


def _rise(days: Mapping[date, Bought], day: date, window: int) -> tuple[Decimal, Decimal] | None:
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
