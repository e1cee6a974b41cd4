"""Prior-period adjustments: the section of a report, and a table and JSON of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from models.period import Month
from models.subunit import places
from reconcile.adjustment import Adjustment, AdjustmentLine
from reconcile.figure import Figure, exact_text
from reconcile.portfolio import Portfolio
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import day, grouped
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    amount,
    closed_object,
    list_of,
    value,
    words,
)

HEADS: Final = ("Of", "Source", "Project", "Category", "Reason", "Loaded", "By run")
_AMOUNTS: Final = ("Billed", "Effective")
_COLUMNS: Final = ("of", "posted in", "source", "project", "category", "reason", "loaded", "by run")
SCHEMA: Final = list_of(
    closed_object(
        **dict.fromkeys(("month", "posted", "source", "project", "category", "reason"), TEXT),
        **dict.fromkeys(("delivery", "run"), TEXT),
        loaded={"type": ["string", "null"]},
        **dict.fromkeys(("billed", "effective"), AMOUNT),
    )
)


def section(p: Portfolio) -> Section:
    """Return a row for each adjustment that the month bears, and their sum."""
    lines = p.adjusted.lines
    total = (*map(words, ("Sum", *[""] * 6)), amount(p.adjusted.billed))
    rows = (*map(_row, lines), (*total, amount(p.adjusted.effective))) if lines else ()
    return Section(
        key="adjustments",
        title="Prior-period adjustments",
        note=(
            f"What {p.month} bears for months that were closed before it came, in {p.currency} at "
            "the rates of those months; + is more cost. Closed months stay as they were signed. "
            "All of them: `trueup adjustments`."
        ),
        tables=(Table(heads=(*HEADS, *_AMOUNTS), words=7, rows=rows, total=True),),
        document=[_document(line.adjustment, line.billed, line.effective) for line in lines],
    )


def table(found: Sequence[Adjustment], currency: str, month: Month | None) -> str:
    """Return adjustments for a terminal.

    Args:
        found: Those to show.
        currency: The reporting currency.
        month: The month they are posted in or late for; None for all.
    """
    about = f" in or for {month}" if month else ""
    if not found:
        return f"no prior-period adjustment{about}\n"
    digits = places(currency)
    rows = [(*_COLUMNS, "billed", "effective"), *(_texts(each, digits) for each in found)]
    head = f"prior-period adjustments{about}, {currency}; + is more cost"
    return "".join(f"{line}\n" for line in (head, *aligned(rows, (8, 9))))


def document(found: Sequence[Adjustment], currency: str) -> str:
    """Return adjustments as JSON, every amount as text."""
    rows = [_content(each, exact_text(each.billed), exact_text(each.effective)) for each in found]
    content = {"currency": currency, "adjustments": rows}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _row(line: AdjustmentLine) -> tuple[Cell, ...]:
    _, _, *names = _names(line.adjustment)
    month = str(line.adjustment.month)
    return (*map(words, (month, *names)), amount(line.billed), amount(line.effective))


def _texts(each: Adjustment, digits: int) -> tuple[str, ...]:
    amounts = (grouped(amount, "+", digits) for amount in (each.billed, each.effective))
    return (*map(visible, _names(each)), *amounts)


def _names(each: Adjustment) -> tuple[str, ...]:
    return (
        *(str(each.month), str(each.posted), each.source, each.project, each.category),
        *(each.cause.reason, day(each.cause.at), each.cause.run),
    )


def _document(each: Adjustment, billed: Figure, effective: Figure) -> dict[str, Any]:
    return _content(each, value(billed), value(effective))


def _content(each: Adjustment, billed: str | None, effective: str | None) -> dict[str, Any]:
    """Return one adjustment as plain values."""
    cause = each.cause
    return {
        "month": str(each.month),
        "posted": str(each.posted),
        "source": each.source,
        "project": each.project,
        "category": each.category,
        "reason": cause.reason,
        "delivery": cause.delivery,
        "run": cause.run,
        "loaded": None if cause.at is None else cause.at.isoformat(),
        "billed": billed,
        "effective": effective,
    }
