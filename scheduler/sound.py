"""Documents that figures are made of, and that the archive no longer has as they arrived."""

from __future__ import annotations

from collections.abc import Iterator

from ingest import book
from models.errors import StoreError
from models.witness import Witness
from scheduler.workspace import Project, Stores


def damaged(project: Project, stores: Stores) -> list[str]:
    """Return what is lost or was altered, a line each; files that did not change are not read.

    Figures stay as they are: they were made of what was proved on arrival. Of a closed month
    no command gets as far as this.
    """
    witness = Witness(stores.archive, project.state / "witness")
    found = list(_found(stores, witness))
    witness.keep()
    return found


def _found(stores: Stores, witness: Witness) -> Iterator[str]:
    for scope, body in sorted(book.current(stores.ledger).items()):
        manifest = body["manifest"]
        for document in (*body["sources"], *([manifest] if manifest else [])):
            try:
                witness.prove(document["sha256"])
            except StoreError:
                yield (
                    f"{scope}: {document['name']}: is lost in the archive or was altered "
                    f"({document['sha256'][:12]}); figures stay, restore it from a backup"
                )
