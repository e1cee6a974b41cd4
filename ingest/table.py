"""A Parquet document read by contract: columns by name, types as declared, nothing inferred."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import DuplicateError, PolarsError

from models.charge import JSON, TIME
from models.money import MONEY, SCALE, from_double, from_text

ROW: Final = "x_row"
_BAD: Final = "unsound "
MONEY_LIMIT: Final = 1e19  # Decimal(38, 18) holds less than 10^20, and sums must fit as well


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column may be in the file, and what it is read as; `null` types always pass."""

    name: str
    accepts: Callable[[pl.DataType], bool]
    dtype: pl.DataType | type[pl.DataType]
    read: Callable[[pl.Expr, pl.DataType], pl.Expr]


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
        raw: The file as it is, with the names of the contract and `x_row`.
        unknown: Columns the contract does not know, with their types.
    """

    frame: pl.LazyFrame
    raw: pl.LazyFrame
    present: frozenset[str]
    types: dict[str, pl.DataType]
    unknown: tuple[str, ...]


class ContractError(ValueError):
    """The document is not what its table promises; the text says how, in one line."""


def read(path: Path, fields: Sequence[Field], known: Iterable[str] = ()) -> Table:
    """Open a document of a table.

    Args:
        path: The archived document.
        fields: The contract.
        known: Columns that are known and not used, so that they are not called new.

    Raises:
        ContractError: when it is no Parquet file, or breaks the contract.
    """
    scan = pl.scan_parquet(path, glob=False, row_index_name=ROW, row_index_offset=1)
    schema = _schema(scan)
    del schema[ROW]
    names = _names(schema)
    for field in fields:
        _check(field, names, schema)
    used = {
        field.name: names[field.name.lower()] for field in fields if field.name.lower() in names
    }
    expected = {name.lower() for name in known} | {field.name.lower() for field in fields}
    raw = scan.select(ROW, *(pl.col(actual).alias(name) for name, actual in used.items()))
    types = {name: schema[actual] for name, actual in used.items()}
    return Table(
        frame=raw.select(pl.col(ROW).cast(pl.Int64), *(_read(field, types) for field in fields)),
        raw=raw,
        present=frozenset(used),
        types=types,
        unknown=tuple(f"{n} ({t})" for n, t in schema.items() if n.lower() not in expected),
    )


def _schema(scan: pl.LazyFrame) -> dict[str, pl.DataType]:
    try:
        return dict(scan.collect_schema())
    except DuplicateError as error:
        raise ContractError(f"has a column twice: {error}") from error
    except (PolarsError, OSError) as error:
        raise ContractError("is not a readable Parquet file") from error


def _names(schema: Iterable[str]) -> dict[str, str]:
    """Return the actual names by their lower case, which must tell them apart."""
    counts = Counter(name.lower() for name in schema)
    equal = [name for name in schema if counts[name.lower()] > 1]
    if equal:
        raise ContractError(f"has columns that differ only in case: {', '.join(equal)}")
    return {name.lower(): name for name in schema}


def _check(field: Field, names: dict[str, str], schema: dict[str, pl.DataType]) -> None:
    actual = names.get(field.name.lower())
    if actual is None:
        if field.required:
            raise ContractError(_missing(field.name, names.values()))
        return
    dtype = schema[actual]
    if dtype != pl.Null and not field.kind.accepts(dtype):
        raise ContractError(f"column {actual} must be {field.kind.name}, but it is {dtype}")


def _missing(name: str, present: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(present), 1, 0.6)
    hint = f"; the nearest one is {near[0]}" if near else ""
    return f"has no column {name}{hint}; select it in the export's query"


def _read(field: Field, types: dict[str, pl.DataType]) -> pl.Expr:
    dtype = types.get(field.name)
    if dtype is None or dtype == pl.Null:
        return pl.lit(None, dtype=field.kind.dtype).alias(field.name)
    return field.kind.read(pl.col(field.name), dtype).alias(field.name)


def _is_text(dtype: pl.DataType) -> bool:
    return isinstance(dtype, (pl.String, pl.Categorical, pl.Enum))


def _is_number(dtype: pl.DataType) -> bool:
    return dtype == pl.Float64 or (isinstance(dtype, pl.Decimal) and dtype.scale <= SCALE)


def _is_moment(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Datetime) and dtype.time_zone in {None, "UTC"}


def _is_map(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        return [field.name for field in dtype.inner.fields] == ["key", "value"]
    return _is_text(dtype) or (isinstance(dtype, pl.Map) and dtype.key == pl.String)


def _text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    text = column if dtype == pl.String else column.cast(pl.String)
    return pl.when(text != "").then(text)


def _number(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return from_double(column) if dtype == pl.Float64 else column.cast(MONEY)


def _rate(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return from_text(column.cast(pl.String)) if _is_text(dtype) else _number(column, dtype)


def _moment(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    micros = column.dt.cast_time_unit("us")
    zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone
    return micros if zoned else micros.dt.replace_time_zone("UTC")


def _map(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if _is_text(dtype):
        text = column.cast(pl.String)
        return pl.when(text != "").then(text).str.json_decode(JSON)
    return column.cast(JSON)


TEXT: Final = Kind("text", _is_text, pl.String(), _text)
NUMBER: Final = Kind("a double or a decimal", _is_number, MONEY, _number)
RATE: Final = Kind(
    "text, a double or a decimal", lambda t: _is_text(t) or _is_number(t), MONEY, _rate
)
MOMENT: Final = Kind("a timestamp in UTC", _is_moment, TIME, _moment)
MAP: Final = Kind("a map of text, or JSON text", _is_map, JSON, _map)


def unsound(table: Table, fields: Sequence[Field]) -> tuple[pl.Expr, ...]:
    """Return, for each column that may hold the unreadable, the first row that does."""
    return tuple(
        pl.col(ROW)
        .filter(_unreadable(pl.col(field.name), table.types[field.name]))
        .min()
        .alias(f"{_BAD}{field.name}")
        for field in fields
        if field.kind in {NUMBER, MAP} and _may_fail(table.types.get(field.name))
    )


def refuse_unsound(found: pl.DataFrame) -> None:
    """Refuse a document by what `unsound` found, over any grouping of it.

    Raises:
        ContractError: naming the first row of the first such column.
    """
    for column in found.select(pl.col(f"^{_BAD}.*$").min()):
        if (row := column.item()) is not None:
            name = column.name.removeprefix(_BAD)
            raise ContractError(f"row {row}: column {name} holds what cannot be read as declared")


def _may_fail(dtype: pl.DataType | None) -> bool:
    return dtype is not None and (_is_number(dtype) or _is_text(dtype))


def _unreadable(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if _is_text(dtype):
        text = column.cast(pl.String)
        return (text != "") & ~text.str.contains(r"^\s*(\{(.|\n)*\}|null)\s*$")
    size = column.cast(pl.Float64).abs()  # only to compare; no amount is made of it
    return ~size.is_finite() | (size >= MONEY_LIMIT)
