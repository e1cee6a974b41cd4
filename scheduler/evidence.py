"""What the checks of a month look at, gathered from configuration, stores and its report."""

from __future__ import annotations

from collections.abc import Mapping

from models.ledger import Ledger
from models.period import Month
from reconcile.close.check import Evidence
from reconcile.portfolio import Portfolio
from scheduler import decisions, paper, planning, recording, version
from scheduler.beside import PERIOD
from scheduler.life import unclosed
from scheduler.shelf import Shelf, shelf
from scheduler.workspace import Project, Stores

SHORT = 12  # digits of a hash that a person reads


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
        sources=list({line.state.source: line.state for line in report.sources}.values()),
        lines=report.sources,
        assertions=[each for each in report.assertions if each.month == month],
        aside=_aside(held, month),
        waiting=_waiting(stores, month),
        unplanned=_unplanned(report),
        recorded=is_recorded(project, stores),
        comments=[each for each in report.commentary if each.why],
        required=project.settings.close.comments == "required",
        head=stores.ledger.head[:SHORT],
        waived=waived,
        explained=explained,
    )


def is_recorded(project: Project, stores: Stores) -> bool:
    """Return whether the newest run used rules, projects, plans, rates and draws as they are."""
    ledger: Ledger = stores.ledger
    return not (
        version.entries(project, ledger)
        or recording.versions(project, ledger)
        or planning.entries(project, ledger)
        or decisions.entries(project, stores)
    )


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
