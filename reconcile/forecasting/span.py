"""The range of an estimate at completion, each end with its method, and the run-out day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded, stored
from models.period import Month
from reconcile.forecasting.interval import FEW_MONTHS, interval
from reconcile.forecasting.method import TITLES
from reconcile.forecasting.reference import middle
from reconcile.forecasting.spreading import total

TRAILING: Final = 3
COMMITTED: Final = "actual plus open commitments"
REMAINING: Final = TITLES["remaining_plan"]
RESERVED: Final = "actual plus remaining plan plus remaining contingency"
RATIO: Final = "rest at the ratio of the last three months"
INTERVAL: Final = "interval of past deviations from plan"
REFERENCE: Final = "plan at what finished projects came to"

Amounts = Mapping[Month, Decimal]
Candidate = tuple[Decimal, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Lowest and highest estimate at completion, each with the name of its method."""

    low: Decimal
    low_method: str
    high: Decimal
    high_method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a range is made from; amounts of one scope in one currency.

    Attributes:
        actual: Cost by month.
        plan: Planned cost by month.
        forecast: What each month adds to the estimate at completion.
        reported: Months that have ended and are whole.
        reserve: Approved contingency.
        committed: What is ordered and not delivered.
        method: How `forecast` was made.
        others: Estimates by other methods, such as BAC by CPI.
        finished: What finished projects came to, as shares of their plans.
    """

    actual: Amounts
    plan: Amounts
    forecast: Amounts
    reported: Collection[Month]
    reserve: Decimal = ZERO
    committed: Decimal = ZERO
    method: str = REMAINING
    others: tuple[Candidate, ...] = ()
    finished: Sequence[Fraction] = ()

    @property
    def to_come(self) -> list[Month]:
        """The months of the plan that are not reported."""
        return [month for month in self.plan if month not in self.reported]

    @property
    def closed(self) -> list[Month]:
        """The reported months that have a plan, in order."""
        return sorted(month for month in self.reported if month in self.plan)

    @property
    def as_planned(self) -> dict[Month, Decimal]:
        """Actual of reported months; of others the greater of plan and what is spent."""
        return self._rest(Fraction(1))

    def at(self, ratio: Fraction) -> Decimal:
        """Return actual plus the rest of the plan at a ratio of actual to plan."""
        return total(self._rest(ratio))

    def _rest(self, ratio: Fraction) -> dict[Month, Decimal]:
        return {month: self._adds(month, ratio) for month in sorted({*self.actual, *self.plan})}

    def _adds(self, month: Month, ratio: Fraction) -> Decimal:
        spent = self.actual.get(month, ZERO)
        if month in self.reported:
            return spent
        planned = self.plan.get(month, ZERO)
        scaled = planned if ratio == 1 else stored(rounded(Fraction(planned) * ratio, 18))
        return max(spent, scaled)


def estimate_range(scope: Scope) -> Range:
    """Return the range around the estimate, which always lies in it.

    Below four reported months: from what is spent or ordered to everything planned plus the
    contingency that is left, or as finished projects ended, where there are enough of them. From
    four on: lowest and highest of the methods and of the 80 percent interval of past deviations.
    Never less than what is spent and ordered.
    """
    estimate = (total(scope.forecast), scope.method)
    floor = min(total(scope.actual) + scope.committed, estimate[0])
    found = [estimate, *_methods(scope), *_deviations(scope), *scope.others]
    if len(scope.closed) < FEW_MONTHS:
        found = [*_early(scope, floor), estimate]
    ends = [(amount, name) if amount >= floor else (floor, COMMITTED) for amount, name in found]
    low, high = min(ends, key=_amount), max(ends, key=_amount)
    return Range(low=low[0], low_method=low[1], high=high[0], high_method=high[1])


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


def burn_ratio(actual: Decimal | None, plan: Decimal | None) -> Fraction | None:
    """Return actual by plan to date; above 1 is over plan, and says nothing of output."""
    if actual is None or not plan:
        return None
    return Fraction(actual) / Fraction(plan)


def trailing(scope: Scope) -> Decimal:
    """Return actual plus remaining plan times the burn ratio of the last three months."""
    last = scope.closed[-TRAILING:]
    planned = sum((scope.plan[month] for month in last), ZERO)
    spent = sum((scope.actual.get(month, ZERO) for month in last), ZERO)
    ratio = burn_ratio(max(spent, ZERO), planned)
    return scope.at(Fraction(1) if ratio is None else ratio)


def _early(scope: Scope, floor: Decimal) -> Iterator[Candidate]:
    """Yield both ends of a range while too few months say how the project deviates."""
    shares = middle(scope.finished)
    if scope.to_come and shares:
        budget = Fraction(total(scope.plan))
        yield from ((rounded(budget * share), REFERENCE) for share in shares)
        return
    yield floor, COMMITTED
    if scope.to_come:
        yield _reserved(scope)


def _reserved(scope: Scope) -> Candidate:
    planned, budget = total(scope.as_planned), total(scope.plan)
    return planned + max(ZERO, scope.reserve - max(ZERO, planned - budget)), RESERVED


def _methods(scope: Scope) -> Iterator[Candidate]:
    yield total(scope.as_planned), REMAINING
    yield trailing(scope), RATIO


def _deviations(scope: Scope) -> Iterator[Candidate]:
    """Yield both ends of the interval, around actual plus remaining plan plus mean deviation."""
    residuals = [scope.actual.get(month, ZERO) - scope.plan[month] for month in scope.closed]
    found = interval(residuals, len(scope.to_come))
    if found:
        centre = total(scope.as_planned) + rounded(found.middle)
        yield centre - found.half, INTERVAL
        yield centre + found.half, INTERVAL


def _amount(candidate: Candidate) -> Decimal:
    return candidate[0]
