"""Which months are closed: every close there ever was, and the reopening that undid it."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.kind import CLOSED, REOPENED
from models.ledger import Ledger, Record
from models.period import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """One version of a closed month.

    Attributes:
        month: The month.
        version: 1 for the first close, one more after each reopening.
        record: The entry by which it was closed.
        reopened: The entry by which it was opened again; None while it is closed.
    """

    month: Month
    version: int
    record: Record
    reopened: Record | None = None


def closes(ledger: Ledger) -> list[Close]:
    """Return every version of every month that was ever closed, by month and version."""
    again: dict[str, list[Record]] = {}
    for record in ledger.entries(REOPENED):
        again.setdefault(record.subject, []).append(record)
    records = sorted(ledger.entries(CLOSED), key=lambda each: (each.subject, each.seq))
    return [_close(record, again.get(record.subject, [])) for record in records]


def closed(ledger: Ledger) -> dict[Month, Record]:
    """Return the entry by which each month that is closed now was closed, by month."""
    reopened = ledger.latest(REOPENED)
    return {
        Month.parse(month): record
        for month, record in sorted(ledger.latest(CLOSED).items())
        if month not in reopened or reopened[month].seq < record.seq
    }


def _close(record: Record, reopened: list[Record]) -> Close:
    return Close(
        month=Month.parse(record.subject),
        version=record.body["version"],
        record=record,
        reopened=next((each for each in reopened if each.seq > record.seq), None),
    )
