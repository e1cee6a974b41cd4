"""Closing of a project's month: what is frozen, what is read back, and at which rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from ingest.closing import Close, Held, Pins, closes
from models import books as book
from models.period import Month
from models.pinnedrates import stated
from models.plan.plan import current
from models.settings import Close as CloseSettings
from reconcile.recognition import posted_to
from scheduler import planning, snapshot, version
from scheduler.booking import Books
from scheduler.version import present
from scheduler.workspace import Project, Stores

_TOLD: Final = ("at", "closed_by", "signed_by", "reason")
_REOPENED: Final = ("reopened_at", "reopened_by", "reopened_for")
CLOSES: Final = pl.Schema(
    {
        "month": pl.String(),
        "version": pl.Int64(),
        **dict.fromkeys((*_TOLD, *_REOPENED), pl.String()),
    }
)


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
        plans=plans(planning.standing(project, stores.ledger)),
        rates=stated(books.rates, month, map(Month.parse, rows["adjusts"].drop_nulls().unique())),
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
    """Return the hash of the settings that figures depend on; how months are closed is none."""
    return snapshot.settings(project.settings.model_copy(update={"close": CloseSettings()}))


def closes_frame(stores: Stores) -> pl.DataFrame:
    """Return every version of every month that was ever closed, for the warehouse."""
    rows = [(*_told(each), *_reopened(each)) for each in closes(stores.ledger)]
    return pl.DataFrame(rows, schema=CLOSES, orient="row")


def _told(each: Close) -> tuple[Any, ...]:
    body = each.record.body
    said = (body["by"], body.get("signed_by", ""), body["reason"])
    return (str(each.month), each.version, each.record.at, *said)


def _reopened(each: Close) -> tuple[Any, ...]:
    last = each.reopened
    return (last.at, last.body["by"], last.body["reason"]) if last else (None, None, None)
