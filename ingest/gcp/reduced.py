"""The answer to a query as a document: rows of one day of arrival, reduced, in one order."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import polars as pl

from ingest.gcp.query import CREDIT_AMOUNT, CREDIT_TYPE, DAY, LINES, alias, leaves
from ingest.gcp.schema import COLUMNS, NUMERIC, REDUCED, SUMMED, TIME, Cell

_SUMS: Final = tuple(alias(path) for path in SUMMED if not path.startswith("credits"))
_CREDITS: Final = REDUCED["credits"]


def reduced(answer: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the reduced rows that an answer holds, in an order of their own.

    Args:
        answer: Columns of `ingest.gcp.query.rows`; those its table lacked are absent.
        day: The day the rows arrived.
    """
    cells = {alias(path): cell for path, cell in leaves() if path not in SUMMED}
    keys = [name for name in cells if name in answer.columns]
    merged = _merged(answer, keys).sort(keys)  # no two rows have one key
    texts = [name for name in keys if cells[name].repeated]
    flat = merged.with_columns(
        *(pl.col(name).str.json_decode(cells[name].reduced) for name in texts),
        *_days(keys),
        pl.lit(day).alias("partition_day"),
    )
    return flat.select(_column(cell, flat.columns) for cell in COLUMNS)


def document(frame: pl.DataFrame) -> bytes:
    """Return reduced rows in Parquet; equal rows give equal bytes."""
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()


def _merged(answer: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Bring together what is one row but for the types of its credits."""
    sums = [name for name in _SUMS if name in answer.columns]
    credit = pl.struct(
        type=CREDIT_TYPE, name=pl.lit(None, dtype=pl.String), amount=CREDIT_AMOUNT
    ).cast(_CREDITS.inner)  # type: ignore[attr-defined]
    stated = pl.col(CREDIT_TYPE).is_not_null() | pl.col(CREDIT_AMOUNT).is_not_null()
    return answer.group_by(keys).agg(
        *(_sum(name) for name in sums),
        credit.filter(stated).sort_by(pl.col(CREDIT_TYPE).filter(stated)).alias("credits"),
        pl.col(LINES).sum().alias(LINES),
    )


def _sum(name: str) -> pl.Expr:
    """Return a sum that is null where it is null in all rows."""
    amounts = pl.col(name)
    return pl.when(amounts.count() > 0).then(amounts.sum()).cast(NUMERIC).alias(name)


def _days(keys: Collection[str]) -> tuple[pl.Expr, ...]:
    if DAY not in keys:
        return ()
    start = pl.col(DAY).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(TIME)
    return (
        start.alias("usage_start_time"),
        (start + pl.duration(hours=24)).alias("usage_end_time"),
    )


def _column(cell: Cell, present: Collection[str]) -> pl.Expr:
    """Return a column of the form; what the table lacks is null."""
    if not cell.members or cell.repeated:
        value = pl.col(cell.name) if cell.name in present else pl.lit(None)
        return value.cast(cell.reduced).alias(cell.name)
    names = {member.name: alias(f"{cell.name}.{member.name}") for member in cell.members}
    if not any(name in present for name in names.values()):
        return pl.lit(None, dtype=cell.reduced).alias(cell.name)
    members = (
        (pl.col(name) if name in present else pl.lit(None)).alias(member)
        for member, name in names.items()
    )
    return pl.struct(*members).cast(cell.reduced).alias(cell.name)
