"""A document of rows read by contract: Parquet, one JSON object a line, or CSV with JSON cells."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import ComputeError

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
_HAS: Final = "has "
_KNOWN: Final = {*_LINE_TYPES, *UNUSED}


# Must be there in JSON, where what is null may be left out; a file of charges of the account
# alone says no project.
_SAID: Final = tuple(c.name for c in COLUMNS if c.required and c.name != "project")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A document whose columns keep the contract.

    Attributes:
        frame: `x_row` from 1, and every column of the schema in the types of `nesting`.
        unknown: Columns that the schema does not know.
        checks: One row: of each column that may hold what is not sound, the first `x_row`
            where it does; and under `has NAME` whether a line ever says a required column.
        keys: What the first line says, where the document has lines.
    """

    frame: pl.LazyFrame
    unknown: tuple[str, ...]
    checks: pl.LazyFrame
    keys: tuple[str, ...] = ()


def read(path: Path) -> Rows:
    """Open a document.

    Raises:
        ContractError: when its columns break the contract; see `refuse_unsound` for its values.
    """
    try:
        layout = form(path).layout
    except FormError as error:
        raise ContractError(str(error)) from error
    if layout == "ndjson":
        return _of_lines(path)
    found = table.read(path, FIELDS, UNUSED)
    return _rows(found.raw, found.types, found.unknown)


def refuse_unsound(document: Rows) -> None:
    """Read all values once, and refuse what no charge can be made of.

    Raises:
        ContractError: naming the column, and the first row that is not sound.
    """
    try:
        found = document.checks.collect(engine="streaming").row(0, named=True)
    except ComputeError as error:
        said = str(error).strip().partition("\n")[0]
        raise ContractError(f"holds JSON that is not of its column: {said}") from error
    for name, answer in found.items():
        if name.startswith(_HAS) and not answer:
            raise ContractError(_missing(name.removeprefix(_HAS), document.keys))
        if not name.startswith(_HAS) and answer is not None:
            raise ContractError(
                f"row {answer}: column {name} holds what cannot be read as declared"
            )


def _rows(
    raw: pl.LazyFrame,
    types: Mapping[str, pl.DataType],
    unknown: tuple[str, ...],
    keys: tuple[str, ...] = (),
) -> Rows:
    found = {cell: types.get(cell.name, pl.Null()) for cell in COLUMNS}
    values = (value(cell, pl.col(cell.name), has).alias(cell.name) for cell, has in found.items())
    doubts = {cell.name: unsound(cell, pl.col(cell.name), has) for cell, has in found.items()}
    said = (pl.col(name).is_not_null().any().alias(f"{_HAS}{name}") for name in _SAID if keys)
    first = (
        pl.col(ROW).filter(doubt).min().alias(name)
        for name, doubt in doubts.items()
        if doubt is not None
    )
    return Rows(
        frame=raw.select(pl.col(ROW).cast(pl.Int64), *values),
        unknown=unknown,
        checks=raw.select(*said, *first),
        keys=keys,
    )


def _of_lines(path: Path) -> Rows:
    """Open a document of one JSON object a line."""
    lines = table.lines(path).filter(pl.col("line").str.strip_chars() != "")
    keys = _keys(lines.select(pl.col("line").first()).collect(engine="streaming").item())
    raw = lines.select(ROW, decoded(pl.col("line"), _LINE).alias("line")).unnest("line")
    return _rows(raw, _LINE_TYPES, tuple(key for key in keys if key not in _KNOWN), keys)


def _keys(line: str) -> tuple[str, ...]:
    try:
        content = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ContractError(f"the first line is not JSON; it begins with {line[:40]!r}") from error
    if not isinstance(content, dict) or not content:
        raise ContractError(f"the first line is no row; it begins with {line[:40]!r}")
    return tuple(content)


def _missing(name: str, keys: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, keys, 1, 0.6)
    hint = f"; the nearest one is {near[0]}" if near else ""
    return f"has no column {name}{hint}; export it too"
