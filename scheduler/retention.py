"""Retention: what only deliveries need that have not counted for long, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

from ingest.kind import CLOSED, LOADED, RECEIVED
from models.ledger import Entry, Ledger, Record
from scheduler.claiming import stale
from scheduler.origin import files_of
from scheduler.reference import KIND as REFERENCE
from scheduler.version import retired
from scheduler.workspace import Stores

PRUNED: Final = "pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What can go: documents by hash, and files of the lake; `size` in bytes."""

    documents: tuple[str, ...]
    files: tuple[Path, ...]
    size: int

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.documents or self.files)


def prunable(stores: Stores, before: datetime) -> Pruning:
    """Return what only deliveries need that stopped counting before an instant.

    Kept is whatever counts now, whatever a closed month was closed with, the newest that
    each source showed, and everything that counted at any time since: a report of those
    days can be made again; of spend, only that by rules which counted since, or which a
    closed month was closed with. What no entry of the ledger names is left alone, but for
    claims of rules, of which only the newest are kept.
    """
    kept, gone = _divided(stores.ledger, before)
    documents = sorted(
        sha256
        for sha256 in _documents(gone) - _documents(kept) - _beside(stores.ledger)
        if sha256 in stores.archive
    )
    files = sorted(
        path for path in _files(stores, gone) - _files(stores, kept) if stores.lake.has(path)
    )
    files = sorted({*files, *stale(stores), *_superseded(stores, kept, before)})
    size = sum(stores.archive.size(sha256) for sha256 in documents)
    return Pruning(
        documents=tuple(documents),
        files=tuple(files),
        size=size + sum(stores.lake.size(path) for path in files),
    )


def prune(stores: Stores, found: Pruning, before: datetime) -> None:
    """Remove what was found, after saying so in the ledger; the caller holds the lock.

    Killed in the middle, the rest is found again.

    Raises:
        StoreError: when something cannot be removed.
    """
    folder = stores.lake.folder
    body = {
        "before": before.isoformat(),
        "documents": list(found.documents),
        "files": [path.relative_to(folder).as_posix() for path in found.files],
        "size": found.size,
    }
    stores.ledger.append(Entry(PRUNED, "retention", body))
    for path in found.files:
        stores.lake.remove(path)
    for sha256 in found.documents:
        stores.archive.remove(sha256)


def _divided(ledger: Ledger, before: datetime) -> tuple[list[Record], list[Record]]:
    """Return the entries about deliveries that are needed, and those that are not any more."""
    pinned = _pinned(ledger)
    kept: list[Record] = []
    gone: list[Record] = []
    for kind in (RECEIVED, LOADED):
        records = sorted(ledger.entries(kind), key=lambda record: (record.subject, record.seq))
        for _, history in groupby(records, key=lambda record: record.subject):
            for record, end in _ends(list(history)):
                is_over = end is not None and datetime.fromisoformat(end) < before
                is_pinned = (record.subject, record.body.get("delivery")) in pinned
                (gone if is_over and not is_pinned else kept).append(record)
    return kept, gone


def _ends(history: list[Record]) -> Iterator[tuple[Record, str | None]]:
    """Yield each entry of a scope with the moment it was replaced; None for the newest."""
    yield from ((record, later.at) for record, later in pairwise(history))
    yield history[-1], None


def _pinned(ledger: Ledger) -> set[tuple[str, str]]:
    """Return scope and id of every delivery that a month was ever closed with."""
    closes = ledger.entries(CLOSED)
    return {pin for record in closes for pin in record.body["deliveries"].items()}


def _documents(records: Iterable[Record]) -> set[str]:
    found: set[str] = set()
    for record in records:
        manifest = record.body["manifest"]
        found |= {document["sha256"] for document in record.body["sources"]}
        found |= {manifest["sha256"]} if manifest else set()
    return found


def _beside(ledger: Ledger) -> set[str]:
    """Return the documents that lie beside the bills, such as price lists."""
    return {record.body["sha256"] for record in ledger.entries(REFERENCE)}


def _superseded(stores: Stores, records: Iterable[Record], before: datetime) -> Iterator[Path]:
    """Yield the spend of deliveries that are needed, by rules that are not."""
    gone = retired(stores.ledger, before)
    for record in records if gone else ():
        if record.kind == LOADED:
            for path in stores.lake.beginning("spend", record.body["delivery"]):
                if path.stem.rpartition("-")[2] in gone:
                    yield path


def _files(stores: Stores, records: Iterable[Record]) -> set[Path]:
    found: set[Path] = set()
    for record in records:
        if record.kind == LOADED:
            found |= files_of(stores.lake, record.body)
            found |= set(stores.lake.beginning("spend", record.body["delivery"]))
    return found
