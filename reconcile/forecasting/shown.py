"""The forecast as a report shows it: methods, earned value, range and error, all figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.category import TITLES as CATEGORIES
from models.money import ZERO, rounded
from models.period import Month
from reconcile.figure import COMPLETION, PORTFOLIO, Figure, Figures, scope, to_date
from reconcile.forecasting import method as formula
from reconcile.forecasting.compared import by_output, compared, why_not
from reconcile.forecasting.estimate import Estimate, Outlook
from reconcile.forecasting.interval import largest_coverage
from reconcile.forecasting.past import Miss, PastForecast, misses
from reconcile.forecasting.span import REMAINING, burn_ratio
from reconcile.forecasting.spreading import added
from reconcile.line import Line, Spread
from reconcile.state import PERCENT_PLACES
from reconcile.tally import upto

RATIO_PLACES: Final = 4
INDICES: Final = {
    "cv": formula.cost_variance,
    "sv": formula.schedule_variance,
    "cpi": formula.cost_performance,
    "spi": formula.schedule_performance,
    "tcpi": formula.to_complete,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryLine:
    """How one category is forecast; EV and CPI only where output is counted."""

    category: str
    title: str
    method: str
    ev: Figure | None
    cpi: Figure | None
    bac: Figure
    eac: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodLine:
    """What one method says of a project, or why it says nothing."""

    name: str
    title: str
    eac: Figure
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MissLine:
    """How far forecasts were off that were made so many closes before."""

    lag: int
    months: int
    wape: Figure
    bias: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastLine:
    """The forecast of one project.

    Attributes:
        method: How its estimate at completion is made.
        little: Why nothing is extrapolated; empty where there is data enough.
        months: How many months are reported.
        coverage: What an interval without assumptions covers at the most.
        indices: CV, SV, CPI, SPI and TCPI; empty where no output is counted.
        covered: Which part of the plan to date any actual stands against.
        line: The line of the report that it belongs to.
        outlook: What it was made from, for a what-if.
    """

    project: str
    method: str
    little: str
    months: Figure
    coverage: Figure
    categories: tuple[CategoryLine, ...]
    methods: tuple[MethodLine, ...]
    indices: Mapping[str, Figure]
    burn: Figure
    covered: Figure
    misses: tuple[MissLine, ...]
    line: Line
    outlook: Outlook

    @property
    def spread(self) -> Spread | None:
        """The range of the estimate."""
        return self.line.outlook.spread if self.line.outlook else None


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The forecasts of a report: projects in its order, and how far earlier ones were off."""

    lines: tuple[ForecastLine, ...] = ()
    misses: tuple[MissLine, ...] = ()


def forecasts(
    lines: Iterable[Line],
    outlooks: Mapping[str, Outlook],
    past: Sequence[PastForecast],
    figures: Figures,
    month: Month,
) -> Forecasts:
    """Return the forecasts of the projects of a report."""
    listed = list(lines)
    shown = _Shown(figures, month, past)
    return Forecasts(
        tuple(shown.line(line, outlooks[line.key]) for line in listed),
        shown.misses(scope(PORTFOLIO), {line.key: outlooks[line.key] for line in listed}),
    )


def methods(found: Forecasts) -> str:
    """Return the methods of all projects that have a plan, as a footer names them."""
    named = {
        part for line in found.lines if line.outlook.basis.items for part in line.method.split("; ")
    }
    return "; ".join(sorted(named)) or REMAINING


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the figures of one report's forecasts are made with."""

    figures: Figures
    month: Month
    past: Sequence[PastForecast]

    def line(self, line: Line, outlook: Outlook) -> ForecastLine:
        known = len(outlook.basis.known)
        until, where = to_date(self.month), line.scope
        burn = burn_ratio(upto(line.tally.actual, self.month), upto(line.tally.plan, self.month))
        return ForecastLine(
            project=line.key,
            method=outlook.method,
            little=outlook.basis.little,
            months=self.figures.add(where, until, "months_reported", Decimal(known)),
            coverage=self.figures.add(where, until, "coverage_pct", largest_coverage(known)),
            categories=tuple(self._category(where, each) for each in outlook.estimates),
            methods=tuple(self._methods(where, outlook)),
            indices=self._indices(where, outlook),
            burn=self.figures.add(where, until, "burn", _ratio(burn)),
            covered=self.figures.add(where, until, "covered_pct", _covered(outlook)),
            misses=self.misses(where, {line.key: outlook}),
            line=line,
            outlook=outlook,
        )

    def misses(self, where: str, outlooks: Mapping[str, Outlook]) -> tuple[MissLine, ...]:
        actual = {
            key: added(
                amounts for items in each.basis.actual.values() for amounts in items.values()
            )
            for key, each in outlooks.items()
        }
        reported = {key: each.basis.known for key, each in outlooks.items()}
        return tuple(self._miss(where, miss) for miss in misses(self.past, actual, reported))

    def _miss(self, where: str, miss: Miss) -> MissLine:
        def add(measure: str, value: Decimal) -> Figure:
            return self.figures.add(where, str(self.month), f"{measure}_{miss.lag}", value)

        return MissLine(
            lag=miss.lag,
            months=miss.months,
            wape=add("wape", miss.wape),
            bias=add("bias", miss.bias),
        )

    def _category(self, where: str, each: Estimate) -> CategoryLine:
        path = f"{where}/{scope(each.category)}"
        ev, cpi = rounded(each.earned.ev), formula.cost_performance(each.earned)
        add, until = self.figures.add, to_date(self.month)
        planned = any(part.items for part in each.parts)
        budget = sum((item.budget for part in each.parts for item in part.items), ZERO)
        return CategoryLine(
            category=each.category,
            title=CATEGORIES.get(each.category, each.category),
            method=each.method,
            ev=add(path, until, "ev", ev) if each.has_output else None,
            cpi=add(path, until, "cpi", _ratio(cpi)) if each.has_output else None,
            bac=add(path, COMPLETION, "bac", budget if planned else None),
            eac=add(path, COMPLETION, "eac", each.eac),
        )

    def _methods(self, where: str, outlook: Outlook) -> Iterable[MethodLine]:
        for name, value in compared(outlook).items():
            yield MethodLine(
                name=name,
                title=formula.TITLES[name],
                eac=self.figures.add(where, COMPLETION, f"eac_{name}", value),
                why_not=why_not(outlook, name),
            )

    def _indices(self, where: str, outlook: Outlook) -> dict[str, Figure]:
        if not outlook.has_output:
            return {}
        earned, until = by_output(outlook.basis), to_date(self.month)
        found = {"ev": rounded(earned.ev)} | {
            name: _ratio(index(earned)) if name.endswith("pi") else _cents(index(earned))
            for name, index in INDICES.items()
        }
        return {name: self.figures.add(where, until, name, value) for name, value in found.items()}


def _covered(outlook: Outlook) -> Decimal | None:
    """Return the plan to date of categories with any actual, in percent of plan to date."""
    whole = sum((each.earned.pv for each in outlook.estimates), Fraction(0))
    seen = (each.earned.pv for each in outlook.estimates if each.category in outlook.basis.actual)
    return rounded(sum(seen, Fraction(0)) / whole * 100, PERCENT_PLACES) if whole else None


def _ratio(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value, RATIO_PLACES)


def _cents(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value)
