"""Methods of an estimate at completion: pure, exact, each with the source of its formula.

All amounts are of one scope in one currency; the caller rounds, once. None where a method
divides by nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

CPI_LEAST: Final = Fraction(3, 10)
CPI_MOST: Final = Fraction(3)
NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What was planned, earned and spent by the end of the months that are reported.

    Attributes:
        bac: Budget at completion, without contingency.
        pv: Planned value: plan of the reported months.
        ev: Earned value: budget of the output that is there; `pv` for level of effort.
        ac: Actual cost of the reported months.
        elapsed: How many months are reported.
        horizon: How many months the plan has.
    """

    bac: Fraction
    pv: Fraction
    ev: Fraction
    ac: Fraction
    elapsed: int = 0
    horizon: int = 0


def cost_variance(e: Earned) -> Fraction:
    """Return CV = EV - AC; + is cheaper than planned (PMBOK, ANSI/EIA-748)."""
    return e.ev - e.ac


def schedule_variance(e: Earned) -> Fraction:
    """Return SV = EV - PV; + is ahead of plan (PMBOK, ANSI/EIA-748)."""
    return e.ev - e.pv


def cost_performance(e: Earned) -> Fraction | None:
    """Return CPI = EV / AC; below 1 costs more than planned (PMBOK, ANSI/EIA-748)."""
    return _ratio(e.ev, e.ac)


def schedule_performance(e: Earned) -> Fraction | None:
    """Return SPI = EV / PV; below 1 is behind plan (PMBOK, ANSI/EIA-748)."""
    return _ratio(e.ev, e.pv)


def to_complete(e: Earned) -> Fraction | None:
    """Return TCPI = (BAC - EV) / (BAC - AC), the CPI needed to end on budget (PMBOK)."""
    return _ratio(e.bac - e.ev, e.bac - e.ac)


def remaining_plan(e: Earned) -> Fraction:
    """Return AC + (BAC - PV): what is left costs what was planned for the months left."""
    return e.ac + e.bac - e.pv


def run_rate(e: Earned) -> Fraction | None:
    """Return AC x months of the plan / months reported: the calendar run rate."""
    return _times(e.ac, _ratio(Fraction(e.horizon), Fraction(e.elapsed)))


def plan_shape(e: Earned) -> Fraction | None:
    """Return AC x BAC / PV: the whole plan at the ratio of actual to plan so far."""
    return _times(e.ac, _ratio(e.bac, e.pv))


def remaining_work(e: Earned) -> Fraction:
    """Return AC + (BAC - EV): what is left of the output costs as planned (PMBOK)."""
    return e.ac + e.bac - e.ev


def performance(e: Earned) -> Fraction | None:
    """Return BAC / CPI: all of the output at the cost performance so far (PMBOK)."""
    return _times(e.bac, _ratio(e.ac, e.ev))


def cost_and_schedule(e: Earned) -> Fraction | None:
    """Return AC + (BAC - EV) / (CPI x SPI); the worst case, never the headline (PMBOK).

    A project that is late by the calendar alone is punished twice; see docs/forecast.md.
    """
    cost, schedule = cost_performance(e), schedule_performance(e)
    if cost is None or schedule is None:
        return None
    rest = _ratio(e.bac - e.ev, cost * schedule)
    return None if rest is None else e.ac + rest


def clipped(e: Earned) -> Fraction:
    """Return the CPI within 0.3 and 3; 1 where nothing is earned or spent, so nothing is known.

    A ratio of two small numbers says little, and a forecast divides by it.
    """
    if e.ev <= 0 or e.ac <= 0:
        return Fraction(1)
    return min(max(e.ev / e.ac, CPI_LEAST), CPI_MOST)


def by_category(lines: Iterable[Earned]) -> Fraction:
    """Return the sum of AC + (BAC - EV) / CPI by category, each CPI clipped to 0.3 and 3.

    With EV from outputs this is the category CPI, with EV = PV the category plan shape.
    """
    return sum((e.ac + (e.bac - e.ev) / clipped(e) for e in lines), NOTHING)


def bottom_up(ac: Fraction, remaining: Iterable[Fraction]) -> Fraction:
    """Return AC + what each item still costs: AC + bottom-up ETC (PMBOK)."""
    return ac + sum(remaining, NOTHING)


WHOLE: Final[Mapping[str, Callable[[Earned], Fraction | None]]] = {
    "remaining_plan": remaining_plan,
    "run_rate": run_rate,
    "plan_shape": plan_shape,
    "remaining_work": remaining_work,
    "cpi": performance,
    "cpi_spi": cost_and_schedule,
}
EARNING: Final = frozenset({"remaining_work", "cpi", "cpi_spi", "category_cpi"})
TITLES: Final[Mapping[str, str]] = {
    "remaining_plan": "actual plus remaining plan",
    "run_rate": "calendar run rate",
    "plan_shape": "plan shape of the project",
    "remaining_work": "actual plus remaining work",
    "cpi": "BAC by CPI",
    "cpi_spi": "remaining work by CPI and SPI",
    "category_cpi": "category CPI",
    "category_plan_shape": "category plan shape",
    "bottom_up": "bottom-up by item",
}


def _ratio(part: Fraction, whole: Fraction) -> Fraction | None:
    return part / whole if whole else None


def _times(amount: Fraction, ratio: Fraction | None) -> Fraction | None:
    return None if ratio is None else amount * ratio
