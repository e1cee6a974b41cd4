"""How a finance workbook is read: its columns, its rows, its total, for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from models.category import CONTINGENCY
from models.plan.grid import letters
from models.plan.importing import Reading
from models.plan.line import Column, Line
from reconcile.report.columns import aligned
from reconcile.report.escape import visible

DRIVERS: Final = ("quantity", "unit", "unit_price")


def table(found: Reading, source: str, currency: str) -> str:
    """Return columns, rows and total of a workbook as they are read."""
    columns = [
        (letters(each.cell.column), visible(each.cell.text), _meaning(each))
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
        *(f"left out: row {row} {visible(why)}" for row, why in _left_out(found)),
        *_totals(found, currency),
    ]
    return "".join(f"{line}\n" for line in lines)


def document(found: Reading, source: str, currency: str) -> str:
    """Return the same as JSON, every amount as text."""
    content: dict[str, Any] = {
        "source": source,
        "currency": currency,
        "columns": [*map(_column, found.columns)],
        "months": [*map(str, found.months)],
        "rows": [*map(_row, found.lines)],
        "left_out": [{"row": row, "why": why} for row, why in found.left_out],
        "base": str(found.total),
        "contingency": None if found.reserve is None else str(found.reserve),
        "stated_totals": [
            {"row": each.row, "name": each.name, "amount": str(each.amount)}
            for each in found.stated
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _column(column: Column) -> dict[str, Any]:
    return {
        "column": letters(column.cell.column),
        "heading": column.cell.text,
        "read_as": column.meaning or None,
        "sure": column.is_sure,
        "why": column.why or None,
    }


def _row(line: Line) -> dict[str, Any]:
    return {
        "row": line.row,
        "name": line.name,
        "id": line.id,
        "category": line.category,
        "term": line.term,
        "amount": str(line.amount),
        **dict(zip(DRIVERS, line.drivers or (None,) * len(DRIVERS), strict=True)),
        "by_month": [*map(str, line.amounts)],
        "remark": line.remark or None,
    }


def _meaning(column: Column) -> str:
    if not column.meaning:
        return f"left out: {visible(column.why)}" if column.why else "left out"
    return column.meaning if column.is_sure else f"{column.meaning} (guessed)"


def _left_out(found: Reading) -> list[tuple[int, str]]:
    """Return every row that becomes nothing, with the reason, in order."""
    totals = ((each.row, f"{each.name!r} is a total, {each.amount}") for each in found.stated)
    return sorted((*found.left_out, *totals))


def _totals(found: Reading, currency: str) -> Iterator[str]:
    items = sum(line.category != CONTINGENCY for line in found.lines)
    reserve = found.reserve
    whole = found.total if reserve is None else found.total + reserve
    yield (
        f"total {found.total} {currency} in {items} items, {found.months[0]} to "
        f"{found.months[-1]}; contingency {'none' if reserve is None else reserve}"
    )
    for each in found.stated:
        if each.amount not in {found.total, whole, each.above}:
            yield (
                f"! row {each.row} states a total of {each.amount}; all of it is {whole}, the "
                f"lines since the total before are {each.above}"
            )
