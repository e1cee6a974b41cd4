"""Documents beside the bills in the ledger, and what they say about accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

import polars as pl

from ingest.reference import Reference, Referenced, scope
from ingest.source import Document, Source
from models import coverage, pricelist
from models.archive import Archive
from models.coverage import Account, unnamed
from models.errors import AbsentError, SourceError, StoreError
from models.ledger import Entry, Ledger
from models.period import Month
from models.pricelist import PriceList
from models.problem import Problem
from scheduler.progress import Progress
from scheduler.shelf import Shelf
from scheduler.workspace import Project, Stores

KIND: Final = "reference"  # source/subject/month: the document
FAILED: Final = "reference.failed"  # source: why one was not brought; empty once all were


def refer(source: Source, stores: Stores, months: Sequence[Month], progress: Progress) -> None:
    """Bring what a source has to say beside its bills; figures do not wait for it."""
    if not isinstance(source, Referenced):
        return
    held = stores.ledger.latest(KIND).items()
    known = [name for name, record in held if record.body["sha256"] in stores.archive]
    failed = ""
    for found in source.references(months, stores.archive, known):
        if isinstance(found, Reference):
            _note(stores.ledger, KIND, found.scope, asdict(found.document))
        elif not isinstance(found, AbsentError) or not found.period:
            failed = _line(found)
            progress.note(f"trueup: {found}")
    if failed or source.name in stores.ledger.latest(FAILED):
        _note(stores.ledger, FAILED, source.name, {"detail": failed})


def _line(error: SourceError) -> str:
    return f"{error.document}: {error.detail}"


def _note(ledger: Ledger, kind: str, subject: str, body: dict[str, Any]) -> None:
    newest = ledger.latest(kind).get(subject)
    if newest is None or newest.body != body:
        ledger.append(Entry(kind, subject, body))


def price_lists(project: Project, stores: Stores, month: Month) -> dict[str, PriceList]:
    """Return the list prices of a month, by the source that brought them.

    Raises:
        StoreError: when one is missing or damaged in the archive.
    """
    held = stores.ledger.latest(KIND)
    scopes = {source.name: scope(source.name, "prices", month) for source in project.sources}
    return {
        name: pricelist.read(_bytes(stores.archive, held[each].body))
        for name, each in scopes.items()
        if each in held
    }


def _bytes(archive: Archive, body: Any) -> bytes:  # noqa: ANN401 - a body of the ledger
    return archive.path(Document(**body).sha256).read_bytes()


def problems(project: Project, held: Shelf, month: Month) -> Iterator[Problem]:
    """Yield what accounts and failures beside the bills deserve attention.

    Args:
        project: The project.
        held: What the ledger holds.
        month: The month in which accounts without cost are looked for.
    """
    for source in project.sources:
        yield from unthought(project, held.stores, source)
        yield from _idle(held, source, month)


def unthought(project: Project, stores: Stores, source: Source) -> Iterator[Problem]:
    """Yield the accounts of a source that nobody gave to a project, and why none are known."""
    failure = stores.ledger.latest(FAILED).get(source.name)
    if failure and failure.body["detail"]:
        yield _problem(source, "", "reference", failure.body["detail"])
    owner, accounts = _accounts(stores, source)
    for account in unnamed(accounts, project.registry, project.rules):
        said = (
            f"'{account.id}' can cause cost, and no project and no rule names it; make it an "
            "alias of a project, or write a rule on account"
        )
        yield _problem(source, owner, "unnamed_account", said)


def _idle(held: Shelf, source: Source, month: Month) -> Iterator[Problem]:
    """Yield one note about the accounts that could cause cost and did not."""
    owner, accounts = _accounts(held.stores, source)
    record = held.counting.get(f"{source.name}/{month}")
    if not accounts or record is None:
        return
    seen = _seen(held.stores, [document["keys"] for document in record.body["documents"]])
    idle = [account.id for account in accounts if account.enabled and account.id not in seen]
    if idle:
        said = f"no cost in {month} of {len(idle)} accounts: {', '.join(idle[:10])}"
        yield _problem(source, owner, "idle_account", f"{said}{', ...' if idle[10:] else ''}")


def _seen(stores: Stores, keys: Sequence[str]) -> set[str | None]:
    frames = [pl.scan_parquet(stores.lake.path("keys", name), glob=False) for name in keys]
    column = pl.col("sub_account_id").unique()
    return {value for frame in frames for value in frame.select(column).collect().to_series()}


def _accounts(stores: Stores, source: Source) -> tuple[str, tuple[Account, ...]]:
    held = stores.ledger.latest(KIND).get(scope(source.name, "accounts", None))
    if held is None:
        return "", ()
    try:
        return coverage.read(_bytes(stores.archive, held.body))
    except StoreError:
        return "", ()  # the next run brings it again


def _problem(source: Source, document: str, rule: str, detail: str) -> Problem:
    severity: Final = "info" if rule == "idle_account" else "warning"
    return Problem(
        source=source.name, document=document, rule=rule, detail=detail, severity=severity
    )
