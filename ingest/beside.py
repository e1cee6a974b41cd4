"""Writing what a document states beside charges, once a second reader agrees with it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext

import polars as pl

from ingest.normalise import Place
from ingest.source import Control, Conversion
from models.beside import BESIDE, beside_frame
from models.lake import Lake
from models.money import WIDE, exact

Sums = Mapping[tuple[str, str], tuple[int, Decimal]]  # rows and sum by table and key


def write_beside(
    lake: Lake, name: str, conversion: Conversion, control: Control, place: Place
) -> pl.LazyFrame | None:
    """Write every table of a conversion, prove it, and return the rows that it is of.

    Returns:
        Column `x_row`: rows of the document that such a table tells; None when none does.

    Raises:
        BrokenError: names the table, both figures and their difference.
    """
    origin = {"x_source": pl.lit(place.source), "x_document": pl.lit(place.document.sha256)}
    for table, frame in conversion.beside.items():
        whole = beside_frame(table, frame.with_columns(**origin))
        lake.write(table, name, whole.sink_parquet)
    tables = sorted(conversion.beside)
    with localcontext(prec=WIDE):
        _agree(_found(lake, name, tables), _stated(control), place)
    own = [
        pl.scan_parquet(lake.path(table, name), glob=False).select("x_row")
        for table in tables
        if BESIDE[table].rows
    ]
    return pl.concat(own) if own else None


def _stated(control: Control) -> Sums:
    return {(said.table, said.key): (said.rows, exact(said.amount)) for said in control.beside}


def _found(lake: Lake, name: str, tables: list[str]) -> Sums:
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for table in tables:
        shape = BESIDE[table]
        sums = (
            pl.scan_parquet(lake.path(table, name), glob=False)
            .group_by(shape.key)
            .agg(pl.len(), pl.col(shape.measure).sum())
            .collect(engine="streaming")
        )
        found |= {(table, key): (rows, total) for key, rows, total in sums.iter_rows()}
    return found


def _agree(found: Sums, stated: Sums, place: Place) -> None:
    for table, key in sorted({*found, *stated}):
        ours, theirs = (side.get((table, key), (0, Decimal(0))) for side in (found, stated))
        if ours != theirs:
            raise place.broken(
                f"{table} {key}: {ours[0]} rows, sum {ours[1].normalize():f} here, {theirs[0]} "
                f"rows, sum {theirs[1].normalize():f} by the second reader; nothing was loaded, "
                "the last good delivery stays"
            )
