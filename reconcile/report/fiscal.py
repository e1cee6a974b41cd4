"""The section of the fiscal year: its months so far, where a fiscal year is configured."""

from __future__ import annotations

from typing import Any, Final

from reconcile.fiscal import FiscalLine
from reconcile.portfolio import Portfolio
from reconcile.report.number import percent, plain, signed_percent
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    closed_object,
    list_of,
    value,
    words,
)

HEADS: Final = ("Project", "AC", "PL", "ΔPL", "%")
SCHEMA: Final = list_of(
    closed_object(title=TEXT, **dict.fromkeys(("actual", "plan", "delta", "percent"), AMOUNT))
)


def section(p: Portfolio) -> Section:
    """Return a row for each project of the fiscal year, and their sum."""
    return Section(
        key="fiscal_year",
        title="Fiscal year to date",
        note=(
            f"From the first month of the fiscal year to {p.month}, in {p.currency}; + is over "
            'plan. Elsewhere "to date" counts from the first month of the horizon.'
        ),
        tables=(Table(heads=HEADS, words=1, rows=tuple(map(_row, p.fiscal)), total=True),),
        document=[_document(line) for line in p.fiscal],
    )


def _row(line: FiscalLine) -> tuple[Cell, ...]:
    return (
        words(line.title),
        Cell(text=plain(line.ac), figure=line.ac),
        Cell(text=plain(line.pl), figure=line.pl),
        Cell(text=signed_percent(line.delta, 2), figure=line.delta),
        Cell(text=percent(line.pct, 1), figure=line.pct),
    )


def _document(line: FiscalLine) -> dict[str, Any]:
    """Return one line as plain values."""
    return {
        "title": line.title,
        "actual": value(line.ac),
        "plan": value(line.pl),
        "delta": value(line.delta),
        "percent": value(line.pct),
    }
