"""Estimate at completion by the simplest honest method, with its range and its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded, stored
from models.period import Month

METHOD: Final = "actual plus remaining plan"
FEW_MONTHS: Final = 4  # closed months below which past deviation says nothing
TRAILING: Final = 3

Amounts = Mapping[Month, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Lowest and highest estimate at completion, each with the name of its method."""

    low: Decimal
    low_method: str
    high: Decimal
    high_method: str


def months_forecast(
    actual: Amounts, plan: Amounts, reported: Collection[Month]
) -> dict[Month, Decimal]:
    """Return what each month adds to the estimate at completion.

    A reported month, ended and delivered whole, adds its actual. A month that is open,
    running or has a source missing adds the greater of its plan and what is already
    there: the rest of its plan is still expected, and what was spent stays spent.
    """
    return {
        month: actual.get(month, ZERO)
        if month in reported
        else max(actual.get(month, ZERO), plan.get(month, ZERO))
        for month in sorted({*actual, *plan})
    }


def estimate_range(
    actual: Amounts,
    plan: Amounts,
    forecast: Amounts,
    reported: Collection[Month],
    reserve: Decimal,
    *,
    committed: Decimal = ZERO,
) -> Range:
    """Return the range around `sum(forecast)`.

    Below four reported months it spans what is spent or ordered already to everything planned
    plus the contingency that is left; from four on, the rest as planned to the rest at the
    ratio of actual to plan of the last three reported months.

    Args:
        actual: Cost by month.
        plan: Planned cost by month.
        forecast: What each month adds to the estimate, by `months_forecast`.
        reported: Months whose actual is whole.
        reserve: Approved contingency.
        committed: What is ordered and not delivered yet.
    """
    estimate, budget = total(forecast), total(plan)
    closed = sorted(month for month in reported if month in plan)
    if len(closed) < FEW_MONTHS:
        left = max(ZERO, reserve - max(ZERO, estimate - budget))
        return Range(
            low=min(total(actual) + committed, estimate),
            low_method="actual plus open commitments",
            high=estimate + left,
            high_method="actual plus remaining plan plus remaining contingency",
        )
    trend = _trend(actual, plan, forecast, closed[-TRAILING:], reported)
    pairs = sorted([(estimate, METHOD), (trend, "rest at the ratio of the last three months")])
    return Range(low=pairs[0][0], low_method=pairs[0][1], high=pairs[1][0], high_method=pairs[1][1])


def total(amounts: Amounts) -> Decimal:
    """Return the sum over all months, exactly."""
    return sum(amounts.values(), ZERO)


def run_out(deviation: Amounts, reserve: Decimal) -> date | None:
    """Return the day on which the running deviation reaches the contingency.

    Args:
        deviation: Actual or forecast minus plan, by month; + is over plan.
        reserve: Approved contingency; the day is linear inside its month.
    """
    reached = ZERO
    for month in sorted(deviation):
        step = deviation[month]
        if reached + step > reserve:
            share = Fraction(max(ZERO, reserve - reached)) / Fraction(step)
            return month.first + timedelta(days=min(int(share * month.days), month.days - 1))
        reached += step
    return None


def _trend(
    actual: Amounts,
    plan: Amounts,
    forecast: Amounts,
    trailing: Collection[Month],
    reported: Collection[Month],
) -> Decimal:
    """Return actual plus the rest of plan at the ratio of the trailing months."""
    planned = sum((plan[month] for month in trailing), ZERO)
    spent = sum((actual.get(month, ZERO) for month in trailing), ZERO)
    ratio = Fraction(max(spent, ZERO)) / Fraction(planned) if planned > 0 else Fraction(1)
    rest = {month: amount for month, amount in forecast.items() if month not in reported}
    done = total(forecast) - total(rest)
    scaled = sum(
        (
            max(Fraction(actual.get(month, ZERO)), Fraction(plan.get(month, ZERO)) * ratio)
            for month in rest
        ),
        Fraction(0),
    )
    return done + stored(rounded(scaled, 18))
