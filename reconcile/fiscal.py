"""The fiscal year to date: plan and actual of its months so far, beside those of the horizon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from models.fiscal import first_of_year
from models.money import ZERO
from models.period import Month
from reconcile.figure import Figure, Figures
from reconcile.line import Line
from reconcile.tally import ByMonth
from reconcile.variance import comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalLine:
    """A project, or all, from the first month of the fiscal year to the month of the report."""

    title: str
    ac: Figure
    pl: Figure
    delta: Figure
    pct: Figure


def fiscal_lines(
    lines: Iterable[Line],
    total: Line,
    starts: int | None,
    figures: Figures,
    *,
    month: Month,
    ended: bool,
) -> tuple[FiscalLine, ...]:
    """Return a line a project with plan or cost in the fiscal year, and their sum last.

    Args:
        lines: The projects.
        total: Their sum.
        starts: Month in which the fiscal year starts, 1 to 12; None gives no line.
        figures: Where figures are registered.
        month: The month of the report.
        ended: Whether it has; a running month is not compared with its whole plan.
    """
    if starts is None:
        return ()
    first = first_of_year(month, starts)
    found = [_line(each, first, figures, month, ended=ended) for each in (*lines, total)]
    return tuple(each for each in found if each.ac.value or each.pl.value)


def _line(line: Line, first: Month, figures: Figures, month: Month, *, ended: bool) -> FiscalLine:
    actual, plan = _sum(line.tally.actual, first, month), _sum(line.tally.plan, first, month)
    seen = comparison(actual, plan, complete=line.complete, ended=ended)

    def add(measure: str, value: Decimal | None) -> Figure:
        return figures.add(line.scope, str(month), measure, value)

    return FiscalLine(
        title=line.title,
        ac=add("fy_ac", seen.actual),
        pl=add("fy_pl", plan),
        delta=add("fy_delta", seen.delta),
        pct=add("fy_pct", seen.percent),
    )


def _sum(amounts: ByMonth, first: Month, last: Month) -> Decimal | None:
    parts = [amount for month, amount in amounts.items() if first <= month <= last]
    return sum(parts, ZERO) if parts else None
