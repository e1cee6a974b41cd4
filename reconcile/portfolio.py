"""The portfolio: the one frozen value that every report of a month is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

import polars as pl

from models.money import ZERO, rounded
from models.period import Month
from models.problem import Problem
from reconcile.actuals import WIDE, Converter, actuals, cells
from reconcile.alerts import SPEND_AFTER_END, UNALLOCATED_OVER
from reconcile.allocation import Allocation, Targets, allocation
from reconcile.balance import Assertion
from reconcile.check import lines_add_up, spend_total
from reconcile.figure import PORTFOLIO, Figure, Figures, scope
from reconcile.given import Completeness, Owned, Planned, contingencies, names, plan_cells
from reconcile.invoice import InvoiceLine, invoice_lines
from reconcile.line import Line, Setting
from reconcile.note import disputes, failing, notes
from reconcile.outside import Outside, outside, stranded
from reconcile.purchase.accrual import Accrual
from reconcile.purchase.shown import AccrualLine, accrual_lines, committed
from reconcile.restatement import Restated, RestatedLine, restated_lines
from reconcile.ruling import Ruling
from reconcile.run.line import ProjectRuns
from reconcile.run.shown import RunsLine, runs_lines
from reconcile.state import PERCENT_PLACES, Materiality, State
from reconcile.sums import MonthPoint, Summing
from reconcile.tally import tallies
from reconcile.tie_out import SourceLine, SourceState, contributors, source_lines
from reconcile.variance import variance_frame

ReportState = Literal["FLASH", "PRELIM", "FINAL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One open alert as the report shows it; amounts in the reporting currency."""

    name: str
    rule: str
    severity: str
    project: str
    since: date
    state: str
    now: Decimal | None = None
    worst: Decimal | None = None
    owner: str = ""
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert with its amounts as figures."""

    row: AlertRow
    now: Figure
    worst: Figure


@dataclass(frozen=True, slots=True, order=True)
class PlanLine:
    """The plan version a project is compared with."""

    project: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Everything a report shows; lines are sorted, amounts exact, every number a figure.

    Attributes:
        month: The month of the report.
        first: First month of the horizon, from which "to date" counts.
        last: Last month of the horizon.
        state: FLASH while a source is missing, estimated or the month still runs; PRELIM
            when all is here; FINAL when the month is closed.
        projects: Sorted by EAC minus BAC, largest overrun first.
        total: Sum of the projects.
        unallocated: Cost that no rule gave a project; beside the sum, never inside it.
        categories: Sum of the projects by category.
        allocation: Which share of cost has a project, and what rules disagree about.
        assertions: How the bills of all months stand to their invoices.
        invoices: Those of the month, and of others those that fail.
        restatements: What changed lately in months that were settled.
        accruals: Which part of the month's actual no bill has brought.
        runs: Training runs of the month, of each project that has any.
        outside: What was spent before projects began or after they ended, all months.
        notes: One line each about what to read with care.
    """

    name: str
    month: Month
    currency: str
    state: ReportState
    demo: bool
    as_of: datetime
    snapshot: str
    first: Month
    last: Month
    plans: tuple[PlanLine, ...]
    materiality: Materiality
    projects: tuple[Line, ...]
    total: Line
    unallocated: Line
    categories: tuple[Line, ...]
    months: tuple[MonthPoint, ...]
    count: Figure
    over_limit: Figure
    allocation: Allocation
    final_pct: Figure
    sources: tuple[SourceLine, ...]
    assertions: tuple[Assertion, ...]
    invoices: tuple[InvoiceLine, ...]
    restatements: tuple[RestatedLine, ...]
    accruals: tuple[AccrualLine, ...]
    runs: tuple[RunsLine, ...]
    outside: tuple[Outside, ...]
    alerts: tuple[AlertLine, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    figures: Figures
    variance: pl.DataFrame


def portfolio(
    *,
    name: str,
    month: Month,
    currency: str,
    as_of: datetime,
    snapshot: str,
    spend: pl.DataFrame | pl.LazyFrame,
    plans: Sequence[Planned],
    projects: Iterable[Owned],
    rates: Converter,
    materiality: Materiality,
    targets: Targets,
    ruling: Ruling | None = None,
    sources: Sequence[SourceState] = (),
    assertions: Sequence[Assertion] = (),
    alerts: Sequence[AlertRow] = (),
    problems: Sequence[Problem] = (),
    restated: Sequence[Restated] = (),
    accruals: Sequence[Accrual] = (),
    runs: Sequence[ProjectRuns] = (),
    commitments: Mapping[tuple[str, str], Decimal] | None = None,
    closed: Collection[Month] = (),
    demo: bool = False,
) -> Portfolio:
    """Return the portfolio of a month, checked: what does not add up raises.

    Args:
        name: What the portfolio is called.
        month: The month to report.
        currency: The reporting currency.
        as_of: The instant the data was current, UTC; a month that ends later still runs.
        snapshot: Hash of the inputs.
        spend: The current spend files, concatenated, all months.
        plans: At most one plan a project.
        projects: The registry.
        rates: Dated exchange rates.
        materiality: Thresholds for comments and colours.
        targets: How much of the cost is expected to have a project.
        ruling: What the rules do.
        sources: What each source has delivered for the month.
        assertions: How the bills of all months stand to their invoices.
        alerts: Alerts that are open.
        problems: Findings about the data, shown as they are.
        restated: What changed in months that were settled, to be shown.
        accruals: What follows from purchases; `spend` has it already.
        runs: What training runs of the month cost.
        commitments: What is ordered and not delivered, by project and currency.
        closed: Months that are closed.
        demo: Whether the data is made up, which every report then says.

    Raises:
        InvariantError: if sums do not agree, a project has two plans, or two scopes share a name.
        TrueupError: what `rates` raises for a missing rate.
    """
    with localcontext(prec=WIDE):
        frame, known = spend.lazy().collect(), names(projects)
        figures = Figures(currency)
        completeness = Completeness(month, as_of, contributors(frame), sources)
        spent = cells(actuals(frame, rates, currency))
        planned = plan_cells(plans, rates, currency)
        horizon = sorted({cell[2] for cell in (*spent, *planned)} | {month})

        def reported(project: str) -> list[Month]:
            return [each for each in horizon if completeness.whole(project, each)]

        summing = Summing(
            setting=Setting(figures=figures, month=month, materiality=materiality),
            tallies=tallies(spent, planned, reported),
            completeness=completeness,
            owners=known,
            reserves=contingencies(plans, rates, currency),
            committed=committed(commitments or {}, rates, currency, month),
        )
        lines, categories, loose = summing.projects(), summing.categories(), summing.unallocated()
        lines_add_up(lines, categories, loose, spend_total(frame, rates, currency))
        total = summing.total(lines)
        sourced = source_lines(frame, sources, figures, month)
        invoices = invoice_lines(assertions, figures, month)
        allocated = allocation(frame, rates, figures, month, ruling or Ruling(), targets)
        beyond = outside(frame, known.values(), rates, figures)
        return Portfolio(
            name=name,
            month=month,
            currency=currency,
            state=_state(month, as_of, sources, closed),
            demo=demo,
            as_of=as_of,
            snapshot=snapshot,
            first=horizon[0],
            last=horizon[-1],
            plans=tuple(sorted(PlanLine(plan.project, plan.version) for plan in plans)),
            materiality=materiality,
            projects=lines,
            total=total,
            unallocated=loose,
            categories=categories,
            months=summing.months(total),
            count=figures.add(PORTFOLIO, str(month), "projects", Decimal(len(lines))),
            over_limit=figures.add(PORTFOLIO, str(month), "over_limit", Decimal(_over(lines))),
            allocation=allocated,
            final_pct=_final(figures, month, sourced, rates),
            sources=sourced,
            assertions=tuple(assertions),
            invoices=invoices,
            restatements=restated_lines(restated, figures),
            accruals=accrual_lines(accruals, figures, month),
            runs=runs_lines(runs, figures, month),
            outside=beyond,
            alerts=tuple(_alert(figures, month, row) for row in alerts),
            problems=(*problems, *allocated.problems),
            notes=(
                *notes(frame, lines, sources, month),
                *(each.said for each in beyond if each.first <= month.last),
                *stranded(planned, known.values(), month, figures),
                *failing(invoices),
                *disputes(allocated),
            ),
            figures=figures,
            variance=variance_frame(
                spent, planned, complete=completeness.whole, materiality=materiality
            ),
        )


def _state(
    month: Month, as_of: datetime, sources: Sequence[SourceState], closed: Collection[Month]
) -> ReportState:
    if month in closed:
        return "FINAL"
    settled = month.end <= as_of and all(state.settled for state in sources)
    return "PRELIM" if settled else "FLASH"


def _over(lines: Iterable[Line]) -> int:
    return sum(line.state is State.OVER_LIMIT for line in lines)


def _final(figures: Figures, month: Month, lines: Sequence[SourceLine], rates: Converter) -> Figure:
    amounts = [
        (
            line.state.state == "final",
            rates.convert(line.amount.value, line.currency, figures.currency, month),
        )
        for line in lines
        if line.amount.value is not None
    ]
    everything = sum((amount for _, amount in amounts), ZERO)
    final = sum((amount for is_final, amount in amounts if is_final), ZERO)
    return figures.add(PORTFOLIO, str(month), "final_pct", _share(final, everything))


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    if whole <= 0:
        return None
    return rounded(Fraction(part) / Fraction(whole) * 100, PERCENT_PLACES)


def _alert(figures: Figures, month: Month, row: AlertRow) -> AlertLine:
    where = scope("alert", row.name)
    measure = {SPEND_AFTER_END: "told", UNALLOCATED_OVER: "over"}.get(row.rule, "now")
    now = figures.add(where, str(month), measure, row.now)
    return AlertLine(row=row, now=now, worst=figures.add(where, str(month), "worst", row.worst))
