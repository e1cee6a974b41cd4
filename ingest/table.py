"""A document read by contract: columns by name, types as declared, nothing inferred."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import DuplicateError, PanicException, PolarsError

from ingest.column import (
    MAP,
    MOMENT,
    NUMBER,
    RATE,
    TEXT,
    Kind,
    is_text,
    unparsable,
    unreadable,
)
from ingest.text import filled
from models.form import Form, FormError, form, header

__all__ = [
    "MAP",
    "MOMENT",
    "NUMBER",
    "RATE",
    "ROW",
    "TEXT",
    "ContractError",
    "Field",
    "Kind",
    "Table",
    "lines",
    "names",
    "read",
    "refuse_unsound",
    "unsound",
]

ROW: Final = "x_row"
_BAD: Final = "unsound "
_SHOWN: Final = 60  # characters of a bad value that a message shows


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the contract; a required one must be there, whatever it holds."""

    name: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A document that keeps its contract.

    Attributes:
        frame: Every field of the contract under its own name and `x_row` from 1; absent
            ones are null. Money is `Decimal(38, 18)`, moments are UTC, `""` is null.
        present: The fields the file really has.
        types: The type of each of these in the file.
        raw: The file as it is, with the names of the contract and `x_row`; in a file of
            text what stands for null is null.
        unknown: Columns the contract does not know, with their types.
        is_text: Whether the file is text, so that each value is read by its field's kind.
        moments: Forms, beside ISO 8601, that moments of a file of text may have.
    """

    frame: pl.LazyFrame
    raw: pl.LazyFrame
    present: frozenset[str]
    types: dict[str, pl.DataType]
    unknown: tuple[str, ...]
    is_text: bool = False
    moments: tuple[str, ...] = ()


class ContractError(ValueError):
    """The document is not what its table promises; the text says how, in one line."""


def read(
    path: Path,
    fields: Sequence[Field],
    known: Iterable[str] = (),
    *,
    names: Mapping[str, str] | None = None,
    nulls: Sequence[str] = (),
    moments: Sequence[str] = (),
) -> Table:
    """Open a document of a table: Parquet or CSV, the latter with or without gzip.

    Args:
        path: The archived document; its first bytes tell its form.
        fields: The contract.
        known: Columns that are known and not used, so that they are not called new.
        names: What columns are called in the contract, by their name in the document, where
            that is something else.
        nulls: Words that stand for null in a file of text, beside `""`.
        moments: Forms that moments of a file of text may have, beside ISO 8601, in the
            letters of `strptime`: `%m/%d/%Y`.

    Raises:
        ContractError: when it is no such file, or breaks the contract.
    """
    document = _opened(path)
    actual = _names(document.schema, names or {})
    for field in fields:
        _check(field, actual, document)
    used = {f.name: actual[f.name.lower()] for f in fields if f.name.lower() in actual}
    expected = {name.lower() for name in (*known, *(field.name for field in fields))}
    new = {name: document.schema[name] for called, name in actual.items() if called not in expected}
    types = {name: document.schema[there] for name, there in used.items()}
    return Table(
        raw=(raw := document.named(used, nulls)),
        frame=raw.select(
            pl.col(ROW).cast(pl.Int64),
            *(_read(field, types, document, tuple(moments)) for field in fields),
        ),
        present=frozenset(used),
        types=types,
        unknown=tuple(f"{name} ({dtype})" for name, dtype in new.items()),
        is_text=document.is_text,
        moments=tuple(moments),
    )


def names(path: Path) -> tuple[str, ...]:
    """Return the columns of a document in order, as it calls them.

    Raises:
        ContractError: when it is no table.
    """
    return tuple(_opened(path).schema)


def lines(path: Path) -> pl.LazyFrame:
    """Return a document of one JSON object a line: `x_row` from 1, and `line`, its text."""
    return pl.scan_lines(path, name="line", row_index_name=ROW, row_index_offset=1, glob=False)


@dataclass(frozen=True, slots=True)
class _Document:
    """A file as it is: its rows with `x_row`, and its columns."""

    scan: pl.LazyFrame
    schema: dict[str, pl.DataType]
    is_text: bool

    def named(self, used: Mapping[str, str], nulls: Sequence[str]) -> pl.LazyFrame:
        """Return the columns that are used under the names of the contract."""
        columns = {name: pl.col(actual) for name, actual in used.items()}
        if self.is_text:
            columns = {name: filled(column, nulls) for name, column in columns.items()}
        return self.scan.select(ROW, **columns)


def _opened(path: Path) -> _Document:
    try:
        found = form(path)
        if found.layout == "csv":
            return _csv(path, header(path, found))
    except FormError as error:
        raise ContractError(str(error)) from error
    if found != Form("parquet"):
        raise ContractError("is neither Parquet nor CSV, of which this table is made")
    return _parquet(path)


def _parquet(path: Path) -> _Document:
    scan = pl.scan_parquet(path, glob=False, row_index_name=ROW, row_index_offset=1)
    try:
        schema = dict(scan.collect_schema())
    except DuplicateError as error:
        raise ContractError(f"has a column twice: {error}") from error
    except (PolarsError, PanicException, OSError) as error:
        raise ContractError("is not a readable Parquet file") from error
    del schema[ROW]
    return _Document(scan, schema, is_text=False)


def _csv(path: Path, names: Sequence[str]) -> _Document:
    scan = pl.scan_csv(
        path,
        glob=False,
        infer_schema=False,
        new_columns=names,
        row_index_name=ROW,
        row_index_offset=1,
    )
    return _Document(scan, dict.fromkeys(names, pl.String()), is_text=True)


def _names(schema: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Return the actual names by what they are called in lower case, which must differ."""
    called = [(names.get(name, name).lower(), name) for name in schema]
    counts = Counter(lower for lower, _ in called)
    equal = [name for lower, name in called if counts[lower] > 1]
    if equal:
        raise ContractError(f"has columns that differ only in case: {', '.join(equal)}")
    return dict(called)


