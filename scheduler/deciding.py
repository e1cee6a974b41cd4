"""What persons decided about invoices: written as a file and into the ledger, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ingest.invoice.verdict import FOLDER, Verdict, verdicts, write
from ingest.source import Source
from models.errors import BrokenError, RefusedError, SourceError
from models.ledger import Entry
from scheduler import paper
from scheduler.beside import counted
from scheduler.paper import Found
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


def forsaken(project: Project, stores: Stores) -> Iterator[str]:
    """Yield decisions that hold no more: their file is gone, or the document they are about."""
    held = set(counted(stores, "invoice_headers")["x_document"])
    for record in stores.ledger.entries(DECIDED):
        said = f"{record.body['act']} by {record.body['by']} on {record.at[:10]}"
        if not (project.folder / record.body["file"]).exists():
            yield f"{record.body['file']}: {said} was removed, and does not hold any more"
        elif record.body["document"] not in held:
            yield (
                f"{record.body['file']}: {said} is about a document that is not there any more; "
                "bring it back, or remove the decision"
            )


def amended(opened: Stores, found: Found, named: str, other: str) -> dict[str, Any]:
    """Return which invoice counts and which does not, as fields of a decision.

    Args:
        opened: The stores.
        found: The document with the invoice that counts.
        named: Its number where the document holds several.
        other: Document or number of the one that does not.

    Raises:
        RefusedError: when either is not certain.
    """
    number = _number(found, named)
    rows = paper.newest(opened).iter_rows(named=True)
    if any(other == row["invoice_id"] != number for row in rows):
        return {"number": number, "supersedes": other}
    against = paper.document(opened, other)
    if against.sha256 == found.sha256:
        raise RefusedError(f"{other!r} is the document itself; name the one that shall not count")
    theirs = _number(against, number)
    return {"number": number, "supersedes": against.sha256, "supersedes_number": theirs}


def _number(found: Found, named: str) -> str:
    """Return the number that is meant of those in a document."""
    numbers = sorted({head["invoice_id"] for head in found.heads})
    if named in numbers or len(numbers) == 1:
        return named if named in numbers else numbers[0]
    shown = ", ".join(numbers[:5])
    raise RefusedError(f"{found.name}: holds several invoices, {shown}; say which by its number")


def _hashes(stores: Stores) -> set[str]:
    return {record.body["hash"] for record in stores.ledger.entries(DECIDED)}
