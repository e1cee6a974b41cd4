"""Alerts of a night: decided on the report, stored with their messages, then delivered."""

from __future__ import annotations

from models.ledger import Entry
from reconcile.alerts import Standing, decide
from reconcile.line import Line
from reconcile.message import event, message
from reconcile.portfolio import Portfolio
from reconcile.state import State
from scheduler.outbox import queued
from scheduler.publish import known_alerts
from scheduler.workspace import Project, Stores


def raise_alerts(project: Project, stores: Stores, report: Portfolio, *, run: str) -> list[str]:
    """Store what changed and the messages about it in one transaction; return the subjects."""
    lines = {line.key: line for line in report.projects}
    today = report.as_of.date().isoformat()
    standings = [standing for line in lines.values() if (standing := _standing(line))]
    entries: list[Entry] = []
    subjects = []
    for act, alert in decide(standings, known_alerts(stores), today=today):
        line = lines[alert.project]
        told = message(act, alert, line, report, run=run)
        sent = event(act, alert, line, report, told, run=run, at=report.as_of.isoformat())
        entries += [Entry("alert", alert.key, alert.body())]
        entries += queued(project.settings.channels, sent)
        subjects.append(told.subject)
    if entries:
        stores.ledger.append(*entries)
    return subjects


def _standing(line: Line) -> Standing | None:
    if line.outlook is None or line.outlook.limit.value is None:
        return None
    eac = line.completion.eac.value
    if eac is None:
        return None
    trusted = line.complete and line.state not in (State.NO_ACTUALS, State.INCOMPLETE)
    return Standing(project=line.key, eac=eac, limit=line.outlook.limit.value, trusted=trusted)
