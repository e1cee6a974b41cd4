"""Notes: one line each about what of a report is to be read with care."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from models.money import ZERO
from models.period import Month
from reconcile.allocation import Allocation, ClaimLine
from reconcile.invoice import InvoiceLine
from reconcile.line import Line
from reconcile.report.number import plain
from reconcile.tie_out import SourceState

_SEE: Final = "see `trueup rules check`"
_NAMED: Final = 3  # rules that are named in a note
_IDLE: Final = {
    "unmatched": "rules that match nothing",
    "overtaken": "rules that others overtake in all they match",
}


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


def disputes(allocated: Allocation) -> Iterator[str]:
    """Yield a line about conflicts of the month, and one for each way a rule has no effect."""
    if allocated.conflicts:
        yield (f"{_contested(allocated)}; largest: {_largest(allocated.conflicts[0])}; {_SEE}")
    for state, said in _IDLE.items():
        mine = [use.rule for use in allocated.idle if use.state == state]
        if mine:
            more = f" and {len(mine) - _NAMED} more" if len(mine) > _NAMED else ""
            yield f"{said}: {', '.join(mine[:_NAMED])}{more}; {_SEE}"


def _contested(allocated: Allocation) -> str:
    lines, amount = allocated.contested.lines, allocated.contested.amount
    return (
        f"two projects claim {plain(lines, 0)} lines of {plain(amount)} {amount.unit} "
        f"in {allocated.months[-1]}"
    )


def _largest(line: ClaimLine) -> str:
    """Return who has the largest conflict, and who claims it."""
    each = line.claim
    other = f"rule {each.other_rule}" if each.other_rule else f"tag {each.ignored}"
    return (
        f"rule {each.rule} gives {plain(line.amount)} of {each.source} to {each.project}, "
        f"{other} would give it to {each.other_project}"
    )


def _largest_credit(spend: pl.DataFrame, project: str, month: Month) -> str:
    """Return source, service and charge category of a project's largest credit."""
    mine = (pl.col("project") == project) & pl.col("day").is_between(month.first, month.last)
    keys = ["source", "service_name", "charge_category"]
    sums = spend.filter(mine).group_by(keys).agg(pl.col("tco_cost").sum()).sort("tco_cost", *keys)
    return " ".join(str(text) for text in sums.select(keys).row(0))
