"""What the ledger says about deliveries: which arrived, which count, and which were refused.

One entry, `delivery.loaded`, makes a delivery count, and replaces the earlier one of its scope
whole. Which of two is the newer is decided by their arrival (`delivery.received`), not by when
their load came to an end: a source shows its newest delivery at every fetch, so an older one
that is shown again was put back there, and counts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, Final

from ingest.load import LoadedDelivery, delivery_id, lake_name
from ingest.source import Delivery, Document, Source
from models.errors import SourceError
from models.ledger import Entry, Ledger, Record
from models.money import WIDE, ZERO, exact
from models.period import Month
from models.problem import Problem

RECEIVED: Final = "delivery.received"
LOADED: Final = "delivery.loaded"
REFUSED: Final = "delivery.refused"

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a delivery changed in one currency; minus where there is less than before."""

    currency: str
    rows: int
    billed_cost: Decimal
    effective_cost: Decimal

    def plus(self, other: Change, sign: int = 1) -> Change:
        """Return both together; with `sign` -1, this one without the other."""
        return Change(
            self.currency or other.currency,
            self.rows + sign * other.rows,
            self.billed_cost + sign * other.billed_cost,
            self.effective_cost + sign * other.effective_cost,
        )


NONE: Final = Change("", 0, ZERO, ZERO)


def receive(ledger: Ledger, delivery: Delivery) -> bool:
    """Note that this is what the source shows now; False when nothing was new."""
    newest = _newest(ledger, (delivery.scope, delivery.source), RECEIVED, REFUSED)
    if newest is not None and newest.body["arrival"] == delivery_id(delivery):
        return False
    ledger.append(Entry(RECEIVED, delivery.scope, _stated(delivery)))
    return True


def is_loaded(ledger: Ledger, delivery: Delivery, source: Source | None = None) -> bool:
    """Return whether these bytes count for their scope.

    Args:
        ledger: The ledger.
        delivery: What arrived.
        source: When given, they must also have been converted as it converts today.
    """
    body = current(ledger).get(delivery.scope)
    if body is None or body["arrival"] != delivery_id(delivery):
        return False
    return source is None or [document["charges"] for document in body["documents"]] == [
        lake_name(source, document, delivery) for document in delivery.documents
    ]


def loaded(ledger: Ledger, delivery: Delivery, load: LoadedDelivery) -> bool:
    """Make a loaded delivery count, in one entry; False when that changes nothing.

    It changes nothing when the same already counts, and when a delivery that arrived
    later does.
    """
    before = current(ledger).get(delivery.scope)
    if before and (before["delivery"] == load.id or _is_late(ledger, delivery, before)):
        return False
    body = {
        **_stated(delivery),
        "delivery": load.id,
        "documents": [asdict(document) for document in load.documents],
        "supersedes": before["delivery"] if before else "",
    }
    changes = [_text(change) for change in difference(before, body)]
    ledger.append(Entry(LOADED, delivery.scope, {**body, "changes": changes}))
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
    if quarantined(ledger).get(subject) == body:
        return False
    ledger.append(Entry(REFUSED, subject, body))
    return True


def current(ledger: Ledger) -> dict[str, Body]:
    """Return the delivery that counts for each scope, as its `delivery.loaded` entry says."""
    return {scope: record.body for scope, record in ledger.latest(LOADED).items()}


def quarantined(ledger: Ledger) -> dict[str, Body]:
    """Return the refusals nothing was delivered after, by scope or name of the source."""
    arrivals = [*ledger.latest(RECEIVED).values(), *ledger.latest(LOADED).values()]
    return {
        subject: record.body
        for subject, record in ledger.latest(REFUSED).items()
        if not any(_is_answer(arrival, record) for arrival in arrivals)
    }


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


def difference(before: Body | None, after: Body) -> tuple[Change, ...]:
    """Return what a delivery changed, per currency; nothing where it is equal."""
    with localcontext(prec=WIDE):
        old, new = _sums(before), _sums(after)
        changes = [
            new.get(currency, NONE).plus(old.get(currency, NONE), -1)
            for currency in sorted({*old, *new})
        ]
    return tuple(change for change in changes if change != replace(NONE, currency=change.currency))


def _newest(ledger: Ledger, subjects: Iterable[str], *kinds: str) -> Record | None:
    found = (ledger.latest(kind).get(subject) for kind in kinds for subject in subjects)
    return max(filter(None, found), key=lambda record: record.seq, default=None)


def _arrived(ledger: Ledger, scope: str, arrival: str) -> int:
    """Return when a delivery last arrived, as a place in the ledger; 0 for never."""
    entries = ledger.entries(RECEIVED, scope)
    return max((entry.seq for entry in entries if entry.body["arrival"] == arrival), default=0)


def _is_late(ledger: Ledger, delivery: Delivery, counts: Body) -> bool:
    arrived = _arrived(ledger, delivery.scope, delivery_id(delivery))
    return 0 < arrived < _arrived(ledger, delivery.scope, counts["arrival"])


def _is_answer(arrival: Record, refusal: Record) -> bool:
    about = {arrival.subject, arrival.subject.rpartition("/")[0]}
    return refusal.subject in about and arrival.seq > refusal.seq


def _stated(delivery: Delivery) -> dict[str, Any]:
    return {
        "arrival": delivery_id(delivery),
        "version": delivery.version,
        "sources": [asdict(document) for document in delivery.documents],
        "manifest": asdict(delivery.manifest) if delivery.manifest else None,
        "table": delivery.table,
    }


def _sums(body: Body | None) -> Mapping[str, Change]:
    """Return rows and costs per currency, over all documents and charge categories."""
    sums: dict[str, Change] = {}
    for document in body["documents"] if body else ():
        for total in document["totals"]:
            costs = exact(total["billed_cost"]), exact(total["effective_cost"])
            change = Change(total["currency"], total["rows"], *costs)
            sums[change.currency] = sums.get(change.currency, NONE).plus(change)
    return sums


def _text(change: Change) -> dict[str, Any]:
    return {
        "currency": change.currency,
        "rows": change.rows,
        "billed_cost": f"{change.billed_cost:f}",
        "effective_cost": f"{change.effective_cost:f}",
    }
