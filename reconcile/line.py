"""Lines of a report: one scope, its three horizons, and how it stands; every number a figure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from models.money import ZERO, rounded
from models.period import Month
from reconcile.figure import COMPLETION, Figure, Figures, to_date
from reconcile.forecasting.span import Scope, estimate_range, run_out
from reconcile.state import (
    PERCENT_PLACES,
    Materiality,
    State,
    cell_state,
    coloured,
    is_under,
    material,
    percent,
    project_state,
)
from reconcile.tally import Tally, upto
from reconcile.variance import comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Plan against actual of one scope in a month or to date.

    Attributes:
        delta: Actual minus plan; + is over plan.
        material: Whether a comment is due.
        coloured: Whether the delta earns red or green; never green on missing data or a refund.
    """

    ac: Figure
    pl: Figure
    delta: Figure
    pct: Figure
    material: bool
    coloured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Contingency of a project, or the unpooled sum over projects."""

    approved: Figure
    drawn: Figure
    left: Figure
    left_pct: Figure
    unfunded: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The end of the horizon: estimate, budget, and what lies between.

    Attributes:
        delta: Estimate minus budget; + is over budget.
        material: Whether a comment is due.
    """

    eac: Figure
    etc: Figure
    bac: Figure
    delta: Figure
    pct: Figure
    vac: Figure
    material: bool
    coloured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The range of an estimate, each end with its method."""

    low: Figure
    low_method: str
    high: Figure
    high_method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What only a project has: contingency, limit, range, and since when it runs over."""

    reserve: Reserve
    limit: Figure
    beyond: Figure
    spread: Spread
    run_out: date | None
    over_since: Month | None
    under: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: a project, a category, or a sum.

    Attributes:
        key: Project id or category name.
        scope: Scope path of its figures.
        title: What people call it.
        complete: Whether its data of the month is whole.
        tally: Amounts by month that it was made from.
        outlook: Only for projects.
        categories: Category lines of a project.
    """

    key: str
    scope: str
    title: str
    owner: str = ""
    cost_center: str = ""
    month: Period
    to_date: Period
    completion: Completion
    state: State
    complete: bool
    tally: Tally
    outlook: Outlook | None = None
    categories: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What every line of one report shares; `ended` says whether its month has."""

    figures: Figures
    month: Month
    materiality: Materiality
    ended: bool

    def period(self, scope: str, tally: Tally, *, complete: bool) -> tuple[Period, Period]:
        """Return the month and to-date comparisons of a scope."""
        month = self._period(
            scope,
            str(self.month),
            tally.actual.get(self.month),
            tally.plan.get(self.month),
            complete=complete,
        )
        sums = upto(tally.actual, self.month), upto(tally.plan, self.month)
        return month, self._period(scope, to_date(self.month), *sums, complete=complete)

    def _period(
        self,
        scope: str,
        period: str,
        actual: Decimal | None,
        plan: Decimal | None,
        *,
        complete: bool,
    ) -> Period:
        seen = comparison(actual, plan, complete=complete, ended=self.ended)
        shown = coloured(seen.delta, plan, self.materiality)
        doubtful = not complete or (seen.actual is not None and seen.actual < 0)
        add = self.figures.add
        return Period(
            ac=add(scope, period, "ac", seen.actual),
            pl=add(scope, period, "pl", plan),
            delta=add(scope, period, "delta", seen.delta),
            pct=add(scope, period, "pct", seen.percent),
            material=material(seen.delta, plan, self.materiality),
            coloured=(shown and (seen.delta or ZERO) > 0) or (shown and not doubtful),
        )

    def completion(self, scope: str, tally: Tally) -> Completion:
        """Return the estimate and budget of a scope."""
        estimate, budget = tally.estimate, tally.budget
        delta = estimate - (budget or ZERO)
        done = upto(tally.actual, self.month) or ZERO

        def add(measure: str, value: Decimal | None) -> Figure:
            return self.figures.add(scope, COMPLETION, measure, value)

        return Completion(
            eac=add("eac", estimate),
            etc=add("etc", estimate - done),
            bac=add("bac", budget),
            delta=add("dbac", delta),
            pct=add("dbac_pct", percent(delta, budget, estimate)),
            vac=add("vac", -delta),
            material=material(delta, budget, self.materiality),
            coloured=coloured(delta, budget, self.materiality),
        )


