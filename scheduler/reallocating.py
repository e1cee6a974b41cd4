"""What tonight's rules move, against those of the last night; and all of it that was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from ingest.kind import REALLOCATED
from models.errors import RefusedError, StoreError
from models.ledger import Entry
from models.money import MONEY
from models.period import Month
from models.problem import Problem
from reconcile.reallocation import Reallocation, body
from scheduler.booking import Books
from scheduler.comparing import compared
from scheduler.progress import Progress
from scheduler.shelf import Shelf
from scheduler.version import newest, of_last_run, present
from scheduler.workspace import Project, Stores

REALLOCATIONS: Final = pl.Schema(
    {
        **dict.fromkeys(("at", "month", "project", "currency"), pl.String()),
        "change": MONEY,
        **dict.fromkeys(("rules_before", "rules"), pl.String()),
    }
)


def entries(project: Project, stores: Stores, books: Books, progress: Progress) -> list[Entry]:
    """Return the entry about what moves because rules or projects were edited: none, or one.

    None when nothing moves, and when it cannot be known: nobody kept the rules until now.
    """
    last, now = newest(stores.ledger), present(project)
    if last is None or last.body["hash"] == now.hash:
        return []
    try:
        mine, _ = of_last_run(stores.ledger)
        found = compared(project, stores, mine, now, books.owed, progress)
    except (StoreError, RefusedError) as error:
        progress.note(f"trueup: {error}; what the new rules move is not known")
        return []
    if not found:
        return []
    as_of = books.as_of.isoformat()
    told = body(found, before=mine.current.hash, after=now.hash, as_of=as_of)
    return [Entry(REALLOCATED, project.settings.rules, told)]


def reallocations(stores: Stores) -> list[Reallocation]:
    """Return every reallocation, oldest first."""
    found = stores.ledger.entries(REALLOCATED)
    return [Reallocation.read(record.seq, record.body) for record in found]


def reallocated(held: Shelf, month: Month) -> Iterator[Problem]:
    """Yield what a report of a month tells: reallocations since the month began.

    The report of a closed month tells what was known when it was closed.
    """
    shut = held.closed.get(month)
    for each in reallocations(held.stores):
        is_mine = month.first <= each.at <= held.as_of.date()
        if is_mine and (shut is None or each.seq < shut.seq):
            yield Problem(
                source="rules",
                document=str(each.at),
                rule="reallocated",
                detail=each.told(month),
                severity="info",
            )


def lines(stores: Stores) -> Iterator[str]:
    """Yield reallocations, oldest first, for a person."""
    yield from (f"rules      {each.said()}" for each in reallocations(stores))


def frame(stores: Stores) -> pl.DataFrame:
    """Return every change by month and project, oldest first, for the warehouse."""
    rows = [
        (
            *(record.body["as_of"], each["month"], each["project"], record.body["currency"]),
            *(each["amount"], record.body["before"], record.body["after"]),
        )
        for record in stores.ledger.entries(REALLOCATED)
        for each in record.body["net"]
    ]
    texts = pl.Schema({**REALLOCATIONS, "change": pl.String()})
    told = pl.DataFrame(rows, schema=texts, orient="row")
    return told.with_columns(pl.col("change").cast(MONEY))
