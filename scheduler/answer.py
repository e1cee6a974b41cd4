"""What a source says about a month: delivered, absent, late, forbidden, broken, or empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ingest.source import Source
from models.period import Month
from scheduler.shelf import Body, Shelf

DELIVERED: Final = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One of the answers, and what to make of it.

    Attributes:
        word: delivered, absent, late, forbidden, broken, empty, or quarantined, when some
            rows were set aside.
        detail: Why, one line; empty for delivered without more to say.
        waiting: Nobody has to act, though it is not delivered: it is not due yet.
        promised: Whether something is still to come; a vendor without a day promises nothing.
    """

    word: str
    detail: str = ""
    waiting: bool = False
    promised: bool = True

    @property
    def urgent(self) -> bool:
        """Whether somebody has to act."""
        return self.word != DELIVERED and not self.waiting


def answer(held: Shelf, source: Source, month: Month, body: Body | None) -> Answer:
    """Return what a source says about a month.

    Args:
        held: What the ledger knows.
        source: The source.
        month: The billing month.
        body: The delivery to judge by; None when there is none.
    """
    if trouble := _trouble(held, f"{source.name}/{month}"):
        kept = "; the last good delivery stays" if body else ""
        waiting = trouble["state"] == "empty" and held.as_of < month.end
        detail = f"{trouble['document']}: {trouble['detail']}{kept}"
        return Answer(word=trouble["state"], detail=detail, waiting=waiting)
    if body is None:
        return _undelivered(held, source, month)
    if rows := aside(body):
        return Answer(word="quarantined", detail=_set_aside(rows, month))
    return _stale(held, source, month) or Answer(word=DELIVERED, detail=_gone(held, source, month))


def _set_aside(rows: int, month: Month) -> str:
    return f"rows that were set aside: {rows}; `trueup report --month {month}` says which"


def aside(body: Body | None) -> int:
    """Return how many rows of a delivery were set aside."""
    return sum(document["rejected_rows"] for document in body["documents"]) if body else 0


def _trouble(held: Shelf, scope: str) -> Body | None:
    """Return why the newest delivery of a month was refused, or nothing could be asked.

    A month that is final stays it while its source cannot be reached.
    """
    whole = None if scope in held.settled else held.refused.get(scope.rpartition("/")[0])
    return held.refused.get(scope) or whole


def _undelivered(held: Shelf, source: Source, month: Month) -> Answer:
    due, said = source.due(month), _said(held, source, month)
    if due is None:
        detail = f"{said}, and nothing is promised"
        return Answer(word="absent", detail=detail, waiting=True, promised=False)
    if held.as_of < due:
        return Answer(word="absent", detail=f"{said}; it is due by {_instant(due)}", waiting=True)
    return Answer(word="late", detail=f"{said}; it was due by {_instant(due)}")


def _said(held: Shelf, source: Source, month: Month) -> str:
    record = held.gone.get(f"{source.name}/{month}") or held.gone.get(source.name)
    if record is None:
        return "nothing is delivered"
    return f"{record.body['document']}: {record.body['detail']}"


def _stale(held: Shelf, source: Source, month: Month) -> Answer | None:
    """Return that a month which ran went quiet: an exporter that moved or was switched off.

    A month that is over needs one more delivery after its end, or its last days are missing.
    """
    every, arrived = source.settlement.every, held.arrived.get(f"{source.name}/{month}")
    if every is None or arrived is None or arrived >= month.end or held.as_of <= arrived + every:
        return None
    age = _hours(held.as_of - arrived)
    return Answer(word="late", detail=f"nothing new for {age}, expected every {_hours(every)}")


def _gone(held: Shelf, source: Source, month: Month) -> str:
    """Return that what was delivered is no longer where it came from."""
    record = held.gone.get(f"{source.name}/{month}") or held.gone.get(source.name)
    if record is None:
        return ""
    return f"{record.body['document']}: {record.body['detail']} any more; the archive has it"


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.hour == moment.minute == 0 else f"{moment:%Y-%m-%d %H:%M}"


def _hours(age: timedelta) -> str:
    hours = int(age.total_seconds()) // 3600
    return f"{hours} hours" if hours < 100 else f"{hours // 24} days"  # noqa: PLR2004 - to read
