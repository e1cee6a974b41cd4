"""Evidence for what changed between two states of a project, from ledger and configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from itertools import chain

from ingest.kind import CLOSED, LOADED, REOPENED
from models.ledger import Record
from reconcile.report.since import Side
from reconcile.since import evidence
from reconcile.since.evidence import Evidence
from scheduler import planning
from scheduler.past import texts
from scheduler.past.exchanging import is_invoiced
from scheduler.past.opening import Opened
from scheduler.past.restoring import recorded
from scheduler.snapshot import snapshot
from scheduler.version import newest


def side(state: Opened) -> Side:
    """Return what a report of a state is called by."""
    found = snapshot(state.project, state.stores)
    return Side(as_of=state.as_of, month=state.month, snapshot=found)


def apart(before: Opened, after: Opened) -> Iterator[Evidence]:
    """Yield everything that is another in the later state, by its cause."""
    yield from _deliveries(before, after)
    yield from _files(before, after, "purchases", {after.project.settings.purchases})
    yield from evidence.rules_apart(before.project.rules, after.project.rules)
    yield from evidence.projects_apart(before.project.registry, after.project.registry)
    yield from evidence.rates_apart(before.project.rates, after.project.rates)
    plans = [planning.counting(each.project, each.stores.ledger) for each in (before, after)]
    yield from evidence.plans_apart(*plans)
    yield from _settings(before, after)
    yield from _closes(before, after)
    yield Evidence("time", "report", f"{side(before)} to {side(after)}")


def _deliveries(before: Opened, after: Opened) -> Iterator[Evidence]:
    """Yield the billing months of which another delivery is the newest."""
    old, new = (each.stores.ledger.latest(LOADED) for each in (before, after))
    for scope, record in sorted(new.items()):
        was = old.get(scope)
        if was is None or was.body["delivery"] != record.body["delivery"]:
            cause = "invoice" if is_invoiced(after, scope.partition("/")[0]) else "bill"
            yield _delivery(cause, scope, was, record)


def _delivery(cause: str, scope: str, was: Record | None, record: Record) -> Evidence:
    known = {each["sha256"] for each in was.body["sources"]} if was else set()
    short = record.body["delivery"][:12]
    said = f"delivery {short} replaces {was.body['delivery'][:12]}" if was else f"delivery {short}"
    names = [each["name"] for each in record.body["sources"] if each["sha256"] not in known]
    return Evidence(cause, scope, said, tuple(names))


def _settings(before: Opened, after: Opened) -> Iterator[Evidence]:
    """Yield the files of the configuration that no other cause is about."""
    settings, last = after.project.settings, newest(after.stores.ledger)
    named = {settings.rates, settings.purchases, settings.rules, settings.projects}
    named |= set(last.body["texts"]) if last else set()
    found = {each for each in _changed(before, after) if not fnmatch(each, settings.plans)}
    yield from _files(before, after, "settings", found - named)


def _files(before: Opened, after: Opened, cause: str, names: Iterable[str]) -> Iterator[Evidence]:
    changed = _changed(before, after)
    for name in sorted(set(names) & set(changed)):
        yield Evidence(cause, name, changed[name])


def _changed(before: Opened, after: Opened) -> dict[str, str]:
    """Return what became of each file of the configuration that changed."""
    old, new = _texts(before), _texts(after)
    words = {(True, True): "edited", (False, True): "added", (True, False): "removed"}
    return {
        name: words[name in old, name in new]
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def _texts(state: Opened) -> dict[str, bytes]:
    if state.was:
        return recorded(state.stores.ledger)
    return texts.texts(state.project.folder, state.project.settings)


def _closes(before: Opened, after: Opened) -> Iterator[Evidence]:
    since, ledger = before.stores.ledger.size, after.stores.ledger
    records = chain(ledger.entries(CLOSED), ledger.entries(REOPENED))
    for each in sorted(records, key=lambda record: record.seq):
        if each.seq > since:
            word = "closed as" if each.kind == CLOSED else "reopened from"
            why = f": {each.body['reason']}" if each.body["reason"] else ""
            said = f"{word} version {each.body['version']} by {each.body['by']}{why}"
            yield Evidence("close", each.subject, said)
