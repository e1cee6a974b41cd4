"""Where every charge comes from: delivery, document, row; and the proof that none is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest import book
from models.errors import InvariantError
from models.lake import Lake
from models.ledger import Record
from models.warehouse import Origin
from scheduler.workspace import Stores

TABLES: Final = ("charges", "keys", "facts", "rejected")  # the files that a load names
DOCUMENTS: Final = pl.Schema(
    {
        **dict.fromkeys(("sha256", "name", "delivery", "source", "period"), pl.String()),
        **dict.fromkeys(("size", "rows", "charges", "rejected"), pl.Int64()),
        "loaded_at": pl.String(),
    }
)


def origins(stores: Stores) -> list[Origin]:
    """Return the files of the charges that count, each with the delivery it came in."""
    counting = sorted(book.counting(stores.ledger).items())
    return [
        Origin(
            path=stores.lake.path("charges", document["charges"]),
            document=document["document"]["sha256"],
            delivery=record.body["delivery"],
            scope=scope,
            loaded_at=record.at,
        )
        for scope, record in counting
        for document in record.body["documents"]
    ]


def documents(stores: Stores) -> pl.DataFrame:
    """Return one row a document that counts: its name at the source, and what became of it."""
    counting = sorted(book.counting(stores.ledger).items())
    rows = [row for scope, record in counting for row in _documents(scope, record)]
    return pl.DataFrame(rows, schema=DOCUMENTS, orient="row")


def _documents(scope: str, record: Record) -> Iterator[tuple[Any, ...]]:
    source, _, period = scope.rpartition("/")
    for loaded in record.body["documents"]:
        document = loaded["document"]
        counts = loaded["control"]["rows"], loaded["rows"], loaded["rejected_rows"]
        names = document["sha256"], document["name"], record.body["delivery"], source, period
        yield *names, document["size"], *counts, record.at


def files_of(lake: Lake, body: Mapping[str, Any]) -> set[Path]:
    """Return the files of the lake that a delivery became, there or not; spend not counted."""
    found: set[Path] = set()
    for document in body["documents"]:
        found |= {lake.place(table, document[table]) for table in TABLES}
        beside = document.get("beside", ())  # entries of earlier versions have none
        found |= {lake.place(table, document["charges"]) for table in ("invoiced", *beside)}
    return found


def whole(lake: Lake, scope: str, body: Mapping[str, Any]) -> None:
    """Prove that the lake still holds every row of a delivery: charges and rows set aside.

    That charges and rejected rows together are the rows of the document is proved once, by a
    second reader, when it is loaded; from then on the counts must stay.

    Raises:
        InvariantError: names the document whose rows are not there.
    """
    for document in body["documents"]:
        found = _rows(lake, document)
        stated = document["rows"], document["rejected_rows"]
        if found != stated:
            raise InvariantError(
                f"{scope}: {document['document']['name']}: the lake holds {found[0]} charges and "
                f"{found[1]} rejected rows, loaded were {stated[0]} and {stated[1]}; "
                "run `trueup rebuild`"
            )
        _whole_beside(lake, scope, document)


def _whole_beside(lake: Lake, scope: str, document: Mapping[str, Any]) -> None:
    """Prove the same of the tables beside charges."""
    for table in document.get("beside", ()):
        file = pl.scan_parquet(lake.path(table, document["charges"]), glob=False)
        found = file.select(pl.len()).collect().item()
        stated = sum(s["rows"] for s in document["control"]["beside"] if s["table"] == table)
        if found != stated:
            raise InvariantError(
                f"{scope}: {document['document']['name']}: the lake holds {found} rows of {table}, "
                f"loaded were {stated}; run `trueup rebuild`"
            )


def _rows(lake: Lake, document: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many charges and rejected rows the files of a document hold."""
    charges = pl.scan_parquet(lake.path("charges", document["charges"]), glob=False)
    rejected = pl.scan_parquet(lake.path("rejected", document["rejected"]), glob=False)
    rows = charges.select(pl.len()).collect().item()
    return rows, rejected.select(pl.col("x_row").n_unique()).collect().item()
