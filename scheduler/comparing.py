"""What other rules would do to all that counts: document by document, on keys and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from ingest import book
from models.lake import Lake
from models.ledger import Record
from models.spend import SPEND, merged
from reconcile.moved import Side, moved, summed
from reconcile.preview import Preview, preview
from reconcile.purchase.accrued import Accrued
from scheduler import accruing, beside
from scheduler.attributing import Attribution, attribution
from scheduler.dividing import divided
from scheduler.progress import Progress
from scheduler.spending import held, period, spend_name
from scheduler.version import Version, Versions
from scheduler.workspace import Project, Stores


@dataclass(slots=True)
class _Found:
    """What was found so far: moves, those that closed months keep from happening, and spend."""

    moves: list[pl.DataFrame] = field(default_factory=list)
    staying: list[pl.DataFrame] = field(default_factory=list)
    before: list[pl.DataFrame] = field(default_factory=list)
    after: list[pl.DataFrame] = field(default_factory=list)


def compared(  # noqa: PLR0917 - two sides of everything that counts
    project: Project,
    stores: Stores,
    mine: Versions,
    candidate: Version,
    owed: Accrued,
    progress: Progress,
) -> Preview:
    """Return what moves when other rules take the place of those of open months.

    Nothing is written, and of one document at a time more is read than its sums.

    Args:
        project: The project, for its currency and rates.
        stores: Its stores, which are only read.
        mine: The versions by which everything counts.
        candidate: What takes the place of `mine.current`.
        owed: What is owed beside bills; no rule moves it.
        progress: Told of every document.

    Raises:
        StoreError: when the rules of a closed month are not there any more.
    """
    found, then = _Found(), replace(mine, current=candidate)
    counting = sorted(book.counting(stores.ledger).items())
    progress.step("compare", sum(len(record.body["documents"]) for _, record in counting))
    for scope, record in counting:
        _delivery(stores.lake, scope, record, mine, then, found, progress.advance)
    sides = [
        accruing.whole(divided(_whole(parts), beside.used(stores, by), by, project).spend, owed)
        for parts, by in ((found.before, mine), (found.after, then))
    ]
    return preview(
        moves=summed(found.moves),
        staying=summed(found.staying),
        before=sides[0],
        after=sides[1],
        rates=project.rates,
        currency=project.settings.reporting_currency,
        unpinned=mine.unpinned,
    )


def _delivery(  # noqa: PLR0917 - one delivery, both sides of it
    lake: Lake,
    scope: str,
    record: Record,
    mine: Versions,
    then: Versions,
    found: _Found,
    done: Callable[[str], object],
) -> None:
    was = mine.of(period(scope))
    before = held(lake, scope, record.body, was)
    found.before.append(before)
    parts = [] if was.hash == then.current.hash else _moves(lake, record, was, then.current)
    if period(scope) in mine.pins or was.hash == then.current.hash:
        found.after.append(before)
        found.staying += [_told(done, scope, moves) for moves, _ in parts]
        return
    path = lake.path("spend", spend_name(record.body, then.current.hash))
    made = pl.read_parquet(path, glob=False) if path.exists() else None  # a night made it before
    spend = []
    for moves, new in parts:
        found.moves.append(_told(done, scope, moves))
        if made is None:
            spend.append(new.spend(scope))
    found.after.append(merged(spend) if made is None else made)


def _moves(
    lake: Lake, record: Record, was: Version, candidate: Version
) -> Iterator[tuple[pl.DataFrame, Attribution]]:
    """Yield what moves of each document, and how the candidate attributes it."""
    for document in record.body["documents"]:
        old, new = (attribution(lake, document, each) for each in (was, candidate))
        sides = (Side(each.found, each.edges) for each in (old, new))
        yield moved(old.keys, old.facts, *sides), new


def _whole(parts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=SPEND), *parts])


def _told(done: Callable[[str], object], scope: str, moves: pl.DataFrame) -> pl.DataFrame:
    done(scope)
    return moves
