"""Which restatements a report shows, and all of them as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from ingest.restatement import Restatement, restatements
from models.money import MONEY
from models.period import Month
from reconcile.restatement import Restated
from scheduler.shelf import Shelf
from scheduler.workspace import Stores

RESTATEMENTS: Final = pl.Schema(
    {
        **dict.fromkeys(("source", "month", "at", "was", "cause"), pl.String()),
        **dict.fromkeys(("delivery_before", "delivery", "currency"), pl.String()),
        "rows": pl.Int64(),
        **dict.fromkeys(("billed_cost", "effective_cost"), MONEY),
    }
)


def restated(held: Shelf, month: Month) -> list[Restated]:
    """Return what a report of a month shows: changes told since the month began.

    The report of a closed month shows what was known when it was closed, so that it stays
    as it is; the change of a closed month is shown in the reports of later ones.
    """
    shut = held.closed.get(month)
    return [
        row
        for event in restatements(held.stores.ledger)
        if event.month <= month and month.start <= event.at <= held.as_of
        if shut is None or event.seq < shut.seq
        for row in _rows(event)
    ]


def frame(stores: Stores) -> pl.DataFrame:
    """Return every restatement and currency, oldest first, for the warehouse."""
    rows = [
        (
            *(event.source, str(event.month), event.at.isoformat(), event.was, event.cause),
            *(event.before, event.after, row.currency, row.rows, row.billed, row.effective),
        )
        for event in restatements(stores.ledger)
        for row in _rows(event)
    ]
    return pl.DataFrame(rows, schema=RESTATEMENTS, orient="row")


def _rows(event: Restatement) -> Iterator[Restated]:
    for change in event.changes:
        yield Restated(
            source=event.source,
            month=event.month,
            at=event.at.date(),
            was=event.was,
            cause=event.cause,
            before=event.before,
            after=event.after,
            currency=change.currency,
            rows=change.rows,
            billed=change.billed_cost,
            effective=change.effective_cost,
        )
