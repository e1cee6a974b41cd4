"""Alerts of a night: decided on the report, stored with their messages, then delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from models.ledger import Entry
from models.money import ZERO
from reconcile import afterwards, message, unassigned, unplanned
from reconcile.alerts import (
    COST_WITHOUT_PLAN,
    DAILY_ANOMALY,
    EAC_OVER_LIMIT,
    SPEND_AFTER_END,
    UNALLOCATED_OVER,
    Act,
    Afterwards,
    Alert,
    Standing,
    Watched,
    decide,
)
from reconcile.anomaly import told as told_days
from reconcile.anomaly.shown import recent, unusual
from reconcile.line import Line
from reconcile.message import Message
from reconcile.outside import Outside
from reconcile.portfolio import Portfolio
from reconcile.state import State
from scheduler.outbox import queued
from scheduler.publish import known_alerts
from scheduler.workspace import Project, Stores

Told = tuple[Message, dict[str, Any]]  # what people read, and the event that carries it


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of an alert, and what it is told with."""

    act: Act
    alert: Alert
    project: Project
    report: Portfolio
    run: str

    @property
    def at(self) -> str:
        """When the data was current."""
        return self.report.as_of.isoformat()


def raise_alerts(project: Project, stores: Stores, report: Portfolio, *, run: str) -> list[str]:
    """Store what changed and the messages about it in one transaction; return the subjects."""
    known, today = known_alerts(stores), report.as_of.date().isoformat()
    entries: list[Entry] = []
    subjects = []
    for act, alert in decide(_watched(project, report, known), known, today=today):
        told, sent = TELLERS[alert.rule](
            Change(act=act, alert=alert, project=project, report=report, run=run)
        )
        entries += [Entry("alert", alert.key, alert.body())]
        entries += queued(project.settings.channels, sent)
        subjects.append(told.subject)
    if entries:
        stores.ledger.append(*entries)
    return subjects


def _watched(project: Project, report: Portfolio, known: Mapping[str, Alert]) -> Iterator[Watched]:
    """Yield what every rule looks at; a project that was told of is looked at as long as it is."""
    yield from (standing for line in report.projects if (standing := _standing(line)))
    yield from _ended(report, [*project.registry.ids, *_told(known, SPEND_AFTER_END)])
    yield unassigned.unassigned(report, project.settings.allocation.unallocated_over)
    yield from unplanned.unplanned(report, _told(known, COST_WITHOUT_PLAN))
    told, days = _told(known, DAILY_ANOMALY), project.settings.anomalies.days
    yield from unusual(report.anomalies, told, report.as_of.date(), days)


def _told(known: Mapping[str, Alert], rule: str) -> Iterator[str]:
    """Yield projects of which a rule was told, in the registry or not any more."""
    yield from (each.project for each in known.values() if each.rule == rule)


def _standing(line: Line) -> Standing | None:
    if line.outlook is None or line.outlook.limit.value is None:
        return None
    eac = line.completion.eac.value
    if eac is None:
        return None
    trusted = line.complete and line.state not in (State.NO_ACTUALS, State.INCOMPLETE)
    return Standing(project=line.key, eac=eac, limit=line.outlook.limit.value, trusted=trusted)


def _ended(report: Portfolio, projects: Iterable[str]) -> Iterator[Afterwards]:
    """Yield what each project has spent after its end; most have none."""
    spent = _afterwards(report)
    for each in dict.fromkeys(projects):
        found = spent.get(each)
        yield Afterwards(project=each, excess=(found and found.amount.value) or ZERO)


def _afterwards(report: Portfolio) -> dict[str, Outside]:
    return {each.project: each for each in report.outside if each.side == "after"}


def _over_limit(change: Change) -> Told:
    report, alert = change.report, change.alert
    line = next(each for each in report.projects if each.key == alert.project)
    told = message.message(change.act, alert, line, report, run=change.run)
    sent = message.event(change.act, alert, line, report, told, run=change.run, at=change.at)
    return told, sent


def _after_end(change: Change) -> Told:
    act, alert, report = change.act, change.alert, change.report
    found = _afterwards(report).get(alert.project)
    owned = change.project.registry.project(alert.project)
    told = afterwards.message(act, alert, found, owned, report)
    sent = afterwards.event(act, alert, found, owned, report, told, run=change.run, at=change.at)
    return told, sent


def _unallocated(change: Change) -> Told:
    act, alert, report = change.act, change.alert, change.report
    accepted = change.project.settings.allocation.unallocated_over
    told = unassigned.message(act, alert, report, accepted)
    return told, unassigned.event(act, alert, report, told, run=change.run, at=change.at)


def _unplanned(change: Change) -> Told:
    act, alert, report = change.act, change.alert, change.report
    line = next((each for each in report.projects if each.key == alert.project), None)
    told = unplanned.message(act, alert, line, report)
    return told, unplanned.event(act, alert, line, report, told, run=change.run, at=change.at)


def _unusual(change: Change) -> Told:
    act, alert, report = change.act, change.alert, change.report
    days = change.project.settings.anomalies.days
    lately = recent(report.anomalies, report.as_of.date(), days)
    found = [line for line in lately if line.anomaly.project == alert.project]
    told = told_days.message(act, alert, found, report)
    return told, told_days.event(act, alert, found, report, told, run=change.run, at=change.at)


TELLERS: Final[Mapping[str, Callable[[Change], Told]]] = {
    EAC_OVER_LIMIT: _over_limit,
    SPEND_AFTER_END: _after_end,
    UNALLOCATED_OVER: _unallocated,
    DAILY_ANOMALY: _unusual,
    COST_WITHOUT_PLAN: _unplanned,
}
