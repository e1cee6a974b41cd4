"""Daily series of spend: what tells its day, summed by day, and what known runs explain of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from models.category import UNALLOCATED
from models.money import MONEY, ZERO, stored
from models.period import Month
from models.unit import unit
from reconcile.actuals import Converter
from reconcile.given import Planned

GPU_HOURS: Final = "gpu_hours"
IDLE: Final = "idle"
TRAINING: Final = "training_compute"
BY_DAY: Final = "by_day"  # column: whether the day of a row is that of its use
MONTHS_LEAST: Final = 3  # months of one day each, from which on that is how a thing is billed

_HOUR: Final = unit("GPU-Hours")

Scope = tuple[str, str]  # project and category
Series = Mapping[date, Decimal]

_BILLED: Final = (
    *("source", "project", "category", "service_name"),
    *("charge_category", "pricing_category", "consumed_unit"),
)


def with_by_day(spend: pl.DataFrame, invoiced: Collection[str]) -> pl.DataFrame:
    """Return spend that says of each row whether its day is that of its use.

    Invoices, accruals and the fees of a month stand on one day, whatever they are for. A thing
    that costs on one day of each month is a fee where that is the first, and after three months;
    hours of accelerators never are. What is late for a closed month tells no day either.

    Args:
        spend: Columns RECOGNISED.
        invoiced: Sources of invoices.
    """
    is_used = (pl.col("lines") > 0) & pl.col("adjusts").is_null()  # accruals have no lines
    day = pl.col("day").filter(is_used)
    months, is_first = day.dt.month_start().n_unique(), (day.dt.day() == 1).all()
    once = (day.n_unique() == months) & (is_first | (months >= MONTHS_LEAST))
    is_fee = once.over(_BILLED) & pl.col("gpu_type").is_null()
    by_day = is_used & ~is_fee & ~pl.col("source").is_in([*invoiced])
    return spend.with_columns(by_day.alias(BY_DAY))


def daily(
    spend: pl.DataFrame, rates: Converter, currency: str, first: date, last: date
) -> dict[Scope, dict[date, Decimal]]:
    """Return cost by project and category, and day, in the reporting currency.

    What does not tell its day, and what no project has, is no part of it.

    Args:
        spend: Columns RECOGNISED and BY_DAY.
        rates: Dated rates of exchange.
        currency: The reporting currency.
        first: First day.
        last: Last day.
    """
    mine = (
        pl.col("day").is_between(first, last) & pl.col(BY_DAY) & (pl.col("project") != UNALLOCATED)
    )
    keys = ["project", "category", "day", "currency"]
    sums = spend.filter(mine).group_by(keys).agg(pl.col("tco_cost").sum().cast(MONEY)).sort(keys)
    found: dict[Scope, dict[date, Decimal]] = defaultdict(dict)
    for project, category, day, money, amount in sums.iter_rows():
        worth = stored(rates.convert(amount, money, currency, Month.of(day)))
        series = found[project, category]
        series[day] = series.get(day, ZERO) + worth
    return dict(found)


def scheduled(
    usage: pl.DataFrame, prices: Mapping[str, Decimal], first: date, last: date
) -> dict[str, dict[date, Decimal]]:
    """Return what the GPU-hours of known runs cost at planned prices, by project and day.

    Args:
        usage: The table `usage`, with the project of each row.
        prices: Planned price of one GPU-hour by project, reporting currency.
        first: First day.
        last: Last day.
    """
    mine = (
        (pl.col("driver") == GPU_HOURS)
        & pl.col("run_id").is_not_null()
        & pl.col("detail").ne_missing(IDLE)
        & pl.col("day").is_between(first, last)
        & pl.col("project").is_in([*prices])
    )
    hours = usage.filter(mine).group_by("project", "day").agg(pl.col("quantity").sum())
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for project, day, quantity in hours.sort("project", "day").iter_rows():
        found[project][day] = stored(quantity * prices[project])
    return dict(found)


def gpu_prices(plans: Iterable[Planned], rates: Converter, currency: str) -> dict[str, Decimal]:
    """Return the dearest planned price of a GPU-hour by project, in the reporting currency.

    The dearest, since a run that was planned at any of them is no surprise.
    """
    found: dict[str, Decimal] = {}
    for plan in plans:
        for item in plan.items:
            if item.category == TRAINING and item.unit_price and unit(item.unit or "") == _HOUR:
                price = rates.convert(item.unit_price, plan.currency, currency, plan.start)
                found[plan.project] = max(found.get(plan.project, ZERO), price)
    return found
