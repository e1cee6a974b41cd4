"""A file as rows of text, whatever its form is by its first bytes."""

from __future__ import annotations

from ingest.invoice import separated, typed, workbook
from ingest.invoice.grid import LIMIT, Grid, NoLineError, SheetError
from ingest.invoice.settings import Settings
from ingest.invoice.table import Row, Table, head, table

__all__ = ["LIMIT", "NoLineError", "Row", "SheetError", "Table", "read", "rows"]


def rows(data: bytes, settings: Settings) -> list[Row]:
    """Return the lines of a file that hold anything, every cell as text.

    Raises:
        SheetError: when it is cut short, of another form, or not as declared.
    """
    return list(read(data, settings).rows)


def read(data: bytes, settings: Settings) -> Table:
    """Return the same, and what else is in the file.

    Raises:
        SheetError: when it is cut short, of another form, or not as declared.
    """
    if workbook.is_one(data):
        found = workbook.grid(data, settings.sheet, lambda grid: _is_headed(grid, settings))
    else:
        workbook.refuse_others(data)
        found = separated.grid(data, settings)
    return typed.table(found, settings) if settings.rows else table(found, settings)


def _is_headed(grid: Grid, settings: Settings) -> bool:
    """Say whether the first lines of a sheet have all headings that are required."""
    if settings.rows:
        return any(record.cells[0] in settings.rows for record in grid.records)
    if not grid.records:
        return False
    found = grid.records[head(grid, settings)].cells
    return all(set(names) & set(found) for names in settings.required.values())
