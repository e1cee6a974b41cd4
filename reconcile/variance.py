"""Variance: plan against actual by project, category and month, with an explicit state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

import polars as pl

from models.money import MONEY
from models.period import Month
from reconcile.actuals import Cells
from reconcile.state import Materiality, State, cell_state, percent

VARIANCE: Final = pl.Schema(
    {
        "project": pl.String(),
        "category": pl.String(),
        "month": pl.String(),
        "plan": MONEY,
        "actual": MONEY,
        "delta": MONEY,
        "percent": pl.Decimal(38, 6),
        "state": pl.String(),
    }
)


class Known(Protocol):
    """What is known of months; `reconcile.given.Completeness` is the one in use."""

    def whole(self, project: str, at: Month, /) -> bool: ...  # noqa: D102 - the class says it
    def ended(self, at: Month, /) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Plan against actual of one scope and period.

    Attributes:
        actual: Cost; None when data is missing, zero when it is known that nothing was billed.
        plan: Planned cost; None when nothing was planned.
        delta: Actual minus plan; + is over plan. None while the actual is unknown, and while
            the month runs: days are not compared with the plan of a month.
        percent: Delta in percent of plan; None where a ratio would mislead.
    """

    actual: Decimal | None
    plan: Decimal | None
    delta: Decimal | None
    percent: Decimal | None


def comparison(
    actual: Decimal | None, plan: Decimal | None, *, complete: bool, ended: bool = True
) -> Comparison:
    """Return plan against actual; missing data is never zero, and no plan is all over plan.

    Args:
        actual: Cost; None when there is no line.
        plan: Planned cost of whole months; None when nothing was planned.
        complete: Whether every source that concerns the scope has delivered the period.
        ended: Whether the last of the months has ended.
    """
    known = Decimal(0) if actual is None and complete else actual
    open_ended = plan is not None and not ended
    delta = None if known is None or open_ended else known - (plan or Decimal(0))
    return Comparison(actual=known, plan=plan, delta=delta, percent=percent(delta, plan, known))


def variance_frame(
    actual: Cells, plan: Cells, completeness: Known, materiality: Materiality
) -> pl.DataFrame:
    """Return one row per project, category and month that has a plan or an actual.

    Args:
        actual: Cost by (project, category, month).
        plan: Planned cost by the same.
        completeness: Which months have ended, and of which project they are whole.
        materiality: What counts as over plan.
    """
    rows = []
    for cell in sorted({*actual, *plan}):
        project, category, month = cell
        whole = completeness.whole(project, month)
        over = completeness.ended(month)
        seen = comparison(actual.get(cell), plan.get(cell), complete=whole, ended=over)
        state: State = cell_state(
            actual.get(cell), plan.get(cell), complete=whole, materiality=materiality
        )
        figures = (seen.plan, seen.actual, seen.delta, seen.percent)
        rows.append((project, category, str(month), *figures, state.value))
    return pl.DataFrame(rows, schema=VARIANCE, orient="row")


def by_month(cells: Mapping[tuple[str, str, Month], Decimal], months: Iterable[Month]) -> Cells:
    """Return the cells of the given months."""
    wanted = set(months)
    return {cell: amount for cell, amount in cells.items() if cell[2] in wanted}
