"""Closing: the one write path by which a month stops changing, and the proof that it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest import book
from ingest.kind import CLOSED, LOADED
from models.errors import RefusedError, StoreError
from models.lake import input_hash
from models.ledger import Entry, Ledger, Record
from models.period import Month

Body = Mapping[str, Any]


def close(ledger: Ledger, month: Month, *, by: str, reason: str = "") -> Record:
    """Pin the deliveries that count for a billing month; later ones change none of its figures.

    A delivery that differs goes on to be received, loaded and told as a restatement.

    Args:
        ledger: The ledger.
        month: The billing month.
        by: The person who closes it.
        reason: Why it can be closed though it is not final.

    Raises:
        RefusedError: when it is closed already, or nobody is named.
    """
    if not by.strip():
        raise RefusedError(f"{month}: nobody is named to close it; say who does")
    if month in closed(ledger):
        raise RefusedError(f"{month}: is closed already; a closed month stays as it is")
    pins = _current(ledger, month)
    bodies = {scope: record.body for scope, record in pins.items()}
    body = {
        "version": 1,
        "by": by,
        "reason": reason,
        "deliveries": {scope: each["delivery"] for scope, each in bodies.items()},
        "digest": digest(bodies),
    }
    return ledger.append(Entry(CLOSED, str(month), body))[0]


def closed(ledger: Ledger) -> dict[Month, Record]:
    """Return the entry by which each closed month was closed."""
    return {Month.parse(month): record for month, record in ledger.latest(CLOSED).items()}


def digest(deliveries: Mapping[str, Body]) -> str:
    """Return the hash of a set of deliveries: their ids, documents and totals, by scope."""
    parts = []
    for scope, body in sorted(deliveries.items()):
        parts += [scope, body["delivery"], str(len(body["documents"]))]
        for document in body["documents"]:
            totals = [tuple(sorted(total.items())) for total in document["totals"]]
            parts += [document["document"]["sha256"], document["charges"], repr(totals)]
    return input_hash(*parts)


def verify(ledger: Ledger) -> None:
    """Prove that each closed month still counts what it was closed with.

    Raises:
        StoreError: names the first month that does not.
    """
    counting = book.counting(ledger) if (months := closed(ledger)) else {}
    for month, record in sorted(months.items()):
        mine = {scope: each.body for scope, each in counting.items() if _is_of(scope, month)}
        if digest(mine) != record.body["digest"]:
            raise StoreError(
                f"{month}: is closed, and its deliveries are not those it was closed with; "
                "restore the ledger from a backup"
            )


def _current(ledger: Ledger, month: Month) -> dict[str, Record]:
    newest = ledger.latest(LOADED)
    return {scope: record for scope, record in newest.items() if _is_of(scope, month)}


def _is_of(scope: str, month: Month) -> bool:
    return scope.rpartition("/")[2] == str(month)
