"""Rebuilding the lake: every current delivery again, from the archive alone."""

from __future__ import annotations

from ingest import book
from ingest.load import load_delivery
from models.errors import StoreError
from scheduler.progress import Progress
from scheduler.workspace import Project, Stores


def reload(project: Project, stores: Stores, progress: Progress) -> None:
    """Load every current delivery from the archive; the ledger is not changed.

    Raises:
        StoreError: when the archive lacks a document, or a source is no longer configured.
    """
    current = book.current(stores.ledger)
    progress.step("rebuild", len(current))
    by_name = {source.name: source for source in project.sources}
    for scope, body in sorted(current.items()):
        delivery = book.delivery(scope, body)
        if delivery.source not in by_name:
            raise StoreError(
                f"{scope}: source {delivery.source!r} is no longer in trueup.yaml; put it back"
            )
        load_delivery(by_name[delivery.source], delivery, stores.archive, stores.lake)
        progress.advance(scope)
