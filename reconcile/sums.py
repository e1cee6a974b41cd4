"""Sums of lines: projects out of categories, the portfolio out of projects, months of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from models.category import TERMS, TITLES, UNALLOCATED
from models.money import ZERO
from models.period import Month, between
from reconcile.figure import COMPLETION, PORTFOLIO, Figure, scope, to_date
from reconcile.forecasting.compared import cost_performance
from reconcile.forecasting.estimate import Outlook as Forecast
from reconcile.forecasting.span import REMAINING, Scope
from reconcile.given import Completeness, Owned, is_project
from reconcile.line import (
    Line,
    Outlook,
    Setting,
    Spread,
    category_line,
    over_since,
    project_line,
    reserve_figures,
)
from reconcile.state import State, is_under
from reconcile.tally import Tally, combined, upto
from reconcile.variance import comparison

Tallies = Mapping[tuple[str, str], Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPoint:
    """One month of the portfolio: actual until the report's month, forecast after it.

    Attributes:
        amount: Actual or forecast.
        delta: Actual or forecast minus plan; + is over plan.
        total: Actual or forecast since the start of the horizon.
        deviation: Running delta; the last one is EAC minus BAC.
    """

    month: Month
    is_actual: bool
    amount: Figure
    plan: Figure
    delta: Figure
    total: Figure
    deviation: Figure


@dataclass(frozen=True, slots=True)
class Summing:
    """What sums are made with."""

    setting: Setting
    tallies: Tallies
    completeness: Completeness
    owners: Mapping[str, Owned]
    reserves: Mapping[str, Decimal]
    committed: Mapping[str, Decimal] = field(default_factory=dict)
    forecasts: Mapping[str, Forecast] = field(default_factory=dict)

    def projects(self) -> tuple[Line, ...]:
        """Return the project lines, largest overrun at completion first."""
        keys = {project for project, _ in self.tallies if is_project(project)}
        lines = [self._project(key) for key in keys]
        return tuple(
            sorted(lines, key=lambda line: (-(line.completion.delta.value or ZERO), line.key))
        )

    def unallocated(self) -> Line:
        """Return the line of what no rule gave a project; always there."""
        parts = [tally for (project, _), tally in self.tallies.items() if not is_project(project)]
        return self._line(
            UNALLOCATED,
            UNALLOCATED,
            TITLES[UNALLOCATED],
            combined(parts),
            self.completeness.everything,
        )

    def categories(self) -> tuple[Line, ...]:
        """Return the portfolio's categories, every term of the formula among them."""
        kept = {key: tally for key, tally in self.tallies.items() if is_project(key[0])}
        whole = all(self.completeness.now(project) for project, _ in kept)
        return tuple(
            self._category(
                PORTFOLIO, category, [t for (_, c), t in kept.items() if c == category], whole
            )
            for category in _terms(kept)
        )

    def total(self, projects: Iterable[Line]) -> Line:
        """Return the sum of projects; contingencies are summed as they stand, not pooled."""
        lines = tuple(projects)
        line = self._line(
            PORTFOLIO,
            scope(PORTFOLIO),
            "Portfolio",
            combined(each.tally for each in lines),
            all(each.complete for each in lines),
        )
        outlook = self._outlook(line, [each.outlook for each in lines if each.outlook])
        return replace(line, outlook=outlook, state=_worst(line, outlook, lines))

    def months(self, total: Line) -> tuple[MonthPoint, ...]:
        """Return the months of the portfolio from the first to the last of its horizon."""
        tally = total.tally
        if not tally.months:
            return ()
        last = max(tally.months[-1], self.setting.month)
        return tuple(self._point(total, month) for month in between(tally.months[0], last))

    def _point(self, total: Line, month: Month) -> MonthPoint:
        tally, is_actual = total.tally, month <= self.setting.month
        amounts = tally.actual if is_actual else tally.forecast
        keys = {project for project, _ in self.tallies if is_project(project)}
        whole = not is_actual or all(self.completeness.whole(key, month) for key in keys)
        ended = self.setting.ended or month != self.setting.month
        one = comparison(amounts.get(month), tally.plan.get(month), complete=whole, ended=ended)
        sums = upto(amounts, month), upto(tally.plan, month)
        until = comparison(*sums, complete=whole, ended=ended)
        what, gap = ("ac", "delta") if is_actual else ("fc", "dfc")

        def add(period: str, measure: str, value: Decimal | None) -> Figure:
            return self.setting.figures.add(PORTFOLIO, period, measure, value)

        return MonthPoint(
            month=month,
            is_actual=is_actual,
            amount=add(str(month), what, one.actual),
            plan=add(str(month), "pl", one.plan),
            delta=add(str(month), gap, one.delta),
            total=add(to_date(month), what, until.actual),
            deviation=add(to_date(month), gap, until.delta),
        )

    def _project(self, key: str) -> Line:
        parts = {c: tally for (project, c), tally in self.tallies.items() if project == key}
        whole, where = self.completeness.now(key), scope(key)
        owned = self.owners.get(key)
        title = (owned.name if owned else None) or key
        line = self._line(key, where, title, combined(parts.values()), whole)
        line = project_line(self.setting, line, self._scope(key, line.tally))
        return replace(
            line,
            owner=(owned and owned.owner) or "",
            cost_center=(owned and owned.cost_center) or "",
            categories=tuple(
                self._category(where, category, [parts[category]], whole)
                for category in _terms({(key, c): t for c, t in parts.items()})
                if category in parts
            ),
        )

    def _scope(self, key: str, tally: Tally) -> Scope:
        """Return what the range of a project is made from."""
        forecast = self.forecasts.get(key)
        others = cost_performance(forecast) if forecast else ()
        return Scope(
            actual={m: cost for m, cost in tally.actual.items() if self.completeness.seen(m)},
            plan=tally.plan,
            forecast=tally.forecast,
            reported=[m for m in tally.months if self.completeness.whole(key, m)],
            reserve=self.reserves.get(key, ZERO),
            committed=max(self.committed.get(key, ZERO), forecast.committed if forecast else ZERO),
            method=forecast.method if forecast else REMAINING,
            others=tuple(others),
            finished=forecast.basis.finished if forecast else (),
        )

    def _category(self, where: str, category: str, parts: Iterable[Tally], whole: bool) -> Line:  # noqa: FBT001 - private
        path = f"{where}/{scope(category)}"
        return self._line(category, path, TITLES.get(category, category), combined(parts), whole)

    def _line(self, key: str, where: str, title: str, tally: Tally, whole: bool) -> Line:  # noqa: FBT001 - private
        return category_line(
            self.setting, key=key, scope=where, title=title, tally=tally, complete=whole
        )

    def _outlook(self, line: Line, parts: list[Outlook]) -> Outlook:
        figures, budget = self.setting.figures, line.tally.budget
        approved = _sum(part.reserve.approved for part in parts)
        limit = None if budget is None else budget + approved
        # no `beyond` for a sum: it would let one project's reserve pay for another's overrun
        low, high = _sum(p.spread.low for p in parts), _sum(p.spread.high for p in parts)
        estimate = line.tally.estimate
        return Outlook(
            reserve=reserve_figures(
                figures,
                line.scope,
                approved,
                _sum(part.reserve.drawn for part in parts),
                _sum(part.reserve.unfunded for part in parts),
            ),
            limit=figures.add(line.scope, COMPLETION, "limit", limit),
            beyond=figures.add(line.scope, COMPLETION, "beyond", None),
            spread=Spread(
                low=figures.add(line.scope, COMPLETION, "eac_low", low),
                low_method="sum of the projects' lower ends",
                high=figures.add(line.scope, COMPLETION, "eac_high", high),
                high_method="sum of the projects' upper ends",
            ),
            run_out=None,
            over_since=over_since(line.tally, self.setting.month),
            under=is_under(estimate, budget),
        )


def _terms(kept: Iterable[tuple[str, str]]) -> list[str]:
    """Return the terms of the formula, then whatever else was charged."""
    other = sorted({category for _, category in kept} - set(TERMS))
    return [*TERMS, *other]


def _sum(figures: Iterable[Figure]) -> Decimal:
    return sum((figure.value or ZERO for figure in figures), ZERO)


def _worst(line: Line, outlook: Outlook, projects: Iterable[Line]) -> State:
    """Return the portfolio's status: one bad project is a risk to it, silence is not green."""
    states = {project.state for project in projects}
    limit = outlook.limit.value
    if limit is None:
        return State.NO_PLAN
    if line.tally.estimate > limit:
        return State.OVER_LIMIT
    if states & {State.OVER_LIMIT, State.AT_RISK}:
        return State.AT_RISK
    if not states <= {State.ON_PLAN}:
        return State.INCOMPLETE
    return State.ON_PLAN
