"""Closing of a project's month: what is frozen, what is read back, and at which rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.closing import Held, Pins
from models import books as book
from models.fingerprint import fingerprint
from models.period import Month
from models.pinnedrates import stated
from models.plan import current
from reconcile.recognition import posted_to
from scheduler import version
from scheduler.booking import Books
from scheduler.version import present
from scheduler.workspace import Project, Stores

# what of the settings a figure depends on
SETTINGS = ("name", "reporting_currency", "materiality", "allocation")


def freeze(
    project: Project,
    stores: Stores,
    books: Books,
    month: Month,
    report_documents: Mapping[str, bytes],
) -> Pins:
    """Put the books of a month and its report into the archive, and return what is to be pinned.

    Nothing is closed by it: documents that no close names change nothing.

    Args:
        project: The project as it is configured now.
        stores: Its stores; the caller holds the lock.
        books: The books of this instant.
        month: The month to close.
        report_documents: The report that is signed: bytes by form (`html`, `md`, `json`).
    """
    rows = posted_to(books.spend, month)
    kept = stores.archive.put([book.written(rows)])
    return Pins(
        rules=present(project).hash,
        program=version.PROGRAM,
        plans=plans(project),
        rates=stated(project.rates, month),
        settings=settings(project),
        books=Held(sha256=kept.sha256, rows=rows.height, sums=book.sums(rows)),
        reports={
            form: stores.archive.put([data]).sha256
            for form, data in sorted(report_documents.items())
        },
    )


def plans(project: Project) -> dict[str, dict[str, Any]]:
    """Return version and hash of the plan of each project that has one."""
    return {
        plan.project: {"version": plan.version, "hash": plan.fingerprint}
        for plan in current(project.plans)
    }


def settings(project: Project) -> str:
    """Return the hash of the settings that figures depend on."""
    return fingerprint(project.settings.model_dump(mode="json", include={*SETTINGS}))