def _check(field: Field, names: dict[str, str], document: _Document) -> None:
    actual = names.get(field.name.lower())
    if actual is None:
        if field.required:
            raise ContractError(_missing(field.name, names.values()))
        return
    dtype = document.schema[actual]
    if not document.is_text and dtype != pl.Null and not field.kind.accepts(dtype):
        raise ContractError(f"column {actual} must be {field.kind.name}, but it is {dtype}")


def _missing(name: str, present: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(present), 1)
    hint = f"; the nearest one is {near[0]}" if near else ""
    return f"has no column {name}{hint}; select it in the export's query"


def _read(
    field: Field, types: Mapping[str, pl.DataType], document: _Document, moments: tuple[str, ...]
) -> pl.Expr:
    dtype, column = types.get(field.name), pl.col(field.name)
    if dtype is None or dtype == pl.Null:
        return pl.lit(None, dtype=field.kind.dtype).alias(field.name)
    parse = document.is_text
    read = field.kind.parse(column, moments) if parse else field.kind.read(column, dtype)
    return read.alias(field.name)


def unsound(table: Table, fields: Sequence[Field]) -> tuple[pl.Expr, ...]:
    """Return, for each column that may hold the unreadable, the first row that does."""
    doubts = ((field, _doubt(table, field)) for field in fields if field.name in table.present)
    return tuple(
        pl.col(ROW).filter(doubt).min().alias(f"{_BAD}{field.kind.value}: {field.name}")
        for field, doubt in doubts
        if doubt is not None
    )


def _doubt(table: Table, field: Field) -> pl.Expr | None:
    column = pl.col(field.name)
    if table.is_text and is_text(table.types[field.name]):
        return unparsable(field.kind, column, table.moments)
    return unreadable(field.kind, column, table.types[field.name])


def refuse_unsound(found: pl.DataFrame, table: Table | None = None) -> None:
    """Refuse a document by what `unsound` found, over any grouping of it.

    Args:
        found: The answer to `unsound`.
        table: The document, so that the message can show the value.

    Raises:
        ContractError: naming the first row of the first such column.
    """
    for column in found.select(pl.col(f"^{_BAD}.*$").min()):
        if (row := column.item()) is not None:
            wanted, _, name = column.name.removeprefix(_BAD).partition(": ")
            shown = f"{_value(table, row, name)}, which" if table else "what"
            raise ContractError(
                f"row {row}: column {name} holds {shown} cannot be read as {wanted}"
            )


def _value(table: Table, row: int, name: str) -> str:
    column = pl.col(name)
    if isinstance(table.types[name], pl.Datetime):
        column = column.to_physical()  # beyond the calendar; the engine cannot write it
    value = table.raw.filter(pl.col(ROW) == row).select(column.cast(pl.String))
    return repr(value.collect(engine="streaming").item())[:_SHOWN]
