"""What the checks of a month look at, gathered from configuration, stores and its report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ingest.kind import RULES
from models.errors import ConfigError
from models.ledger import Ledger
from models.period import Month
from models.plan.version import VERSION
from reconcile.close.check import Evidence
from reconcile.portfolio import Portfolio
from scheduler import decisions, paper, planning, version
from scheduler.beside import PERIOD
from scheduler.close import closing
from scheduler.close.life import unclosed, with_data
from scheduler.past import recording, restoring, texts
from scheduler.shelf import Shelf, shelf
from scheduler.workspace import Project, Stores

SHORT = 12  # digits of a hash that a person reads
_NAMES: Final = {
    RULES: "rules or projects",
    VERSION: "plans",
    "plan": "plans",
    decisions.DRAWN: "draws",
}


def evidence(
    project: Project,
    stores: Stores,
    report: Portfolio,
    *,
    waived: Mapping[str, str],
    explained: Mapping[str, str],
) -> Evidence:
    """Return what stands for and against closing the month of a report.

    Args:
        project: The project as it is configured now.
        stores: Its stores; the ledger was verified when they were opened.
        report: The report that would be signed.
        waived: Reasons, by source, to close without its final bill.
        explained: Reasons, by key, for what does not hold.
    """
    month, held = report.month, shelf(stores, report.as_of)
    return Evidence(
        month=month,
        as_of=report.as_of,
        earlier=unclosed(held, month, report.as_of),
        empty=_is_empty(held, report),
        sources=list({line.state.source: line.state for line in report.sources}.values()),
        lines=report.sources,
        assertions=[each for each in report.assertions if each.month == month],
        aside=_aside(held, month),
        waiting=_waiting(stores, month),
        unplanned=_unplanned(report),
        edited=edited(project, stores),
        comments=[each for each in report.commentary if each.why],
        required=project.settings.close.comments == "required",
        head=stores.ledger.head[:SHORT],
        waived=waived,
        explained=explained,
    )


def edited(project: Project, stores: Stores) -> list[str]:
    """Return what of the configuration the newest run did not use as it is now, by name.

    Comments are none of it: they may be written until the month is closed.
    """
    ledger: Ledger = stores.ledger
    news = (
        *version.entries(project, ledger),
        *recording.versions(project, ledger),
        *planning.entries(project, ledger),
        *decisions.entries(project, stores),
    )
    return sorted({*(_NAMES.get(each.kind, each.kind) for each in news), *_apart(project, ledger)})


def _apart(project: Project, ledger: Ledger) -> Iterator[str]:
    """Yield what figures depend on and no entry of its own tells: settings, and progress."""
    known = restoring.recorded(ledger)
    if not known or known == texts.texts(project.folder, project.settings):
        return
    try:
        before = restoring.restored(project, known)
    except ConfigError:  # an older program has read them: nobody knows what they were
        yield "settings"
        return
    if closing.settings(before) != closing.settings(project):
        yield "settings"
    if before.progress.fingerprint != project.progress.fingerprint:
        yield "progress"


def _is_empty(held: Shelf, report: Portfolio) -> bool:
    """Return whether nothing was delivered of a month, and it bears nothing."""
    borne = (line.month.ac.value for line in (report.total, report.unallocated))
    return report.month not in with_data(held) and not any(borne)


def _aside(held: Shelf, month: Month) -> dict[str, int]:
    """Return how many rows of a month were set aside, by source."""
    found: dict[str, int] = {}
    for scope, record in held.current.items():
        source, _, period = scope.rpartition("/")
        rows = sum(document["rejected_rows"] for document in record.body["documents"])
        if period == str(month) and rows:
            found[source] = rows
    return found


def _waiting(stores: Stores, month: Month) -> dict[str, str]:
    """Return invoices of a month that wait for a person: what each waits for."""
    return {
        f"{row['x_source']}/{row['invoice_id'] or row['x_document'][:SHORT]}": row["status"]
        for row in paper.waiting(stores)
        if row[PERIOD] == str(month)
    }


def _unplanned(report: Portfolio) -> list[str]:
    planned = {plan.project for plan in report.plans}
    return [line.key for line in report.projects if line.month.ac.value and line.key not in planned]
