"""Exchanging: from an earlier state of a project to a later one, one kind of input at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from itertools import pairwise
from typing import Any, Final

from ingest.kind import ABSENT, CLOSED, LOADED, RECEIVED, REFUSED, REOPENED, RULES, STATE
from models.errors import ConfigError, RefusedError, StoreError
from models.ledger import Later, Ledger
from models.plan.version import APPROVED, VERSION
from models.settings import Settings
from reconcile.since.change import Step
from reconcile.since.reading import Readings, readings
from scheduler.beside import has_invoices
from scheduler.booking import booked
from scheduler.decisions import DRAWN
from scheduler.past.opening import Opened
from scheduler.past.past import Moment, past
from scheduler.past.restoring import CONFIGURATION, PRESENT
from scheduler.progress import Quiet
from scheduler.publish import reconcile
from scheduler.workspace import Project

DELIVERED: Final = (LOADED, RECEIVED, REFUSED, ABSENT, STATE)
PLANNED: Final = (VERSION, APPROVED)
MOVING: Final = (*DELIVERED, *PLANNED, DRAWN, CONFIGURATION)  # figures, beside closes


def steps(before: Opened, after: Opened) -> tuple[Readings, list[Step]]:
    """Return the readings of an earlier state, and what came of each exchange.

    Where a state between the two cannot be told, as when a bill came in a currency whose rate
    is stated only later, that cause goes together with the next.

    Raises:
        InvariantError: when figures of a state do not add up.
        ConfigError: when one of the two states itself cannot be told.
    """
    first, found, waiting = read(before), list[Step](), list[str]()
    for cause, state in exchanged(before, after):
        waiting.append(cause)
        try:
            found.append(Step(tuple(waiting), read(state)))
        except ConfigError:
            if state is after:
                raise
            continue
        waiting.clear()
    return first, found


def read(state: Opened) -> Readings:
    """Return the readings of one state."""
    books = booked(state.project, state.stores, Quiet(), state.as_of)
    return readings(reconcile(state.project, state.stores, books, state.month))


def exchanged(before: Opened, after: Opened) -> Iterator[tuple[str, Opened]]:
    """Yield each cause that is there at all, and the state once it is exchanged, too.

    In the order of `reconcile.since.change.CAUSES`, from one close or reopen to the next: what
    came after a month was closed has never moved it. The last one is the later state itself.
    """
    state = before
    for stop in (*_stops(before, after), after):
        for cause, exchange in EXCHANGES.items():
            found = exchange(state, stop)
            if found is not None:
                state = found
                yield cause, state
        state = stop
    yield "time", after


def _stops(before: Opened, after: Opened) -> Iterator[Opened]:
    """Yield the states right after months were closed or reopened, at the earlier day."""
    ledger, project = after.stores.ledger, after.project
    for seq in settled(ledger, before.stores.ledger.size):
        moment = Moment(seq=seq, as_of=before.as_of, month=before.month, run="", snapshot="")
        with suppress(ConfigError, RefusedError, StoreError):  # its causes go with later ones
            then = past(project, after.stores, moment)
            yield replace(before, project=then.project, stores=then.stores, was=True)


def settled(ledger: Ledger, since: int) -> list[int]:
    """Return the last entry of each run of closes and reopens that nothing else comes between."""
    shut = {each.seq for kind in (CLOSED, REOPENED) for each in ledger.entries(kind)}
    others = {each.seq for kind in MOVING for each in ledger.entries(kind)}
    seqs = sorted(seq for seq in shut | others if seq > since)
    pairs = pairwise([*seqs, 0])
    return [seq for seq, later in pairs if seq in shut and later not in shut]


def _delivered(state: Opened, after: Opened, *, invoices: bool) -> Opened | None:
    """Return the state with what such sources delivered since; None when they delivered nothing."""
    since = state.stores.ledger.size
    names = [
        name for name in moved(after.stores.ledger, since) if is_invoiced(after, name) is invoices
    ]
    return _later(state, after, DELIVERED, tuple(names)) if names else None


def _configured(state: Opened, after: Opened, *names: str) -> Opened | None:
    changed = {name: getattr(after.project, name) for name in names}
    if all(mark(getattr(state.project, name)) == mark(changed[name]) for name in names):
        return None
    return replace(state, project=replace(state.project, **changed))


def _planned(state: Opened, after: Opened) -> Opened | None:
    """Return the state with other plans: by their files, or by approvals in the ledger."""
    filed = _configured(state, after, "plans")
    if filed is None and not _has_news(state, after, PLANNED):
        return None
    return _later(filed or state, after, PLANNED)


def _set(state: Opened, after: Opened) -> Opened | None:
    rest = [each.name for each in fields(Project) if each.name not in {"folder", "depot"}]
    same = all(
        mark(getattr(state.project, name)) == mark(getattr(after.project, name)) for name in rest
    )
    if same and not _has_news(state, after, (DRAWN,)):
        return None
    return _later(replace(state, project=after.project), after, (DRAWN,))


def _closed(state: Opened, after: Opened) -> Opened | None:
    shut = _has_news(state, after, (CLOSED, REOPENED))
    return _later(state, after, (CLOSED, REOPENED, RULES)) if shut else None


def _has_news(state: Opened, after: Opened, kinds: Iterable[str]) -> bool:
    since = state.stores.ledger.size
    return any(each.seq > since for kind in kinds for each in after.stores.ledger.entries(kind))


def _later(
    state: Opened, after: Opened, kinds: tuple[str, ...], about: tuple[str, ...] = ()
) -> Opened:
    """Return the state with entries of some kinds that came since."""
    more = Later(after.stores.ledger.size, kinds, about)
    return replace(state, stores=replace(state.stores, ledger=state.stores.ledger.beside(more)))


# in the order of CAUSES; each returns the state with one kind of input of a later one, or None
# when that is the same
EXCHANGES: Final[Mapping[str, Callable[[Opened, Opened], Opened | None]]] = {
    "bill": partial(_delivered, invoices=False),
    "invoice": partial(_delivered, invoices=True),
    "purchases": lambda state, after: _configured(state, after, "purchases"),
    "rules": lambda state, after: _configured(state, after, "rules", "registry"),
    "rates": lambda state, after: _configured(state, after, "rates"),
    "plan": _planned,
    "settings": _set,
    "close": _closed,
}


def moved(ledger: Ledger, since: int) -> list[str]:
    """Return the sources of which the ledger knows more than it did at an entry."""
    found = (each for kind in DELIVERED for each in ledger.entries(kind) if each.seq > since)
    return sorted({each.subject.partition("/")[0] for each in found})


def is_invoiced(state: Opened, source: str) -> bool:
    """Say whether what a source delivers are invoices, which come when their issuer likes."""
    newest = state.stores.ledger.latest(LOADED)
    mine = (record for scope, record in newest.items() if scope.startswith(f"{source}/"))
    return any(map(has_invoices, mine))


def mark(part: Any) -> Any:  # noqa: ANN401 - a part of a project, of any type
    """Return what tells two versions of a part of the configuration apart."""
    if isinstance(part, tuple):
        return tuple(map(mark, part))
    if isinstance(part, Settings):
        return part.model_dump(exclude={*PRESENT}, mode="json")
    return getattr(part, "fingerprint", None) or part
