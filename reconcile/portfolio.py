"""The portfolio: the one frozen value that every report of a month is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

import polars as pl

from models.money import ZERO, rounded
from models.period import Month
from models.problem import Problem
from reconcile.actuals import WIDE, Converter
from reconcile.adjustment import Adjusted, adjusted
from reconcile.alertline import AlertLine, AlertRow, alert_lines
from reconcile.allocation import Allocation, allocation
from reconcile.anomaly.shown import AnomalyLine, anomaly_lines
from reconcile.balance import Assertion
from reconcile.bridge import Rebaseline, rebaselines
from reconcile.close.commentary import CommentLine, at_risk, commentary
from reconcile.close.kept import kept
from reconcile.close.state import Life
from reconcile.decision.decisions import Decisions, decided
from reconcile.driver.report import DriverReport, driven
from reconcile.figure import PORTFOLIO, Figure, Figures
from reconcile.fiscal import FiscalLine, fiscal_lines
from reconcile.forecasting.shown import Forecasts, forecasts
from reconcile.inputs import Inputs
from reconcile.invoice import InvoiceLine, invoice_lines
from reconcile.line import Line
from reconcile.note import disputes, failing, notes
from reconcile.outside import Outside, outside, stranded
from reconcile.purchase.shown import AccrualLine, accrual_lines
from reconcile.restatement import RestatedLine, restated_lines
from reconcile.run.shown import RunsLine, runs_lines
from reconcile.state import PERCENT_PLACES, Materiality, State
from reconcile.summed import Compared, Summed, compared, summed
from reconcile.sums import MonthPoint
from reconcile.tie_out import SourceLine, source_lines
from reconcile.variance import variance_frame

ReportState = Literal["FLASH", "PRELIM", "FINAL"]


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

    Alerts are decided on what it says; `alerted` adds them.

    Raises:
        InvariantError: if sums do not agree, a project has two plans, or two scopes share a name.
        TrueupError: what the rates raise for a missing rate.
    """
    with localcontext(prec=WIDE):
        figures = Figures(given.currency)
        found = compared(given)
        return _told(given, found, summed(given, found, figures), figures)


def alerted(report: Portfolio, alerts: Iterable[AlertRow]) -> Portfolio:
    """Return a portfolio with the alerts that are open, its only ones."""
    return replace(report, alerts=alert_lines(alerts, report.figures, report.month))


def _told(given: Inputs, found: Compared, sums: Summed, figures: Figures) -> Portfolio:
    """Return everything a report shows, made of lines that are summed."""
    month, rates, spend = given.month, given.rates, found.spend
    said, ended = _commentary(given, sums, figures), found.completeness.ended(month)
    lines, total = _risked(given, sums, said)
    sourced = source_lines(spend, given.sources, figures, month)
    invoices = invoice_lines(given.assertions, figures, month)
    allocated = allocation(spend, rates, figures, month, given.ruling, given.targets)
    beyond = outside(spend, found.owners.values(), rates, figures)
    return Portfolio(
        name=given.name,
        month=month,
        currency=given.currency,
        state=_state(given),
        demo=given.demo,
        as_of=given.as_of,
        snapshot=given.snapshot,
        first=found.horizon[0],
        last=found.horizon[-1],
        plans=tuple(sorted(PlanLine(plan.project, plan.version) for plan in given.plans)),
        materiality=given.materiality,
        projects=lines,
        total=total,
        unallocated=sums.unallocated,
        categories=sums.categories,
        months=sums.months,
        count=figures.add(PORTFOLIO, str(month), "projects", Decimal(len(lines))),
        over_limit=figures.add(PORTFOLIO, str(month), "over_limit", Decimal(_over(lines))),
        allocation=allocated,
        final_pct=_final(figures, month, sourced, rates),
        sources=sourced,
        assertions=tuple(given.assertions),
        invoices=invoices,
        restatements=restated_lines(given.restated, figures),
        adjusted=adjusted(given.adjustments, figures, month),
        accruals=accrual_lines(given.accruals, figures, month),
        anomalies=anomaly_lines(given.anomalies, figures),
        runs=runs_lines(given.runs, figures, month),
        forecasts=forecasts(lines, found.outlooks, given.forecast.past, figures, month),
        decisions=decided(given, figures, spend, lines, found.outlooks),
        drivers=driven(given, spend, lines, figures, compared=(found.actual, found.plan)),
        rebaselines=rebaselines(given.histories, lines, rates, figures, month),
        outside=beyond,
        commentary=said,
        life=given.life,
        fiscal=fiscal_lines(lines, total, given.fiscal, figures, month=month, ended=ended),
        alerts=(),
        problems=(*given.problems, *allocated.problems),
        notes=(
            *_read_with_care(given, found, lines, beyond, figures),
            *failing(invoices),
            *disputes(allocated),
        ),
        figures=figures,
        variance=variance_frame(found.actual, found.plan, found.completeness, given.materiality),
    )


def _commentary(given: Inputs, sums: Summed, figures: Figures) -> tuple[CommentLine, ...]:
    lines, loose, month = sums.projects, sums.unallocated, given.month
    return commentary(lines, loose, given.commenting, figures, month=month, as_of=given.as_of)


def _risked(
    given: Inputs, sums: Summed, said: Sequence[CommentLine]
) -> tuple[tuple[Line, ...], Line]:
    """Return projects and their sum, at risk where a comment that is required is overdue."""
    asked = given.commenting is not None and given.commenting.required
    return at_risk(sums.projects, sums.total, said if asked else ())


def _read_with_care(
    given: Inputs,
    found: Compared,
    lines: Sequence[Line],
    beyond: Iterable[Outside],
    figures: Figures,
) -> Iterator[str]:
    """Yield what is said about data, and about cost and budgets outside the life of a project."""
    yield from notes(found.spend, lines, given.sources, given.month)
    yield from (each.said for each in beyond if each.first <= given.month.last)
    yield from stranded(found.plan, found.owners.values(), given.month, figures)
    yield from kept(lines, found.owners, given.closed)


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
