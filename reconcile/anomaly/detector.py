"""The schedule-aware detector: what the schedule explains is taken off before a day is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Final

from models.money import WIDE, ZERO
from reconcile.anomaly.robust import THRESHOLD, active, median, modified_z

DAY: Final = timedelta(1)
Amounts = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """How much a day must stand out.

    Attributes:
        window: Days before the day that are its history.
        fewest: Active days the history must have; with fewer nothing is said.
        over_median: Excess must be more than this share of the median.
        over_schedule: And more than this share of what was scheduled for the day.
        floor: And at least this amount, reporting currency.
        late: Days by which a run may be early or late.
    """

    window: int = 28
    fewest: int = 5
    over_median: Decimal = Decimal("0.5")
    over_schedule: Decimal = Decimal("0.35")
    floor: Decimal = Decimal(100)
    late: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A day that stands out; amounts in the reporting currency.

    Attributes:
        cost: What the day cost.
        expected: What was scheduled, and the median of what the schedule does not explain.
        z: Robust standard deviations, on a logarithmic scale.
        history: Active days that it was compared with.
    """

    day: date
    cost: Decimal
    expected: Decimal
    z: Decimal
    history: int

    @property
    def excess(self) -> Decimal:
        """Cost beyond what was expected."""
        return self.cost - self.expected


def judged(
    costs: Amounts, scheduled: Amounts, day: date, sensitivity: Sensitivity
) -> Excess | None:
    """Return how a day stands out, or None.

    What the schedule explains, of the day or of its neighbours, is taken off each day. Of the
    rest the active days of the window are history, on a logarithmic scale that bears a tenth
    of the median: log(x + median / 10). Their spread is never taken below 10 percent.

    Args:
        costs: Cost by day; a day that is absent cost nothing.
        scheduled: Cost by day that known runs explain, at planned prices.
        day: The day to judge; only days before it are its history.
        sensitivity: How much it must stand out.
    """
    with localcontext(prec=WIDE):
        before = [day - DAY * back for back in range(1, sensitivity.window + 1)]
        history = active([_rest(costs, scheduled, each, sensitivity) for each in before])
        if len(history) < sensitivity.fewest:
            return None
        usual, rest = median(history), _rest(costs, scheduled, day, sensitivity)
        planned = _scheduled(scheduled, day, sensitivity)
        excess = rest - usual
        if not _matters(excess, usual, planned, sensitivity):
            return None
        z = _z(rest, history, usual)
        if z is None or z <= THRESHOLD:
            return None
        cost = costs.get(day, ZERO)
        return Excess(day=day, cost=cost, expected=cost - excess, z=z, history=len(history))


def _rest(costs: Amounts, scheduled: Amounts, day: date, sensitivity: Sensitivity) -> Decimal:
    """Return what the schedule does not explain of a day; never negative."""
    return max(ZERO, costs.get(day, ZERO) - _scheduled(scheduled, day, sensitivity))


def _scheduled(scheduled: Amounts, day: date, sensitivity: Sensitivity) -> Decimal:
    """Return the most that was scheduled around a day: runs are early and late."""
    if not scheduled:  # as of all but training
        return ZERO
    around = range(-sensitivity.late, sensitivity.late + 1)
    return max(scheduled.get(day + DAY * shift, ZERO) for shift in around)


def _matters(excess: Decimal, usual: Decimal, planned: Decimal, sensitivity: Sensitivity) -> bool:
    return (
        excess >= sensitivity.floor
        and excess > sensitivity.over_median * usual
        and excess > sensitivity.over_schedule * planned
    )


def _z(rest: Decimal, history: list[Decimal], usual: Decimal) -> Decimal | None:
    tenth = usual / 10
    logs = [(each + tenth).ln() for each in history]
    return modified_z((rest + tenth).ln(), logs, floor=Decimal("1.1").ln())
