"""Values of the rows: what a file holds, in the types of the schema, and what cannot be that.

A double is a double in every form: its shortest text counts, to 12 places, so that the same
rows give the same charges from Parquet, from JSON and from CSV.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from ingest.column import MONEY_LIMIT, is_text
from ingest.gcp.nesting import READ, dtype, members, texts
from ingest.gcp.schema import Cell, Leaf
from ingest.text import beyond_calendar, filled, moment
from models.money import DOUBLE_PLACES, MONEY, from_double, from_text

_NUMBERS: Final = ("amount", "double")


def value(cell: Cell, column: pl.Expr, found: pl.DataType) -> pl.Expr:
    """Return a column, or a member of a record, in the type of the schema.

    Args:
        cell: What it is.
        column: Where it stands.
        found: The type it has there; a record may be JSON text.
    """
    if found == pl.Null:
        return pl.lit(None, dtype=dtype(cell))
    if not cell.members:
        return _leaf(cell.leaf, column, found)
    if is_text(found):
        return value(cell, decoded(column, texts(cell)), texts(cell))
    if isinstance(found, pl.List):
        return column.list.eval(_record(cell, pl.element(), found.inner))
    return _record(cell, column, found)


def decoded(column: pl.Expr, wanted: pl.DataType) -> pl.Expr:
    """Turn JSON text into a type of texts; what is not JSON of that shape raises."""
    return filled(column.cast(pl.String)).str.json_decode(wanted)


def _record(cell: Cell, column: pl.Expr, found: object) -> pl.Expr:
    have = members(found)
    return pl.struct(
        value(member, column.struct.field(member.name), have.get(member.name, pl.Null())).alias(
            member.name
        )
        if member.name in have
        else pl.lit(None, dtype=dtype(member)).alias(member.name)
        for member in cell.members
    )


def _leaf(leaf: Leaf, column: pl.Expr, found: pl.DataType) -> pl.Expr:
    if is_text(found):
        return _parsed(leaf, filled(column.cast(pl.String)))
    if leaf in _NUMBERS:
        return from_double(column) if found == pl.Float64 else column.cast(MONEY)
    if leaf == "moment":
        micros = pl.when(~beyond_calendar(column)).then(column.dt.cast_time_unit("us"))
        zoned = isinstance(found, pl.Datetime) and found.time_zone
        return micros if zoned else micros.dt.replace_time_zone("UTC")
    return column.cast(READ[leaf])


def _parsed(leaf: Leaf, text: pl.Expr) -> pl.Expr:
    """Return text in the type of a leaf; null where it cannot be read as that."""
    if leaf in _NUMBERS:
        return from_text(text).round(DOUBLE_PLACES, mode="half_away_from_zero").cast(MONEY)
    if leaf == "moment":
        return moment(text)
    return text if leaf == "text" else text.cast(READ[leaf], strict=False)


def unsound(cell: Cell, column: pl.Expr, found: pl.DataType) -> pl.Expr | None:
    """Return where a column holds what is not a value of its cell; None when it never does."""
    if found == pl.Null:
        return None
    if not cell.members:
        return _unsound_leaf(cell.leaf, column, found)
    if is_text(found):
        read = decoded(column, texts(cell))
        nothing = filled(column.cast(pl.String)).ne("null") & read.is_null()  # and it is JSON
        inside = unsound(cell, read, texts(cell))
        return nothing if inside is None else nothing | inside.fill_null(value=False)
    if isinstance(found, pl.List):
        doubts = list(_doubts(cell, pl.element(), found.inner))
        return column.list.eval(reduce(or_, doubts)).list.any() if doubts else None
    doubts = list(_doubts(cell, column, found))
    return reduce(or_, doubts) if doubts else None


def _doubts(cell: Cell, column: pl.Expr, found: object) -> Iterator[pl.Expr]:
    have = members(found)
    for member in cell.members:
        if member.name in have:
            place = column.struct.field(member.name)
            doubt = unsound(member, place, have[member.name])
            if doubt is not None:
                yield doubt.fill_null(value=False)
            if cell.repeated and member.required:
                yield place.is_null()


def _unsound_leaf(leaf: Leaf, column: pl.Expr, found: pl.DataType) -> pl.Expr | None:
    if is_text(found):
        text = filled(column.cast(pl.String))
        read = _parsed(leaf, text)
        sound = read.abs() < MONEY_LIMIT if leaf in _NUMBERS else read.is_not_null()
        return None if leaf == "text" else text.is_not_null() & ~sound.fill_null(value=False)
    if leaf not in _NUMBERS:
        return beyond_calendar(column) if isinstance(found, pl.Datetime) else None
    size = column.cast(pl.Float64).abs()  # only to compare; no amount is made of it
    return ~size.is_finite() | (size >= MONEY_LIMIT)
