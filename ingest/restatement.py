"""Restatements: a delivery that changed the totals of a month that was said to be settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ingest.change import Body, Change, difference, unchanged
from ingest.kind import RESTATED, STATE
from ingest.shut import closed
from models.ledger import Entry, Ledger, Record
from models.period import Month

SETTLED: Final = ("final", "restated")  # states after which a change is a restatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Restatement:
    """One delivery after which a settled month had other totals.

    Attributes:
        seq: Its place in the ledger.
        at: When it was loaded.
        was: What the month was until then: final or closed.
        cause: `delivery` for other bytes, `reading` for another conversion of the same.
        before: Id of the delivery before it; empty when there was none.
        after: Id of the delivery.
        changes: After minus before, one per currency; credits are negative.
    """

    seq: int
    at: datetime
    source: str
    month: Month
    was: str
    cause: str
    before: str
    after: str
    changes: tuple[Change, ...]


def restated(
    ledger: Ledger,
    scope: str,
    before: Body | None,
    after: Body,
    as_of: datetime | None = None,
) -> list[Entry]:
    """Return the entry that belongs beside the load of a delivery: none, or one.

    None when the month was neither final nor closed. None when the totals of a final month are
    equal: the load itself records that the bytes differ. What a closed month does not count is
    told all the same, once: tags that were set afterwards move cost without changing a total.

    Args:
        ledger: The ledger.
        scope: `source/YYYY-MM`.
        before: What was loaded until then.
        after: The `delivery.loaded` body that is about to be appended.
        as_of: When the data was current; when the entry is written unless given.
    """
    was, changes = _was(ledger, scope), difference(before, after)
    same = before is not None and before["arrival"] == after["arrival"]
    if was == "closed" and not same and not _is_told(ledger, scope):
        changes = changes or unchanged(after)
    if not was or not changes:
        return []
    body: dict[str, Any] = {
        "was": was,
        "cause": "reading" if same else "delivery",
        "before": before["delivery"] if before else "",
        "after": after["delivery"],
        "changes": [change.body() for change in changes],
        "as_of": as_of.isoformat() if as_of else "",
    }
    return [Entry(RESTATED, scope, body)]


def restatements(ledger: Ledger) -> list[Restatement]:
    """Return every restatement, oldest first."""
    return [_read(record) for record in ledger.entries(RESTATED)]


def was_settled(ledger: Ledger) -> dict[str, datetime]:
    """Return since when each scope was final for the first time, as far as the ledger knows."""
    found: dict[str, datetime] = {}
    for record in ledger.entries(STATE):
        if record.body["state"] in SETTLED:
            found.setdefault(record.subject, datetime.fromisoformat(record.body["since"]))
    return found


def _was(ledger: Ledger, scope: str) -> str:
    if scope.rpartition("/")[2] in map(str, closed(ledger)):
        return "closed"
    settled = any(entry.body["state"] in SETTLED for entry in ledger.entries(STATE, scope))
    return "final" if settled else ""


def _is_told(ledger: Ledger, scope: str) -> bool:
    """Say whether the last that was told is that other content has the same totals."""
    told = ledger.newest((RESTATED,), (scope,))
    last = [] if told is None else _read(told).changes
    return bool(last) and not any(
        each.rows or each.billed_cost or each.effective_cost for each in last
    )


def _read(record: Record) -> Restatement:
    source, _, period = record.subject.rpartition("/")
    body = record.body
    return Restatement(
        seq=record.seq,
        at=datetime.fromisoformat(body["as_of"] or record.at),
        source=source,
        month=Month.parse(period),
        was=body["was"],
        cause=body["cause"],
        before=body["before"],
        after=body["after"],
        changes=tuple(map(Change.read, body["changes"])),
    )
