"""Notes: one line each about what of a report is to be read with care."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from models.money import ZERO
from models.period import Month
from reconcile.invoice import InvoiceLine
from reconcile.line import Line
from reconcile.tie_out import SourceState


def notes(
    spend: pl.DataFrame, lines: Iterable[Line], sources: Iterable[SourceState], month: Month
) -> Iterator[str]:
    """Yield what to read with care: absent sources, and months of more refunds than cost."""
    for state in sources:
        if not state.whole:
            detail = f": {state.detail}" if state.detail else ""
            yield f"{month} is incomplete: source {state.source} {state.state}{detail}"
        if state.gaps:
            yield f"{state.source} never delivered {', '.join(map(str, state.gaps))}"
    for line in lines:
        if (line.month.ac.value or ZERO) < 0:
            yield (
                f"{line.key}: credits exceed cost in {month}, no saving is claimed;"
                f" largest credit: {_largest_credit(spend, line.key, month)}"
            )


def failing(invoices: Iterable[InvoiceLine]) -> Iterator[str]:
    """Yield what is to be said about invoices that are not as stated."""
    yield from (line.said for line in invoices if line.assertion.verdict.fails)


def _largest_credit(spend: pl.DataFrame, project: str, month: Month) -> str:
    """Return source, service and charge category of a project's largest credit."""
    mine = (pl.col("project") == project) & pl.col("day").is_between(month.first, month.last)
    keys = ["source", "service_name", "charge_category"]
    sums = spend.filter(mine).group_by(keys).agg(pl.col("tco_cost").sum()).sort("tco_cost", *keys)
    return " ".join(str(text) for text in sums.select(keys).row(0))
