"""How a finance workbook is read: its columns, its rows, its total, for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from models.category import CONTINGENCY
from models.plangrid import letters
from models.planimport import Reading
from reconcile.report.columns import aligned
from reconcile.report.escape import visible


def table(found: Reading, source: str, currency: str) -> str:
    """Return columns, rows and total of a workbook as they are read."""
    columns = [
        (letters(each.cell.column), visible(each.cell.text), _meaning(each.meaning, each.is_sure))
        for each in found.columns
    ]
    rows = [
        (
            *(str(line.row), visible(line.name), visible(line.id)),
            *(line.term or line.category, str(line.amount), visible(line.remark)),
        )
        for line in found.lines
    ]
    lines = [
        f"columns of {visible(source)}",
        *aligned([("", "heading", "read as"), *columns], ()),
        "",
        *aligned([("row", "line", "item", "category", "amount", ""), *rows], (0, 4)),
        *(f"left out: row {row} {visible(why)}" for row, why in found.left_out),
        *_totals(found, currency),
    ]
    return "".join(f"{line}\n" for line in lines)


def document(found: Reading, source: str, currency: str) -> str:
    """Return the same as JSON, every amount as text."""
    content: dict[str, Any] = {
        "source": source,
        "currency": currency,
        "columns": [
            {
                "column": letters(each.cell.column),
                "heading": each.cell.text,
                "read_as": each.meaning or None,
                "sure": each.is_sure,
            }
            for each in found.columns
        ],
        "months": [*map(str, found.months)],
        "rows": [
            {
                "row": line.row,
                "name": line.name,
                "id": line.id,
                "category": line.category,
                "term": line.term,
                "amount": str(line.amount),
                "by_month": [*map(str, line.amounts)],
                "remark": line.remark or None,
            }
            for line in found.lines
        ],
        "left_out": [{"row": row, "why": why} for row, why in found.left_out],
        "base": str(found.total),
        "contingency": None if found.reserve is None else str(found.reserve),
        "stated_totals": [{"row": row, "amount": str(amount)} for row, amount in found.stated],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _meaning(meaning: str, is_sure: bool) -> str:  # noqa: FBT001 - as a column has it
    if not meaning:
        return "left out"
    return meaning if is_sure else f"{meaning} (guessed)"


def _totals(found: Reading, currency: str) -> Iterator[str]:
    items = sum(line.category != CONTINGENCY for line in found.lines)
    reserve = found.reserve
    whole = found.total if reserve is None else found.total + reserve
    yield (
        f"total {found.total} {currency} in {items} items, {found.months[0]} to "
        f"{found.months[-1]}; contingency {'none' if reserve is None else reserve}"
    )
    for row, amount in found.stated:
        if amount not in {found.total, whole}:
            yield f"! row {row} states a total of {amount}, {amount - whole:+} from all of it"
