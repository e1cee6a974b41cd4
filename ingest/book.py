"""What the ledger says about deliveries: which arrived, which count, and which were refused.

One entry, `delivery.loaded`, makes a delivery count, and replaces the earlier one of its scope
whole. Which of two is the newer is decided by their arrival (`delivery.received`), not by when
their load came to an end: a source shows its newest delivery at every fetch, so an older one
that is shown again was put back there, and counts again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from ingest.change import Body, Change, difference
from ingest.kind import ABSENT, LOADED, RECEIVED, REFUSED
from ingest.load import LoadedDelivery, delivery_id, lake_name
from ingest.restatement import restated
from ingest.shut import closed
from ingest.source import Delivery, Document, Source
from models.errors import SourceError, StoreError
from models.ledger import Entry, Ledger, Record
from models.period import Month
from models.problem import Problem

__all__ = [
    "ABSENT",
    "LOADED",
    "RECEIVED",
    "REFUSED",
    "Change",
    "absent",
    "counting",
    "current",
    "delivery",
    "difference",
    "gone",
    "is_loaded",
    "loaded",
    "quarantined",
    "receive",
    "refused",
    "stated",
]


ANSWERS: Final = (RECEIVED, LOADED, REFUSED, ABSENT)


def receive(ledger: Ledger, delivery: Delivery, as_of: datetime | None = None) -> bool:
    """Note that this is what the source shows now; False when nothing was new.

    Args:
        ledger: The ledger.
        delivery: What arrived.
        as_of: When it arrived, on the clock of the run; when it is noted unless given.
    """
    subjects = (delivery.scope, delivery.source)
    newest = ledger.newest((RECEIVED, REFUSED, ABSENT), subjects)
    if newest is not None and newest.body["arrival"] == delivery_id(delivery):
        return False
    at = as_of.isoformat() if as_of else ""
    ledger.append(Entry(RECEIVED, delivery.scope, {**_stated(delivery), "as_of": at}))
    return True


def is_loaded(ledger: Ledger, delivery: Delivery, source: Source | None = None) -> bool:
    """Return whether these bytes count for their scope.

    Args:
        ledger: The ledger.
        delivery: What arrived.
        source: When given, they must also have been converted as it converts today.
    """
    record = ledger.newest((LOADED,), (delivery.scope,))
    if record is None or record.body["arrival"] != delivery_id(delivery):
        return False
    return source is None or [document["charges"] for document in record.body["documents"]] == [
        lake_name(source, document, delivery) for document in delivery.documents
    ]


def loaded(
    ledger: Ledger, delivery: Delivery, load: LoadedDelivery, as_of: datetime | None = None
) -> bool:
    """Make a loaded delivery count, in one entry; False when that changes nothing.

    It changes nothing when the same already counts, and when a delivery that arrived
    later does. What it changes in a month that was final or closed is a restatement, in
    the same transaction.
    """
    newest = ledger.newest((LOADED,), (delivery.scope,))
    before = newest.body if newest else None
    if before and (before["delivery"] == load.id or _is_late(ledger, delivery, before)):
        return False
    body = {
        **_stated(delivery),
        "delivery": load.id,
        "documents": [asdict(document) for document in load.documents],
        "supersedes": before["delivery"] if before else "",
    }
    changes = [change.body() for change in difference(before, body)]
    entry = Entry(LOADED, delivery.scope, {**body, "changes": changes})
    ledger.append(entry, *restated(ledger, delivery.scope, before, body, as_of))
    return True


def refused(
    ledger: Ledger,
    source: str,
    error: SourceError,
    delivery: Delivery | None = None,
    problems: Sequence[Problem] = (),
) -> bool:
    """Put a delivery into quarantine, with reasons; what counted before still counts.

    Args:
        ledger: The ledger.
        source: Name of the source, or the scope when only that is known.
        error: Why.
        delivery: What was refused; None when it could not even be fetched.
        problems: What else was found.

    Returns:
        False when exactly this is known, and nothing arrived since.
    """
    subject = delivery.scope if delivery else source
    body = {
        "arrival": delivery_id(delivery) if delivery else "",
        "version": delivery.version if delivery else "",
        "state": error.state,
        "document": error.document,
        "detail": error.detail,
        "problems": [asdict(problem) for problem in problems],
    }
    return _told(ledger, Entry(REFUSED, subject, body))


def absent(ledger: Ledger, error: SourceError, as_of: datetime | None = None) -> bool:
    """Note that nothing is delivered where it should be; False when that is known.

    What was loaded from there goes on to count: the archive has it.
    """
    at = as_of.isoformat() if as_of else ""
    body = {"arrival": "", "document": error.document, "detail": error.detail, "as_of": at}
    return _told(ledger, Entry(ABSENT, error.scope, body))


def current(ledger: Ledger) -> dict[str, Body]:
    """Return the newest delivery of each scope, as its `delivery.loaded` entry says."""
    return {scope: record.body for scope, record in ledger.latest(LOADED).items()}


def counting(ledger: Ledger) -> dict[str, Record]:
    """Return the `delivery.loaded` entry that counts for each scope; every figure is of these.

    The newest one, and for a closed month the one that it was closed with: a scope that had
    delivered nothing until then has none.

    Raises:
        StoreError: when a month was closed with a delivery that the ledger does not have.
    """
    pins = {str(month): record.body["deliveries"] for month, record in closed(ledger).items()}
    return _counting(ledger, pins)


def stated(ledger: Ledger) -> dict[str, Record]:
    """Return what sources say of each scope now; recognition posts what closed books lack of it.

    The newest `delivery.loaded` entry, of closed months, too; but where a month was closed
    without books, by an earlier version of the program, the one that counts.

    Raises:
        StoreError: see `counting`.
    """
    pins = {
        str(month): record.body["deliveries"]
        for month, record in closed(ledger).items()
        if not record.body.get("books")
    }
    return _counting(ledger, pins)


def _counting(ledger: Ledger, pins: Mapping[str, Mapping[str, str]]) -> dict[str, Record]:
    found = {
        scope: _pinned(ledger, scope, record, pins[month]) if month in pins else record
        for scope, record in ledger.latest(LOADED).items()
        for month in [scope.rpartition("/")[2]]
    }
    return {scope: record for scope, record in found.items() if record is not None}


def quarantined(ledger: Ledger) -> dict[str, Body]:
    """Return the refusals nothing was answered after, by scope or name of the source."""
    return {key: each.body for key, each in _unanswered(ledger, REFUSED).items()}


def gone(ledger: Ledger) -> dict[str, Record]:
    """Return where nothing is delivered, by scope or name of the source, and since when."""
    return _unanswered(ledger, ABSENT)


def delivery(scope: str, body: Body) -> Delivery:
    """Return the delivery that an entry states, so that it can be loaded from the archive."""
    source, _, period = scope.rpartition("/")
    manifest = body["manifest"]
    return Delivery(
        source=source,
        period=Month.parse(period),
        version=body["version"],
        documents=tuple(Document(**each) for each in body["sources"]),
        manifest=Document(**manifest) if manifest else None,
        table=body["table"],
    )


def _arrived(ledger: Ledger, scope: str, arrival: str) -> int:
    """Return when a delivery last arrived, as a place in the ledger; 0 for never."""
    entries = ledger.entries(RECEIVED, scope)
    return max((entry.seq for entry in entries if entry.body["arrival"] == arrival), default=0)


def _is_late(ledger: Ledger, delivery: Delivery, counts: Body) -> bool:
    arrived = _arrived(ledger, delivery.scope, delivery_id(delivery))
    return 0 < arrived < _arrived(ledger, delivery.scope, counts["arrival"])


def _told(ledger: Ledger, entry: Entry) -> bool:
    """Append what a source did not deliver, unless exactly this was its last word."""
    source = entry.subject.rpartition("/")[0]
    last = ledger.newest(ANSWERS, (entry.subject, source) if source else (entry.subject,))
    said = last and (last.kind, last.subject) == (entry.kind, entry.subject)
    if last and said and _same(last.body, entry.body) and (source or _stands(ledger, last)):
        return False
    ledger.append(entry)
    return True


def _stands(ledger: Ledger, silence: Record) -> bool:
    """Return whether a source as a whole has said nothing since, about any month."""
    return silence.subject in _unanswered(ledger, silence.kind)


def _same(one: Body, other: Body) -> bool:
    return {**one, "as_of": ""} == {**other, "as_of": ""}


def _unanswered(ledger: Ledger, kind: str) -> dict[str, Record]:
    """Return the newest entries of a kind after which their source said nothing else."""
    answers = [record for each in ANSWERS for record in ledger.latest(each).values()]
    return {
        subject: record
        for subject, record in ledger.latest(kind).items()
        if not any(_is_answer(answer, record) for answer in answers)
    }


def _is_answer(answer: Record, silence: Record) -> bool:
    about = {answer.subject, answer.subject.rpartition("/")[0]}
    return silence.subject in about and answer.seq > silence.seq


def _pinned(ledger: Ledger, scope: str, newest: Record, pins: Mapping[str, str]) -> Record | None:
    wanted = pins.get(scope)
    if wanted is None or newest.body["delivery"] == wanted:
        return newest if wanted else None
    for record in reversed(ledger.entries(LOADED, scope)):
        if record.body["delivery"] == wanted:
            return record
    raise StoreError(
        f"{scope}: its month was closed with delivery {wanted}, which the ledger does not have; "
        "restore it from a backup"
    )


def _stated(delivery: Delivery) -> dict[str, Any]:
    return {
        "arrival": delivery_id(delivery),
        "version": delivery.version,
        "sources": [asdict(document) for document in delivery.documents],
        "manifest": asdict(delivery.manifest) if delivery.manifest else None,
        "table": delivery.table,
    }
