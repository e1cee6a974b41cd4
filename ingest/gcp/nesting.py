"""Types of the rows: what a cell is read as, and what may stand in a file where it is."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.column import is_number, is_text
from ingest.gcp.schema import Cell, Leaf
from models.charge import TIME
from models.money import MONEY

READ: Final[dict[Leaf, pl.DataType]] = {
    "text": pl.String(),
    "amount": MONEY,
    "double": MONEY,
    "moment": TIME,
    "count": pl.Int64(),
    "day": pl.Date(),
}
_WORDS: Final[dict[Leaf, str]] = {
    "text": "text",
    "amount": "a double or a decimal",
    "double": "a double or a decimal",
    "moment": "a timestamp in UTC",
    "count": "a whole number",
    "day": "a date",
}


def dtype(cell: Cell) -> pl.DataType:
    """Return the type a cell is read as."""
    return _nested(cell, READ)


def texts(cell: Cell) -> pl.DataType:
    """Return the type of a cell as JSON gives it: every plain value is text."""
    return _nested(cell, dict.fromkeys(READ, pl.String()))


def _nested(cell: Cell, leaves: dict[Leaf, pl.DataType]) -> pl.DataType:
    if not cell.members:
        return leaves[cell.leaf]
    record = pl.Struct({member.name: _nested(member, leaves) for member in cell.members})
    return pl.List(record) if cell.repeated else record


def words(cell: Cell) -> str:
    """Say what a cell must be, as an error puts it."""
    if not cell.members:
        return _WORDS[cell.leaf]
    needed = [member.name for member in cell.members if member.required]
    within = f" with {' and '.join(needed)}" if needed else ""
    return f"{'a list of records' if cell.repeated else 'a record'}{within}"


def accepts(cell: Cell, found: pl.DataType) -> bool:
    """Say whether a type may stand where the cell is; a type of nulls always may."""
    if found == pl.Null:
        return True
    if not cell.members:
        return _accepts_leaf(cell.leaf, found)
    if not cell.repeated:
        return _accepts_record(cell, found)
    return isinstance(found, pl.List) and _accepts_record(cell, found.inner)


def members(found: object) -> dict[str, pl.DataType]:
    """Return the members of a record's type; none of any other type."""
    return dict(pl.Schema(found.to_schema())) if isinstance(found, pl.Struct) else {}


def _accepts_record(cell: Cell, found: object) -> bool:
    have = members(found)
    return isinstance(found, pl.Struct) and all(
        accepts(member, have[member.name]) if member.name in have else not member.required
        for member in cell.members
    )


def _accepts_leaf(leaf: Leaf, found: pl.DataType) -> bool:
    if leaf == "text":
        return is_text(found)
    if leaf in {"amount", "double"}:
        return is_number(found)
    if leaf == "moment":
        return isinstance(found, pl.Datetime) and found.time_zone in {None, "UTC"}
    return found.is_integer() if leaf == "count" else found == pl.Date
