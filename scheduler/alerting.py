"""Alerts of a night: decided on the report, stored with their messages, then delivered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from models.ledger import Entry
from models.money import ZERO
from reconcile import afterwards, message, unassigned
from reconcile.alerts import (
    DAILY_ANOMALY,
    SPEND_AFTER_END,
    UNALLOCATED_OVER,
    Act,
    Afterwards,
    Alert,
    Standing,
    decide,
)
from reconcile.anomaly import told as told_days
from reconcile.anomaly.shown import AnomalyLine, Unusual, recent, unusual
from reconcile.line import Line
from reconcile.message import Message
from reconcile.portfolio import Portfolio
from reconcile.state import State
from scheduler.outbox import queued
from scheduler.publish import known_alerts
from scheduler.workspace import Project, Stores


def raise_alerts(project: Project, stores: Stores, report: Portfolio, *, run: str) -> list[str]:
    """Store what changed and the messages about it in one transaction; return the subjects."""
    known, today = known_alerts(stores), report.as_of.date().isoformat()
    standings = [standing for line in report.projects if (standing := _standing(line))]
    ended = _ended(report, [*project.registry.ids, *_told(known, SPEND_AFTER_END)])
    entries: list[Entry] = []
    subjects = []
    loose = unassigned.unassigned(report, project.settings.allocation.unallocated_over)
    odd = _unusual(project, report, known)
    for act, alert in decide([*standings, *ended, loose, *odd], known, today=today):
        told, sent = _said(act, alert, project, report, run)
        entries += [Entry("alert", alert.key, alert.body())]
        entries += queued(project.settings.channels, sent)
        subjects.append(told.subject)
    if entries:
        stores.ledger.append(*entries)
    return subjects


def _said(
    act: Act, alert: Alert, project: Project, report: Portfolio, run: str
) -> tuple[Message, dict[str, Any]]:
    """Return the message about a change, and the event that carries it."""
    at = report.as_of.isoformat()
    if alert.rule == SPEND_AFTER_END:
        spent = {each.project: each for each in report.outside if each.side == "after"}
        found, owned = spent.get(alert.project), project.registry.project(alert.project)
        told = afterwards.message(act, alert, found, owned, report)
        return told, afterwards.event(act, alert, found, owned, report, told, run=run, at=at)
    if alert.rule == DAILY_ANOMALY:
        days = _recent(project, report, alert.project)
        odd = told_days.message(act, alert, days, report)
        return odd, told_days.event(act, alert, days, report, odd, run=run, at=at)
    if alert.rule == UNALLOCATED_OVER:
        accepted = project.settings.allocation.unallocated_over
        told = unassigned.message(act, alert, report, accepted)
        return told, unassigned.event(act, alert, report, told, run=run, at=at)
    line = next(each for each in report.projects if each.key == alert.project)
    told = message.message(act, alert, line, report, run=run)
    return told, message.event(act, alert, line, report, told, run=run, at=at)


def _unusual(project: Project, report: Portfolio, known: Mapping[str, Alert]) -> Iterator[Unusual]:
    """Yield how each project stands whose days stood out, lately or when last told."""
    told, days = _told(known, DAILY_ANOMALY), project.settings.anomalies.days
    yield from unusual(report.anomalies, told, report.as_of.date(), days)


def _recent(project: Project, report: Portfolio, name: str) -> list[AnomalyLine]:
    lately = recent(report.anomalies, report.as_of.date(), project.settings.anomalies.days)
    return [line for line in lately if line.anomaly.project == name]


def _told(known: Mapping[str, Alert], rule: str) -> Iterator[str]:
    """Yield projects of which a rule was told, in the registry or not any more."""
    yield from (each.project for each in known.values() if each.rule == rule)


def _ended(report: Portfolio, projects: Iterable[str]) -> Iterator[Afterwards]:
    """Yield what each project has spent after its end; most have none."""
    spent = {each.project: each.amount.value for each in report.outside if each.side == "after"}
    for each in dict.fromkeys(projects):
        yield Afterwards(project=each, excess=spent.get(each) or ZERO)


def _standing(line: Line) -> Standing | None:
    if line.outlook is None or line.outlook.limit.value is None:
        return None
    eac = line.completion.eac.value
    if eac is None:
        return None
    trusted = line.complete and line.state not in (State.NO_ACTUALS, State.INCOMPLETE)
    return Standing(project=line.key, eac=eac, limit=line.outlook.limit.value, trusted=trusted)
