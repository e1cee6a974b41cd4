"""What was used, row by row, and as what a source hands on: usage beside no charge at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from ingest.source import REJECTED, Conversion
from models.beside import BESIDE
from models.charge import CHARGE

GPU_HOURS: Final = "gpu_hours"
RUNS: Final = "runs"
IDLE: Final = "__idle__"  # unit of hours that nobody asked for
_TAGS: Final = "tags"
_LOADERS: Final = frozenset(("x_source", "x_document"))
NO_CHARGE: Final = pl.Schema(
    {name: dtype for name, dtype in CHARGE.items() if name not in _LOADERS}
)
_USAGE: Final = {
    name: dtype for name, dtype in BESIDE["usage"].schema.items() if name not in _LOADERS
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """One row of usage; see `models.beside.USAGE`. `quantity` has at most 18 decimals."""

    x_row: int
    unit: str
    driver: str
    day: date
    quantity: Decimal
    detail: str | None = None
    state: str | None = None
    run_id: str | None = None
    cluster: str | None = None
    gpu_type: str | None = None
    model: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is set aside; row 1 is the first of the document."""

    row: int
    column: str
    reason: str
    value: str


def conversion(
    used: Iterable[Used], faults: Sequence[Fault], notes: Sequence[tuple[str, str]]
) -> Conversion:
    """Return usage as what a document became: no charge, and the rows beside."""
    rejected = [(each.row, each.column, each.reason, each.value) for each in faults]
    return Conversion(
        charges=pl.LazyFrame(schema=NO_CHARGE),
        rejected=pl.DataFrame(rejected, schema=REJECTED, orient="row"),
        notes=tuple(notes),
        beside={"usage": _frame([*used]).lazy()},
    )


def _frame(used: Sequence[Used]) -> pl.DataFrame:
    """Return rows as a frame; each distinct set of tags is made once, for most rows share one."""
    plain = [name for name in _USAGE if name != _TAGS]
    columns = {name: [getattr(row, name) for row in used] for name in plain}
    numbers: dict[tuple[tuple[str, str], ...], int] = {}
    at = [numbers.setdefault(tuple(row.tags.items()), len(numbers)) for row in used]
    maps = pl.Series(_TAGS, [dict(tags) for tags in numbers], dtype=_USAGE[_TAGS])
    frame = pl.DataFrame(columns, schema={name: _USAGE[name] for name in plain})
    return frame.with_columns(maps.gather(pl.Series(at, dtype=pl.UInt32))).select(*_USAGE)


def said(faults: Sequence[Fault]) -> str:
    """Return the first of several faults in words, and how many there are; empty for none."""
    if not faults:
        return ""
    first = faults[0]
    where = f"row {first.row}, {first.column or 'the line'}"
    more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
    return f"{where}: {first.value!r} {first.reason}{more}"
