"""Rebuilding the lake: every delivery that is needed again, from the archive alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest import book
from ingest.load import lake_name
from ingest.source import Delivery, Source
from models.errors import RefusedError
from models.ledger import Record
from scheduler import claiming
from scheduler.loading import Arrivals, Loading, load
from scheduler.origin import files_of
from scheduler.progress import Progress
from scheduler.spending import period, spend_name
from scheduler.version import Versions, present, versions
from scheduler.workspace import Project, Stores


def reload(project: Project, stores: Stores, progress: Progress) -> None:
    """Load every needed delivery from the archive; the ledger is not changed.

    Raises:
        StoreError: when the archive lacks a document.
    """
    again(project, stores, progress, needed(stores))


def again(project: Project, stores: Stores, progress: Progress, wanted: Sequence[Record]) -> None:
    """Load some deliveries from the archive, of sources that are configured.

    Raises:
        StoreError: when the archive lacks a document.
    """
    progress.step("rebuild", sum(len(record.body["documents"]) for record in wanted))
    arrivals = Arrivals(stores.archive, stores.lake)
    tasks = _documents(project, wanted, arrivals)
    for answer in stores.engine.each(load, tasks, lambda task: progress.advance(task.name)):
        arrivals.take(answer)
        for arrival in arrivals.over():
            arrival.loaded()


def _documents(project: Project, wanted: Sequence[Record], arrivals: Arrivals) -> Iterator[Loading]:
    by_name = {source.name: source for source in project.sources}
    for record in wanted:
        delivery = book.delivery(record.subject, record.body)
        yield from arrivals.tasks(by_name[delivery.source], delivery)


def needed(stores: Stores) -> list[Record]:
    """Return the entries of what counts, and of the newest where that is something else."""
    counting = book.counting(stores.ledger).values()
    newest = stores.ledger.latest(book.LOADED).values()
    return sorted({each.seq: each for each in (*counting, *newest)}.values(), key=_place)


def buildable(project: Project, stores: Stores) -> None:
    """Make sure that what is about to be deleted can be built again as it is.

    Raises:
        RefusedError: when a source is gone from the configuration, or reads its documents
            in another way than when they were loaded, or the rules of a closed month would
            be read in another way; nothing was deleted.
    """
    _attributable(stores, versions(stores.ledger, present(project)))
    readable(project, needed(stores))


def readable(project: Project, wanted: Sequence[Record]) -> None:
    """Make sure that deliveries would be loaded again as they are.

    Raises:
        RefusedError: when a source is gone from the configuration, or reads its documents
            in another way than when they were loaded.
    """
    by_name = {source.name: source for source in project.sources}
    for record in wanted:
        delivery = book.delivery(record.subject, record.body)
        if delivery.source not in by_name:
            raise RefusedError(
                f"{record.subject}: source {delivery.source!r} is no longer in trueup.yaml; "
                "put it back"
            )
        if not _reads_alike(by_name[delivery.source], delivery, record):
            raise RefusedError(
                f"{record.subject}: was loaded by another version of trueup or with other "
                "settings, and cannot be built again as it is; use `trueup run` first, and for a "
                "closed month that version"
            )


def _attributable(stores: Stores, mine: Versions) -> None:
    for scope in sorted(book.counting(stores.ledger)):
        if not mine.of(period(scope)).exact:
            raise RefusedError(
                f"{scope}: is of a month that was closed by another version of trueup, and cannot "
                "be attributed again as it was; use that version"
            )


def files(project: Project, stores: Stores) -> set[Path]:
    """Return the lake files that figures are made of, of those that are there."""
    mine, found = versions(stores.ledger, present(project)), set[Path]()
    for record in needed(stores):
        found |= files_of(stores.lake, record.body)
    stated = book.stated(stores.ledger)
    for scope, record in (*book.counting(stores.ledger).items(), *stated.items()):
        name = spend_name(record.body, mine.name(period(scope)))
        found.add(stores.lake.place("spend", name))
    found |= claiming.current(stores, mine)
    return {path for path in found if stores.lake.has(path)}


def _reads_alike(source: Source, delivery: Delivery, record: Record) -> bool:
    names = [document["charges"] for document in record.body["documents"]]
    return names == [lake_name(source, document, delivery) for document in delivery.documents]


def _place(record: Record) -> tuple[str, int]:
    return record.subject, record.seq
