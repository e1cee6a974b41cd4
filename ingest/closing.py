"""Closing: the one write path by which a month stops changing, and the proof that it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest import book
from ingest.kind import CLOSED, LOADED, RULES
from models.errors import RefusedError, StoreError
from models.lake import input_hash
from models.ledger import Entry, Ledger, Record
from models.period import Month

Body = Mapping[str, Any]


def close(ledger: Ledger, month: Month, *, by: str, rules: str, reason: str = "") -> Record:
    """Pin what the figures of a billing month are made of: its deliveries, and the rules.

    What comes later changes none of them. A delivery that differs goes on to be received,
    loaded and told as a restatement; other rules give the spend of open months alone.

    Args:
        ledger: The ledger.
        month: The billing month.
        by: The person who closes it.
        rules: Hash of the version of the rules by which it counts.
        reason: Why it can be closed though it is not final.

    Raises:
        RefusedError: when it is closed already, nobody is named, or the ledger does not
            have the text of these rules.
    """
    if not by.strip():
        raise RefusedError(f"{month}: nobody is named to close it; say who does")
    if month in closed(ledger):
        raise RefusedError(f"{month}: is closed already; a closed month stays as it is")
    if rules not in versions(ledger):
        raise RefusedError(
            f"{month}: no run has used the rules as they are; use `trueup run` first"
        )
    pins = _current(ledger, month)
    bodies = {scope: record.body for scope, record in pins.items()}
    body = {
        "version": 1,
        "by": by,
        "reason": reason,
        "deliveries": {scope: each["delivery"] for scope, each in bodies.items()},
        "digest": digest(bodies),
        "rules": rules,
    }
    return ledger.append(Entry(CLOSED, str(month), body))[0]


def closed(ledger: Ledger) -> dict[Month, Record]:
    """Return the entry by which each closed month was closed."""
    return {Month.parse(month): record for month, record in ledger.latest(CLOSED).items()}


def pinned(ledger: Ledger) -> dict[Month, str]:
    """Return the version of the rules, as a hash, by which each closed month counts.

    It is empty where an earlier version of the program closed the month without any.
    """
    return {month: record.body.get("rules", "") for month, record in closed(ledger).items()}


def versions(ledger: Ledger) -> dict[str, Record]:
    """Return the newest entry of each version of the rules that has its text, by hash."""
    return {each.body["hash"]: each for each in ledger.entries(RULES) if "texts" in each.body}


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
    """Prove that each closed month still counts what it was closed with, by the same rules.

    Raises:
        StoreError: names the first month that does not.
    """
    counting = book.counting(ledger) if (months := closed(ledger)) else {}
    known = versions(ledger) if any("rules" in each.body for each in months.values()) else {}
    for month, record in sorted(months.items()):
        if record.body.get("rules", "") not in {"", *known}:
            raise StoreError(
                f"{month}: was closed with rules {record.body['rules']}, which the ledger does not "
                "have; restore it from a backup"
            )
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
