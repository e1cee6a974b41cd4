"""Months and their closes, for a person: how far each is, who closed it, when and from what."""

from __future__ import annotations

from datetime import datetime

from ingest.closing import Close, closes
from models.period import Month
from reconcile.report.closing import Closing, Told
from scheduler.asserting import asserted
from scheduler.close.life import month_life, with_data
from scheduler.close.signing import PREPARED, waiting
from scheduler.shelf import shelf
from scheduler.standing import source_states
from scheduler.workspace import Project, Stores


def listed(project: Project, stores: Stores, at: datetime) -> list[Told]:
    """Return how far each month is that has data, oldest first."""
    held, judged = shelf(stores, at), asserted(project, stores)
    return [
        Told(
            life=month_life(held, month, source_states(project, held, month), judged),
            by=record.body["by"] if (record := held.closed.get(month)) else "",
            at=record.at[:10] if record else "",
            prepared=_prepared(project, stores, month),
        )
        for month in with_data(held)
    ]


def due(project: Project, stores: Stores, at: datetime) -> list[str]:
    """Return what is next to be closed, as a line for `trueup status`; nothing where none is."""
    held = shelf(stores, at)
    unclosed = [each for each in with_data(held) if each not in held.closed and each.end <= at]
    if not unclosed:
        return []
    month = unclosed[0]
    found = month_life(held, month, source_states(project, held, month), asserted(project, stores))
    more = f", {len(unclosed)} months are not closed" if len(unclosed) > 1 else ""
    by = _prepared(project, stores, month)
    said, way = (f", prepared by {by}", "--sign --by NAME") if by else ("", "--dry-run")
    return [f"close      {month} is {found}{said}{more}; `trueup close {month} {way}`"]


def history(stores: Stores, month: Month | None = None) -> list[Closing]:
    """Return every close there ever was, of one month or of all, oldest first."""
    return [_closing(stores, each) for each in closes(stores.ledger) if month in {None, each.month}]


def _prepared(project: Project, stores: Stores, month: Month) -> str:
    """Return who prepared a month that waits for another person; empty where it does not."""
    found = waiting(stores, month) if project.settings.close.two_person else None
    return str(found["by"]) if found else ""


def _closing(stores: Stores, each: Close) -> Closing:
    body, again = each.record.body, each.reopened
    before = [
        record
        for record in stores.ledger.entries(PREPARED, str(each.month))
        if record.seq < each.record.seq
    ]
    return Closing(
        month=each.month,
        version=each.version,
        at=each.record.at,
        body=body,
        program=before[-1].body["program"] if before else "",
        reopened=f"{again.at[:10]} by {again.body['by']}: {again.body['reason']}" if again else "",
    )
