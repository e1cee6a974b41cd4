"""Kinds of columns: what each may be in a file, and what it is read as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest import text
from models.charge import JSON, TIME
from models.money import MONEY, SCALE, from_double, from_text

MONEY_LIMIT: Final = 10**19  # Decimal(38, 18) holds less than 10^20, and sums must fit as well


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column may be in the file, and what it is read as; `null` types always pass.

    Attributes:
        name: What a file with types of its own must have.
        value: What each of its values must be.
        accepts: Whether a type of a file will do.
        dtype: What the column is read as.
        read: Reads a column of such a type.
        parse: Reads a column of a file of text, with the forms its moments may have.
    """

    name: str
    value: str
    accepts: Callable[[pl.DataType], bool]
    dtype: pl.DataType | type[pl.DataType]
    read: Callable[[pl.Expr, pl.DataType], pl.Expr]
    parse: Callable[[pl.Expr, tuple[str, ...]], pl.Expr]


def is_text(dtype: pl.DataType) -> bool:
    """Say whether a type holds text."""
    return isinstance(dtype, (pl.String, pl.Categorical, pl.Enum))


def is_number(dtype: pl.DataType) -> bool:
    """Say whether a type holds numbers that money can hold."""
    return dtype == pl.Float64 or (isinstance(dtype, pl.Decimal) and dtype.scale <= SCALE)


def _is_moment(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Datetime) and dtype.time_zone in {None, "UTC"}


def _is_map(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        return [field.name for field in dtype.inner.fields] == ["key", "value"]
    return is_text(dtype) or (isinstance(dtype, pl.Map) and dtype.key == pl.String)


def _text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return text.filled(column if dtype == pl.String else column.cast(pl.String))


def _number(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return from_double(column) if dtype == pl.Float64 else column.cast(MONEY)


def _rate(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return from_text(column.cast(pl.String)) if is_text(dtype) else _number(column, dtype)


def _moment(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    micros = pl.when(~text.beyond_calendar(column)).then(column.dt.cast_time_unit("us"))
    zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone
    return micros if zoned else micros.dt.replace_time_zone("UTC")


def _map(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if is_text(dtype):
        return text.mapped(text.filled(column.cast(pl.String)))
    return column.cast(JSON)


TEXT: Final = Kind("text", "text", is_text, pl.String(), _text, lambda column, _: column)
NUMBER: Final = Kind(
    "a double or a decimal",
    "a number",
    is_number,
    MONEY,
    _number,
    lambda column, _: from_text(column),
)
RATE: Final = Kind(
    "text, a double or a decimal",
    "a number",
    lambda dtype: is_text(dtype) or is_number(dtype),
    MONEY,
    _rate,
    lambda column, _: from_text(column),
)
MOMENT: Final = Kind(
    "a timestamp in UTC", "a moment in UTC", _is_moment, TIME, _moment, text.moment
)
MAP: Final = Kind(
    "a map of text, or JSON text",
    "a flat JSON object",
    _is_map,
    JSON,
    _map,
    lambda column, _: text.mapped(column),
)


def unreadable(kind: Kind, column: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
    """Return which values of a typed column cannot be read; None when all can."""
    if kind == MAP and is_text(dtype):
        return text.not_flat(text.filled(column.cast(pl.String)))
    if kind == NUMBER and is_number(dtype):
        size = column.cast(pl.Float64).abs()  # only to compare; no amount is made of it
        return ~size.is_finite() | (size >= MONEY_LIMIT)
    return text.beyond_calendar(column, dtype) if dtype.is_temporal() else None


def unparsable(kind: Kind, column: pl.Expr, moments: tuple[str, ...]) -> pl.Expr | None:
    """Return which values of a column of text cannot be read; None when all can."""
    if kind in {NUMBER, RATE}:
        size = column.cast(MONEY, strict=False).abs()
        return column.is_not_null() & ~(size < MONEY_LIMIT).fill_null(value=False)
    if kind == MOMENT:
        return column.is_not_null() & kind.parse(column, moments).is_null()
    return text.not_flat(column) if kind == MAP else None