def category_line(
    setting: Setting, *, key: str, scope: str, title: str, tally: Tally, complete: bool
) -> Line:
    """Return the line of a category, or of a sum that has no contingency."""
    month, until = setting.period(scope, tally, complete=complete)
    return Line(
        key=key,
        scope=scope,
        title=title,
        month=month,
        to_date=until,
        completion=setting.completion(scope, tally),
        state=cell_state(
            tally.actual.get(setting.month),
            tally.plan.get(setting.month),
            complete=complete,
            materiality=setting.materiality,
        ),
        complete=complete,
        tally=tally,
    )


def project_line(
    setting: Setting,
    line: Line,
    scope: Scope,
) -> Line:
    """Return the line of a project: a sum of categories with contingency, limit and status."""
    tally, estimate, budget = line.tally, line.tally.estimate, line.tally.budget
    spread, reserve = estimate_range(scope), scope.reserve
    add = setting.figures.add
    limit = None if budget is None else budget + reserve
    deviation = {m: tally.forecast.get(m, ZERO) - tally.plan.get(m, ZERO) for m in tally.months}
    outlook = Outlook(
        reserve=reserve_of(setting.figures, line.scope, reserve, estimate - (budget or ZERO)),
        limit=add(line.scope, COMPLETION, "limit", limit),
        beyond=add(line.scope, COMPLETION, "beyond", None if limit is None else estimate - limit),
        spread=Spread(
            low=add(line.scope, COMPLETION, "eac_low", spread.low),
            low_method=spread.low_method,
            high=add(line.scope, COMPLETION, "eac_high", spread.high),
            high_method=spread.high_method,
        ),
        run_out=None if budget is None else run_out(deviation, reserve),
        over_since=over_since(tally, setting.month),
        under=is_under(estimate, budget),
    )
    state = project_state(
        complete=line.complete,
        actual=upto(tally.actual, setting.month),
        estimate=estimate,
        budget=budget,
        reserve=reserve,
        month_over=line.month.material and (line.month.delta.value or ZERO) > 0,
    )
    return replace(line, outlook=outlook, state=state)


def reserve_of(figures: Figures, scope: str, approved: Decimal, deviation: Decimal) -> Reserve:
    """Return what an overrun at completion takes from a project's own contingency."""
    over = max(ZERO, deviation)
    drawn = min(over, approved)
    return reserve_figures(figures, scope, approved, drawn, max(ZERO, over - approved))


def reserve_figures(
    figures: Figures, scope: str, approved: Decimal, drawn: Decimal, unfunded: Decimal
) -> Reserve:
    """Register the figures of a contingency; sums are given, never pooled."""
    left = approved - drawn
    share = rounded(Fraction(left) / Fraction(approved) * 100, PERCENT_PLACES) if approved else None

    def add(measure: str, value: Decimal | None) -> Figure:
        return figures.add(scope, COMPLETION, measure, value)

    return Reserve(
        approved=add("reserve", approved),
        drawn=add("drawn", drawn),
        left=add("reserve_left", left),
        left_pct=add("reserve_left_pct", share),
        unfunded=add("unfunded", unfunded),
    )


def over_since(tally: Tally, month: Month) -> Month | None:
    """Return the first month of the unbroken run over plan that ends with this one."""
    since = None
    for each in sorted((m for m in tally.months if m <= month), reverse=True):
        if tally.actual.get(each, ZERO) <= tally.plan.get(each, ZERO):
            break
        since = each
    return since
