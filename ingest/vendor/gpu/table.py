"""Rows of a table as they are declared: what cannot be read refuses the file, with its row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest.column import Kind
from ingest.table import (
    MOMENT,
    NUMBER,
    ROW,
    TEXT,
    ContractError,
    Field,
    read,
    refuse_unsound,
    unsound,
)
from ingest.vendor.gpu.settings import Columns, Settings
from models.form import FormError, form
from models.money import ZERO
from models.period import Month

DAYS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_LENGTH: Final = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
_LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: texts by the name of their column in the settings, None where blank."""

    number: int
    start: datetime
    end: datetime
    texts: Mapping[str, str | None]
    tags: Mapping[str, str]
    quantity: Decimal
    gpu_count: Decimal
    tokens: Mapping[str, Decimal]
    cost: Decimal | None


def months(path: Path, settings: Settings) -> frozenset[Month]:
    """Return the months that rows state.

    Raises:
        ContractError: when the file breaks its contract.
    """
    return frozenset(Month.of(row.start.date()) for row in rows(path, settings))


def rows(path: Path, settings: Settings) -> Iterator[Row]:
    """Yield the rows of a file, all of which can be read.

    Raises:
        ContractError: naming row, column and value.
    """
    columns = settings.form
    fields = _fields(columns)
    try:
        if form(path).layout != "csv":
            raise ContractError("is no CSV, of which this table is made")
    except FormError as error:
        raise ContractError(str(error)) from error
    table = read(path, fields, moments=(*DAYS, *settings.moments))
    frame, doubts = pl.collect_all([table.frame, table.raw.select(*unsound(table, fields))])
    refuse_unsound(doubts, table)
    for cells in frame.iter_rows(named=True):
        yield _row(cells, columns, settings)


def _fields(columns: Columns) -> list[Field]:
    """Return the contract: each heading once, as what is most particular."""
    kinds: dict[str, Kind] = {}
    times, texts = (columns.start, columns.end), _texts(columns).values()
    numbers = (columns.quantity, columns.gpu_count, columns.cost, *columns.tokens.values())
    for headings, kind in ((times, MOMENT), (numbers, NUMBER), (texts, TEXT)):
        for heading in headings:
            if heading:
                kinds.setdefault(heading, kind)
    tags = [Field(name, TEXT) for name in columns.tags.values() if name not in kinds]
    return [*(Field(name, kind, required=True) for name, kind in kinds.items()), *tags]


def _texts(columns: Columns) -> dict[str, str]:
    names = (
        "project",
        "resource",
        "description",
        "sku",
        "usage_type",
        "gpu_type",
        "unit",
        "currency",
    )
    return {name: heading for name in names if (heading := getattr(columns, name))}


def _row(cells: Mapping[str, Any], columns: Columns, settings: Settings) -> Row:
    number = cells[ROW]
    start, end = _span(number, cells, columns, settings)
    counted = cells[columns.gpu_count] if columns.gpu_count else None
    cost = cells[columns.cost] if columns.cost else None
    if columns.cost and cost is None:
        raise ContractError(f"row {number}: column {columns.cost} is empty; every row has a cost")
    found = Row(
        number=number,
        start=start,
        end=end,
        texts={name: _text(cells[heading]) for name, heading in _texts(columns).items()},
        tags={tag: text for tag, name in columns.tags.items() if (text := _text(cells[name]))},
        quantity=(cells[columns.quantity] if columns.quantity else None) or ZERO,
        gpu_count=Decimal(1) if counted is None else counted,
        tokens={detail: cells[name] or ZERO for detail, name in columns.tokens.items()},
        cost=cost,
    )
    if min(found.quantity, found.gpu_count, *found.tokens.values(), ZERO) < 0:
        raise ContractError(f"row {number}: a quantity is negative; a refund states a cost")
    return found


def _span(
    number: int, cells: Mapping[str, Any], columns: Columns, settings: Settings
) -> tuple[datetime, datetime]:
    start = cells[columns.start]
    if start is None:
        raise ContractError(f"row {number}: column {columns.start} is empty; every row has a time")
    end = cells[columns.end] if columns.end else None
    end = end or start + _LENGTH[settings.interval]
    if not start < end <= start + _LONGEST:
        shown = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
        raise ContractError(f"row {number}: is from {shown}, which is no time within a year")
    return start, end


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell).strip() or None
