"""Closing: the one write path by which a month stops changing, and the proof that it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ingest import book
from ingest.kind import CLOSED, LOADED, REOPENED, RULES
from ingest.pins import Held, Pins
from ingest.shut import Close, closed, closes
from models.archive import Archive
from models.errors import RefusedError, StoreError
from models.lake import input_hash
from models.ledger import Entry, Ledger, Record
from models.period import Month
from models.witness import Witness

__all__ = [
    "Close",
    "Held",
    "Pins",
    "close",
    "closed",
    "closes",
    "digest",
    "pinned",
    "reopen",
    "verify",
    "versions",
]

Body = Mapping[str, Any]
_FORGED = "its deliveries are not those it was closed with; restore the ledger from a backup"


def close(
    ledger: Ledger,
    month: Month,
    *,
    by: str,
    pins: Pins,
    reason: str = "",
    waived: Mapping[str, str] | None = None,
    signed_by: str = "",
    as_of: datetime | None = None,
) -> Record:
    """Pin what the figures of a month are made of; closed again it has the next version.

    What comes later changes none of them: a delivery that differs goes on to be received,
    loaded and told as a restatement, and is posted to the first open month.

    Args:
        ledger: The ledger.
        month: The month.
        by: The person who closes it.
        pins: What it is closed with.
        reason: Why it can be closed though it is not final.
        waived: Why it can be closed without a source, or in spite of a check, by its name.
        signed_by: The second person, where two are asked for.
        as_of: When the data was current, on the clock of the run.

    Raises:
        RefusedError: when it is closed already, nobody is named, or the ledger does not
            have the text of these rules.
    """
    after = _newest(ledger, month)
    _refuse_to_close(ledger, month, by, pins)
    body = {
        **pins.body(),
        **_counted(ledger, month),
        "by": by,
        "signed_by": signed_by,
        "reason": reason,
        "waived": dict(waived or {}),
        "as_of": as_of.isoformat() if as_of else "",
    }
    return ledger.settle(Entry(CLOSED, str(month), body), after)


def reopen(ledger: Ledger, month: Month, *, by: str, reason: str, as_of: datetime) -> Record:
    """Let a closed month change again, until it is closed anew; its versions stay readable.

    Args:
        ledger: The ledger.
        month: The month.
        by: The person who opens it.
        reason: Why.
        as_of: When, on the clock of the run.

    Raises:
        RefusedError: when nobody or no reason is named, it is not closed, or a later one is,
            whose books have what was posted there.
    """
    after = _newest(ledger, month)
    body = {
        "version": _reopenable(ledger, month, by, reason),
        "by": by,
        "reason": reason,
        "as_of": as_of.isoformat(),
    }
    return ledger.settle(Entry(REOPENED, str(month), body), after)


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


def verify(ledger: Ledger, archive: Archive | None = None, witness: Witness | None = None) -> None:
    """Prove that each closed month still is what it was closed with.

    Args:
        ledger: The ledger.
        archive: Where its documents lie; they are read and compared when it is given.
        witness: Who proves the documents of its bills, when it is given.

    Raises:
        StoreError: names the first month that is not, and the way out.
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
            raise StoreError(f"{month}: is closed, and {_FORGED}")
        if witness is not None:
            for scope, sha256 in _billed(mine):
                _prove(witness.prove, f"{scope}: a document", sha256)
    if archive is not None:
        for each in closes(ledger):
            for what, sha256 in documents(each.record.body):
                _prove(archive.path, f"{each.month}: the {what} of version {each.version}", sha256)


def documents(body: Body) -> Iterator[tuple[str, str]]:
    """Yield what each document of the archive is that a close names, and its hash."""
    if books := body.get("books"):
        yield "books", books["sha256"]
    for form, sha256 in sorted(body.get("reports", {}).items()):
        yield f"{form} report", sha256


def _billed(deliveries: Mapping[str, Body]) -> Iterator[tuple[str, str]]:
    """Yield scope and hash of each document that a month was closed with."""
    for scope, body in sorted(deliveries.items()):
        manifest = body["manifest"]
        for document in (*body["sources"], *([manifest] if manifest else [])):
            yield scope, document["sha256"]


def _prove(proved: Callable[[str], object], what: str, sha256: str) -> None:
    try:
        proved(sha256)
    except StoreError as error:
        raise StoreError(
            f"{what} of a closed month is lost or was altered ({sha256[:12]}); restore the "
            "archive from a backup"
        ) from error


def _refuse_to_close(ledger: Ledger, month: Month, by: str, pins: Pins) -> None:
    if not by.strip():
        raise RefusedError(f"{month}: nobody is named to close it; say who does")
    if month in closed(ledger):
        raise RefusedError(f"{month}: is closed already; a closed month stays as it is")
    if pins.rules not in versions(ledger):
        raise RefusedError(
            f"{month}: no run has used the rules as they are; use `trueup run` first"
        )


def _reopenable(ledger: Ledger, month: Month, by: str, reason: str) -> int:
    """Return the version that is closed, if it may be opened again."""
    if not by.strip():
        raise RefusedError(f"{month}: nobody is named to reopen it; say who does")
    if not reason.strip():
        raise RefusedError(f"{month}: is not opened without a reason; say why")
    months = closed(ledger)
    if month not in months:
        raise RefusedError(f"{month}: is not closed; there is nothing to reopen")
    later = max(months)
    if later > month:
        raise RefusedError(
            f"{month}: {later} is closed after it, and has what came late; reopen {later} first, "
            "or let it be an adjustment"
        )
    version: int = months[month].body["version"]
    return version


def _counted(ledger: Ledger, month: Month) -> dict[str, Any]:
    """Return which version of a month it becomes, and of which deliveries."""
    bodies = {scope: record.body for scope, record in _current(ledger, month).items()}
    return {
        "version": 1 + sum(each.month == month for each in closes(ledger)),
        "deliveries": {scope: each["delivery"] for scope, each in bodies.items()},
        "digest": digest(bodies),
    }


def _newest(ledger: Ledger, month: Month) -> int:
    """Return the number of the newest entry that closed or reopened a month; 0 for none."""
    record = ledger.newest((CLOSED, REOPENED), (str(month),))
    return record.seq if record else 0


def _current(ledger: Ledger, month: Month) -> dict[str, Record]:
    newest = ledger.latest(LOADED)
    return {scope: record for scope, record in newest.items() if _is_of(scope, month)}


def _is_of(scope: str, month: Month) -> bool:
    return scope.rpartition("/")[2] == str(month)
