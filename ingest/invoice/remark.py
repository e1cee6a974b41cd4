"""What a person should know of a table that is read: rows that are no lines, numbers for names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from ingest.invoice.table import Row, Table

NAMES: Final = ("number", "purchase_order", "purchase_order_line", "sku")


def remarks(table: Table, rows: Collection[int]) -> Iterator[tuple[str, str]]:
    """Yield findings, rule and detail, about the file and those of its rows that are asked for."""
    for what, count in sorted(table.others.items()):
        yield "no_line", f"{count} rows {what} are no lines"
    asked = [row for row in table.rows if row.row in rows]
    for field in NAMES:
        if found := [row for row in asked if field in row.typed and row.cells[field]]:
            yield "number_for_name", _typed(field, found)


def _typed(field: str, found: list[Row]) -> str:
    first = found[0]
    return (
        f"{field} is a number by its type in {len(found)} rows, such as {first.cells[field]} at "
        f"{first.place(field)}; zeros in front of it are lost: format the column as text"
    )
