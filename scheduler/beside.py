"""What counts of the tables beside charges: usage with its projects, invoices, assets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from ingest import book
from models.beside import BESIDE
from models.usage import owned
from scheduler.workspace import Project, Stores

PERIOD: Final = "period"


def tables(project: Project, stores: Stores) -> dict[str, pl.DataFrame]:
    """Return every table of `models.beside` as the warehouse holds it, by name.

    Each has the billing month `period` in front; usage its project and rule at the end.
    """
    found = {table: counted(stores, table) for table in BESIDE}
    return {**found, "usage": owned(found["usage"], project.rules, project.registry)}


def counted(stores: Stores, table: str) -> pl.DataFrame:
    """Return one table of all deliveries that count, sorted."""
    schema = pl.Schema({PERIOD: pl.String(), **BESIDE[table].schema})
    frames = [pl.DataFrame(schema=schema), *_frames(stores, table, schema)]
    return pl.concat(frames)


def _frames(stores: Stores, table: str, schema: pl.Schema) -> Iterator[pl.DataFrame]:
    for scope, record in sorted(book.counting(stores.ledger).items()):
        for document in record.body["documents"]:
            if table in document.get("beside", ()):
                path = stores.lake.path(table, document["charges"])
                frame = pl.read_parquet(path, glob=False)
                month = pl.lit(scope.rpartition("/")[2])
                yield frame.with_columns(month.alias(PERIOD)).select(schema.names())
