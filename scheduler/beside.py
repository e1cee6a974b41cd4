"""What counts of the tables beside charges: usage with its projects, invoices, assets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from ingest import book
from models.beside import BESIDE
from models.ledger import Record
from models.usage import OWNED, owned
from scheduler.version import Versions
from scheduler.workspace import Stores

PERIOD: Final = "period"
INVOICED: Final = frozenset({"invoice_headers", "invoice_details"})  # tables of an invoice


def tables(stores: Stores, usage: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return every table of `models.beside` as the warehouse holds it, by name.

    Each has the billing month `period` in front; usage its project and rule at the end.
    """
    found = {table: counted(stores, table) for table in BESIDE if table != "usage"}
    return {**found, "usage": usage}


def used(stores: Stores, versions: Versions) -> pl.DataFrame:
    """Return usage with its projects, each billing month by the version of its rules."""
    usage = counted(stores, "usage")
    named = {month: versions.name(month) for month in usage[PERIOD].unique()}
    parts = [pl.DataFrame(schema=OWNED)]
    for name in sorted({*named.values()}):
        version = versions.named(name)
        mine = usage.filter(pl.col(PERIOD).is_in([m for m, each in named.items() if each == name]))
        parts.append(owned(mine, version.rules, version.registry))
    return pl.concat(parts)


def counted(stores: Stores, table: str) -> pl.DataFrame:
    """Return one table of all deliveries that count, sorted."""
    return of(stores, table, book.counting(stores.ledger))


def of(stores: Stores, table: str, deliveries: Mapping[str, Record]) -> pl.DataFrame:
    """Return one table of some deliveries, by scope."""
    schema = pl.Schema({PERIOD: pl.String(), **BESIDE[table].schema})
    frames = [pl.DataFrame(schema=schema), *_frames(stores, table, schema, deliveries)]
    return pl.concat(frames)


def invoicing(stores: Stores) -> frozenset[str]:
    """Return the sources of which any delivery that counts has invoices."""
    newest = book.counting(stores.ledger)
    return frozenset(scope.partition("/")[0] for scope in newest if has_invoices(newest[scope]))


def has_invoices(delivery: Record) -> bool:
    """Return whether any document of a delivery is an invoice."""
    documents = delivery.body["documents"]
    return any(INVOICED & set(document.get("beside", ())) for document in documents)


def _frames(
    stores: Stores, table: str, schema: pl.Schema, deliveries: Mapping[str, Record]
) -> Iterator[pl.DataFrame]:
    for scope, record in sorted(deliveries.items()):
        for document in record.body["documents"]:
            if table in document.get("beside", ()):
                path = stores.lake.path(table, document["charges"])
                frame = pl.read_parquet(path, glob=False)
                month = pl.lit(scope.rpartition("/")[2])
                yield frame.with_columns(month.alias(PERIOD)).select(schema.names())
