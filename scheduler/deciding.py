"""What persons decided about invoices: written as a file and into the ledger, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ingest.invoice.verdict import FOLDER, Verdict, verdicts, write
from ingest.source import Source
from models.errors import BrokenError, SourceError
from models.ledger import Entry
from scheduler.workspace import Project, Stores

DECIDED: Final = "invoice.confirmed"  # a person's word; the entry has who, why, and the hash


def folder_of(project: Project, source: str) -> str:
    """Return the folder with the decisions about a source's documents, as it is configured."""
    found = project.settings.sources.get(source, {}).get("decisions", FOLDER)
    return str(found)


def decide(project: Project, stores: Stores, source: str, verdict: Verdict) -> Path:
    """Write a decision into the ledger and as a file; the caller holds the lock.

    Killed in between, the same decision can be made again.
    """
    folder = folder_of(project, source)
    body = {
        "source": source,
        "act": verdict.act,
        "document": verdict.document,
        "supersedes": verdict.supersedes,
        "by": verdict.by,
        "reason": verdict.reason,
        "forced": verdict.forced,
        "hash": verdict.hash,
        "file": f"{folder}/{verdict.file}",
    }
    stores.ledger.append(Entry(DECIDED, verdict.file, body))
    return write(project.folder / folder, verdict)


def doubted(project: Project, stores: Stores, source: Source) -> list[SourceError]:
    """Return why a source's decisions are not to be believed; nothing when they are.

    A file that no command wrote is no person's word, whatever its name.
    """
    name = folder_of(project, source.name)
    try:
        found = verdicts(source.name, project.folder / name)
    except SourceError as error:
        return [error]
    known = _hashes(stores)
    detail = (
        "is not in the ledger: nobody decided this here; remove it, and use `trueup invoice "
        "confirm` if it is right"
    )
    return [
        BrokenError(source.name, f"{name}/{verdict.file}", detail)
        for verdict in found
        if verdict.hash not in known
    ]


def withdrawn(project: Project, stores: Stores) -> Iterator[str]:
    """Yield decisions of the ledger whose file is gone: what they said does not hold any more."""
    for record in stores.ledger.entries(DECIDED):
        if not (project.folder / record.body["file"]).exists():
            said = f"{record.body['act']} by {record.body['by']} on {record.at[:10]}"
            yield f"{record.body['file']}: {said} was removed, and does not hold any more"


def _hashes(stores: Stores) -> set[str]:
    return {record.body["hash"] for record in stores.ledger.entries(DECIDED)}
