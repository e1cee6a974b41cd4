"""A document of rows read by contract: Parquet, one JSON object a line, or CSV with JSON cells."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest import table
from ingest.gcp.nesting import accepts, dtype, texts, words
from ingest.gcp.schema import COLUMNS, UNUSED, Cell
from ingest.gcp.value import decoded, unsound, value
from ingest.table import ROW, ContractError, Field, Kind
from models.form import FormError, form


def _kind(cell: Cell) -> Kind:
    return Kind(
        words(cell),
        "",  # values are told by `refuse`
        lambda found: accepts(cell, found),
        dtype(cell),
        lambda column, found: value(cell, column, found),
        lambda column, _: value(cell, column, pl.String()),
    )


FIELDS: Final = tuple(Field(cell.name, _kind(cell), cell.required) for cell in COLUMNS)

_LINE: Final = pl.Struct({cell.name: texts(cell) for cell in COLUMNS})
_LINE_TYPES: Final = {cell.name: texts(cell) for cell in COLUMNS}
_KNOWN: Final = {*_LINE_TYPES, *UNUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A document that keeps its contract.

    Attributes:
        frame: `x_row` from 1, and every column of the schema in the types of `nesting`.
        checks: One row: of each column that may be unsound, the first `x_row` where it is.
        unknown: Columns that the schema does not know.
    """

    frame: pl.LazyFrame
    checks: pl.LazyFrame
    unknown: tuple[str, ...]


def read(path: Path) -> Rows:
    """Open a document.

    Raises:
        ContractError: when it breaks the contract in its columns; `refuse` looks at values.
    """
    try:
        layout = form(path).layout
    except FormError as error:
        raise ContractError(str(error)) from error
    if layout == "ndjson":
        return _of_lines(path)
    found = table.read(path, FIELDS, UNUSED)
    return _rows(found.raw, found.types, found.unknown)


def refuse(checks: pl.DataFrame) -> None:
    """Refuse a document by the answer to its checks.

    Raises:
        ContractError: naming the first unsound column, and its first such row.
    """
    for name, row in checks.row(0, named=True).items():
        if row is not None:
            raise ContractError(f"row {row}: column {name} holds what cannot be read as declared")


def _rows(raw: pl.LazyFrame, types: Mapping[str, pl.DataType], unknown: tuple[str, ...]) -> Rows:
    found = {cell: types.get(cell.name, pl.Null()) for cell in COLUMNS}
    values = (value(cell, pl.col(cell.name), has).alias(cell.name) for cell, has in found.items())
    doubts = {cell.name: unsound(cell, pl.col(cell.name), has) for cell, has in found.items()}
    return Rows(
        frame=raw.select(pl.col(ROW).cast(pl.Int64), *values),
        checks=raw.select(
            pl.col(ROW).filter(doubt).min().alias(name)
            for name, doubt in doubts.items()
            if doubt is not None
        ),
        unknown=unknown,
    )


def _of_lines(path: Path) -> Rows:
    """Open a document of one JSON object a line; members that are null may be left out."""
    lines = table.lines(path).filter(pl.col("line").str.strip_chars() != "")
    keys = _refuse_incomplete(lines)
    raw = lines.select(ROW, decoded(pl.col("line"), _LINE).alias("line")).unnest("line")
    return _rows(raw, _LINE_TYPES, tuple(key for key in keys if key not in _KNOWN))


def _refuse_incomplete(lines: pl.LazyFrame) -> list[str]:
    """Return the names on the first line; refuse a document that never says a required one."""
    required = [cell.name for cell in COLUMNS if cell.required]
    said = (
        pl.col("line").str.contains(f'"{name}"', literal=True).any().alias(name)
        for name in required
    )
    first, *found = lines.select(pl.col("line").first(), *said).collect(engine="streaming").row(0)
    keys = _keys(first)
    for name, there in zip(required, found, strict=True):
        if not there:
            near = difflib.get_close_matches(name, keys, 1, 0.6)
            hint = f"; the nearest one is {near[0]}" if near else ""
            raise ContractError(f"has no column {name}{hint}; export it too")
    return keys


def _keys(line: str) -> list[str]:
    try:
        content = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ContractError(f"the first line is not JSON; it begins with {line[:40]!r}") from error
    return list(content) if isinstance(content, dict) else []
