"""Invoices of vendors among the stores: what counts, what waits for a person, and its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ingest import book
from models.beside import BESIDE
from models.charge import CHARGE, charge_frame
from models.errors import RefusedError
from reconcile.received import Received, Refusal, Row, chosen, lines_of, months_of
from scheduler.beside import PERIOD, counted
from scheduler.workspace import Stores

WAITING: Final = ("draft", "conflict", "unknown_issuer", "rejected")
_HASH: Final = re.compile("[0-9a-f]{6,64}")

Bodies = Mapping[str, Mapping[str, Any]]  # of `delivery.loaded`, by scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One document that a person names."""

    sha256: str
    source: str
    name: str
    heads: tuple[Row, ...]


def received(stores: Stores, heads: Sequence[Row]) -> list[Received]:
    """Return invoices with their lines, what they cost by month, and names of their documents."""
    details, names = counted(stores, "invoice_details"), _names(_counting(stores))
    return [
        Received(
            head=head,
            lines=lines_of(head, details),
            months=months_of(head, _charges(stores, head["x_document"])),
            names=names.get(head["x_document"], ""),
        )
        for head in heads
    ]


def listed(stores: Stores, heads: Sequence[Row]) -> list[Received]:
    """Return invoices with the names of their documents alone."""
    names = _names(_counting(stores))
    return [Received(head=head, names=names.get(head["x_document"], "")) for head in heads]


def refusals(stores: Stores) -> list[Refusal]:
    """Return what could not be read at all, of any source."""
    found = sorted(book.quarantined(stores.ledger).items())
    return [Refusal(scope, body["document"], body["detail"]) for scope, body in found]


def newest(stores: Stores) -> pl.DataFrame:
    """Return the headers of the newest deliveries, closed months included."""
    schema = pl.Schema({PERIOD: pl.String(), **BESIDE["invoice_headers"].schema})
    return pl.concat([pl.DataFrame(schema=schema), *_headers(stores, schema)])


def waiting(stores: Stores) -> list[Row]:
    """Return the headers of what waits for a person."""
    return chosen(newest(stores), statuses=WAITING)


def document(stores: Stores, said: str) -> Found:
    """Return the document that a person names by its hash, its file, or an invoice's number.

    Raises:
        RefusedError: when none has it, or several have.
    """
    headers, names = newest(stores), _names(book.current(stores.ledger))
    rows = list(headers.iter_rows(named=True))
    fits = {
        row["x_document"]
        for row in rows
        if said in (row["invoice_id"], row["x_document"])
        or (_HASH.fullmatch(said) and row["x_document"].startswith(said))
        or said in _words(names.get(row["x_document"], ""))
    }
    if len(fits) > 1:
        shown = ", ".join(sorted(sha[:12] for sha in fits))
        raise RefusedError(f"{said!r} names several documents: {shown}; name one by its hash")
    if not fits:
        raise RefusedError(
            f"{said!r} names no document; `trueup invoice review` lists what waits for a person"
        )
    sha = fits.pop()
    own = tuple(row for row in rows if row["x_document"] == sha)
    return Found(sha256=sha, source=own[0]["x_source"], name=names.get(sha, ""), heads=own)


def unread(stores: Stores, said: str) -> tuple[str, str] | None:
    """Return hash and source of a document that was refused, as its refusal names it."""
    for scope, body in book.quarantined(stores.ledger).items():
        found = re.search(r"invoice confirm ([0-9a-f]{12}) --reject", body["detail"])
        if found and said.startswith(found[1][: len(said)]):
            start = max(said, found[1], key=len)
            there = stores.archive.beginning(start)
            return (there[0], scope.partition("/")[0]) if there else None
    return None


def _counting(stores: Stores) -> Bodies:
    return {scope: record.body for scope, record in book.counting(stores.ledger).items()}


def _names(bodies: Bodies) -> dict[str, str]:
    return {
        each["document"]["sha256"]: each["document"]["name"]
        for body in bodies.values()
        for each in body["documents"]
    }


def _words(names: str) -> set[str]:
    """Return every way to say the name of a document."""
    found = set(names.split(" = "))
    return found | {name.rpartition("!")[2] for name in found}


def _headers(stores: Stores, schema: pl.Schema) -> Iterator[pl.DataFrame]:
    for scope, body in sorted(book.current(stores.ledger).items()):
        for each in body["documents"]:
            if "invoice_headers" in each.get("beside", ()):
                frame = pl.read_parquet(
                    stores.lake.path("invoice_headers", each["charges"]), glob=False
                )
                month = pl.lit(scope.rpartition("/")[2])
                yield frame.with_columns(month.alias(PERIOD)).select(schema.names())


def _charges(stores: Stores, sha256: str) -> pl.LazyFrame:
    frames = [
        charge_frame(pl.scan_parquet(stores.lake.path("charges", each["charges"]), glob=False))
        for body in _counting(stores).values()
        for each in body["documents"]
        if each["document"]["sha256"] == sha256
    ]
    return pl.concat(frames) if frames else pl.LazyFrame(schema=CHARGE)
