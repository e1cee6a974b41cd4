"""The portfolio: the one frozen value that every report of a month is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final, Literal

import polars as pl

from models.money import ZERO, rounded
from models.period import Month
from models.problem import Problem
from reconcile.actuals import WIDE, Converter, actuals, cells
from reconcile.adjustment import Adjusted, adjusted
from reconcile.alerts import DAILY_ANOMALY, SPEND_AFTER_END, UNALLOCATED_OVER
from reconcile.allocation import Allocation, allocation
from reconcile.anomaly.shown import AnomalyLine, anomaly_lines
from reconcile.balance import Assertion
from reconcile.bridge import Rebaseline, rebaselines
from reconcile.check import lines_add_up, spend_total
from reconcile.close.commentary import CommentLine, commentary
from reconcile.close.state import Life
from reconcile.decision.decisions import Decisions, decided
from reconcile.driver.report import DriverReport, driven
from reconcile.figure import PORTFOLIO, Figure, Figures, scope
from reconcile.fiscal import FiscalLine, fiscal_lines
from reconcile.forecasting.estimate import Outlook, outlook
from reconcile.forecasting.known import Bases, first_days
from reconcile.forecasting.known import spent as spent_by_item
from reconcile.forecasting.shown import Forecasts, forecasts
from reconcile.given import Completeness, contingencies, names, plan_cells
from reconcile.inputs import AlertRow, Inputs
from reconcile.invoice import InvoiceLine, invoice_lines
from reconcile.line import Line, Setting
from reconcile.note import disputes, failing, notes
from reconcile.outside import Outside, outside, stranded
from reconcile.purchase.shown import AccrualLine, accrual_lines, committed
from reconcile.restatement import RestatedLine, restated_lines
from reconcile.run.shown import RunsLine, runs_lines
from reconcile.state import PERCENT_PLACES, Materiality, State
from reconcile.sums import MonthPoint, Summing
from reconcile.tally import tallies
from reconcile.tie_out import SourceLine, contributors, source_lines
from reconcile.variance import variance_frame

ReportState = Literal["FLASH", "PRELIM", "FINAL"]


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
        adjusted: What the month bears for months that were closed before it came.
        accruals: Which part of the month's actual no bill has brought.
        anomalies: Days that stand out, of the month and after it, the largest excess first.
        runs: Training runs of the month, of each project that has any.
        forecasts: How the estimates at completion were made, and how far earlier ones were off.
        decisions: Contingency by approval, levers, hosting or API, what idles, share of data.
        drivers: Why categories cost more or less than planned, item by item.
        rebaselines: Projects whose plan is not their first, against both.
        outside: What was spent before projects began or after they ended, all months.
        commentary: What is said about lines of the month, and what has to be.
        life: How far the month is on its way to being closed; None where nobody asked.
        fiscal: The fiscal year so far, by project, their sum last.
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
    adjusted: Adjusted
    accruals: tuple[AccrualLine, ...]
    anomalies: tuple[AnomalyLine, ...]
    runs: tuple[RunsLine, ...]
    forecasts: Forecasts
    decisions: Decisions
    drivers: DriverReport
    rebaselines: tuple[Rebaseline, ...]
    outside: tuple[Outside, ...]
    commentary: tuple[CommentLine, ...]
    life: Life | None
    fiscal: tuple[FiscalLine, ...]
    alerts: tuple[AlertLine, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    figures: Figures
    variance: pl.DataFrame


def portfolio(given: Inputs) -> Portfolio:
    """Return the portfolio of a month, checked: what does not add up raises.

    Raises:
        InvariantError: if sums do not agree, a project has two plans, or two scopes share a name.
        TrueupError: what the rates raise for a missing rate.
    """
    with localcontext(prec=WIDE):
        frame, known = given.spend.lazy().collect(), names(given.projects)
        figures, month = Figures(given.currency), given.month
        completeness = Completeness(month, given.as_of, contributors(frame), given.sources)
        actual = actuals(frame, given.rates, given.currency)
        spent = cells(actual)
        planned = plan_cells(given.plans, given.rates, given.currency)
        horizon = sorted({cell[2] for cell in (*spent, *planned)} | {month})

        def reported(project: str) -> list[Month]:
            return [each for each in horizon if completeness.whole(project, each)]

        seen = [str(each) for each in horizon if completeness.seen(each)]
        outlooks = _outlooks(given, frame, actual.filter(pl.col("month").is_in(seen)), reported)
        summing = Summing(
            setting=Setting(figures, month, given.materiality, completeness.ended(month)),
            tallies=tallies(spent, planned, _by_month(outlooks)),
            completeness=completeness,
            owners=known,
            reserves=contingencies(given.plans, given.rates, given.currency),
            committed=committed(given.commitments, given.rates, given.currency, month),
            forecasts=outlooks,
        )
        lines, categories, loose = summing.projects(), summing.categories(), summing.unallocated()
        spent_in_all = spend_total(frame, given.rates, given.currency)
        lines_add_up(lines, categories, loose, spent_in_all)
        total = summing.total(lines)
        sourced = source_lines(frame, given.sources, figures, month)
        invoices = invoice_lines(given.assertions, figures, month)
        allocated = allocation(frame, given.rates, figures, month, given.ruling, given.targets)
        beyond = outside(frame, known.values(), given.rates, figures)
        return Portfolio(
            name=given.name,
            month=month,
            currency=given.currency,
            state=_state(given),
            demo=given.demo,
            as_of=given.as_of,
            snapshot=given.snapshot,
            first=horizon[0],
            last=horizon[-1],
            plans=tuple(sorted(PlanLine(plan.project, plan.version) for plan in given.plans)),
            materiality=given.materiality,
            projects=lines,
            total=total,
            unallocated=loose,
            categories=categories,
            months=summing.months(total),
            count=figures.add(PORTFOLIO, str(month), "projects", Decimal(len(lines))),
            over_limit=figures.add(PORTFOLIO, str(month), "over_limit", Decimal(_over(lines))),
            allocation=allocated,
            final_pct=_final(figures, month, sourced, given.rates),
            sources=sourced,
            assertions=tuple(given.assertions),
            invoices=invoices,
            restatements=restated_lines(given.restated, figures),
            adjusted=adjusted(given.adjustments, figures, month),
            accruals=accrual_lines(given.accruals, figures, month),
            anomalies=anomaly_lines(given.anomalies, figures),
            runs=runs_lines(given.runs, figures, month),
            forecasts=forecasts(lines, outlooks, given.forecast.past, figures, month),
            decisions=decided(given, figures, frame, lines, outlooks),
            drivers=driven(given, frame, lines, figures, compared=(spent, planned)),
            rebaselines=rebaselines(given.histories, lines, given.rates, figures, month),
            outside=beyond,
            commentary=commentary(
                lines, loose, given.commenting, figures, month=month, as_of=given.as_of
            ),
            life=given.life,
            fiscal=fiscal_lines(
                lines, total, given.fiscal, figures, month=month, ended=completeness.ended(month)
            ),
            alerts=tuple(_alert(figures, month, row) for row in given.alerts),
            problems=(*given.problems, *allocated.problems),
            notes=(
                *notes(frame, lines, given.sources, month),
                *(each.said for each in beyond if each.first <= month.last),
                *stranded(planned, known.values(), month, figures),
                *failing(invoices),
                *disputes(allocated),
            ),
            figures=figures,
            variance=variance_frame(spent, planned, completeness, given.materiality),
        )


def _outlooks(
    given: Inputs,
    frame: pl.DataFrame,
    actual: pl.DataFrame,
    reported: Callable[[str], Iterable[Month]],
) -> dict[str, Outlook]:
    """Return the forecast of each project."""
    made = Bases(
        month=given.month,
        currency=given.currency,
        rates=given.rates,
        known=given.forecast,
        reported=reported,
        first=first_days(frame),
        reserves=contingencies(given.plans, given.rates, given.currency),
    )
    found = made.bases(given.plans, spent_by_item(actual))
    return {project: outlook(basis) for project, basis in found.items()}


def _by_month(outlooks: Mapping[str, Outlook]) -> dict[tuple[str, str], Mapping[Month, Decimal]]:
    """Return what each month adds to the estimate, by project and category."""
    return {
        (project, each.category): each.months
        for project, found in outlooks.items()
        for each in found.estimates
    }


def _state(given: Inputs) -> ReportState:
    if given.month in given.closed:
        return "FINAL"
    settled = given.month.end <= given.as_of and all(state.settled for state in given.sources)
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


_NOW: Final = {SPEND_AFTER_END: "told", UNALLOCATED_OVER: "over", DAILY_ANOMALY: "told_excess"}


def _alert(figures: Figures, month: Month, row: AlertRow) -> AlertLine:
    where = scope("alert", row.name)
    measure = _NOW.get(row.rule, "now")
    now = figures.add(where, str(month), measure, row.now)
    return AlertLine(row=row, now=now, worst=figures.add(where, str(month), "worst", row.worst))
