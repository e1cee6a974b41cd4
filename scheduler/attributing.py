"""Attribution of one document, here or on an engine: its keys by the rules, then its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

import polars as pl

from models.attribution import attributed, edges
from models.lake import Lake
from models.spend import conserved, spend_and_sums
from scheduler.engine.engine import Engine, Here
from scheduler.loading import near_lake
from scheduler.progress import Progress
from scheduler.version import Version

Body = Mapping[str, Any]
# bytes of documents: they take seven seconds of one core, and two processes three to start
MUCH: Final = 1 << 30
# bytes of documents whose keys are decided as one: rules cost much the same for a few keys
LITTLE: Final = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributing:
    """One document to attribute, with all that another process needs for it."""

    lake: Lake
    scope: str
    document: Body
    version: Version

    @property
    def name(self) -> str:
        """Scope and document."""
        return f"{self.scope}: {self.document['document']['name']}"

    @property
    def size(self) -> int:
        """Bytes of the document; its keys and facts are a part of that."""
        return int(self.document["document"]["size"])


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents of one version that are attributed together; at least one."""

    tasks: tuple[Attributing, ...]

    @property
    def name(self) -> str:
        """Its first document, which is named for all."""
        return self.tasks[0].name

    @property
    def size(self) -> int:
        """Bytes of all documents."""
        return sum(task.size for task in self.tasks)


@dataclass(frozen=True, slots=True)
class Attribution:
    """One document by one version: its keys, what they are spent on, and their facts.

    Attributes:
        keys: Columns KEYS.
        found: Columns ATTRIBUTED.
        facts: Sums by key and day.
        edges: The days that part the epochs of `found`.
    """

    keys: pl.DataFrame
    found: pl.DataFrame
    facts: pl.LazyFrame
    edges: tuple[date, ...]

    def spend(self, scope: str) -> pl.DataFrame:
        """Return its direct spend.

        Raises:
            InvariantError: when that does not equal the charges to the last digit.
        """
        source, _, period = scope.rpartition("/")
        part, sums = spend_and_sums(
            self.facts, self.found, self.keys, source=source, period=period, edges=self.edges
        )
        conserved(sums, part)
        return part


def attribution(lake: Lake, document: Body, version: Version) -> Attribution:
    """Return what the keys of a loaded document are spent on."""
    return next(attributions(lake, [document], version))


def attributions(lake: Lake, documents: Sequence[Body], version: Version) -> Iterator[Attribution]:
    """Yield what the keys of each document are spent on; all of them are decided together."""
    keys = [pl.read_parquet(lake.path("keys", each["keys"]), glob=False) for each in documents]
    facts = [pl.scan_parquet(lake.path("facts", each["facts"]), glob=False) for each in documents]
    days = [*filter(None, map(_days, facts))] or [(date.min, date.min)]
    span = min(first for first, _ in days), max(last for _, last in days)
    found = attributed(pl.concat(keys), version.rules, version.registry, span)
    parted = edges(version.rules, version.registry)
    for own, mine, sums in zip(keys, _of_each(found, keys), facts, strict=True):
        yield Attribution(own, mine, sums, parted)


def _of_each(found: pl.DataFrame, keys: Sequence[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the rows of each document: of every epoch, those in the place of its keys."""
    start, whole = 0, sum(each.height for each in keys)
    for each in keys:
        epochs = range(start, found.height, whole) if each.height else ()
        yield pl.concat([found.clear(), *(found.slice(first, each.height) for first in epochs)])
        start += each.height


def direct_spend(batch: Batch) -> list[pl.DataFrame]:
    """Return the direct spend of each document.

    Raises:
        InvariantError: when it does not equal the charges to the last digit.
    """
    lake, version = near_lake(batch.tasks[0].lake), batch.tasks[0].version
    found = attributions(lake, [task.document for task in batch.tasks], version)
    return [each.spend(task.scope) for task, each in zip(batch.tasks, found, strict=True)]


def parts(
    engine: Engine, tasks: Iterable[Attributing], progress: Progress
) -> Iterator[pl.DataFrame]:
    """Yield the direct spend of documents, in their order; of few of them, in this process."""
    asked = [*tasks]
    is_much = len(asked) > 1 and sum(task.size for task in asked) >= MUCH
    mine = engine if is_much else Here()
    for found in mine.each(direct_spend, [*_batches(asked)], partial(_told, progress)):
        yield from found


def _batches(tasks: Iterable[Attributing]) -> Iterator[Batch]:
    """Yield documents that follow each other, are of one version, and little together."""
    waiting: list[Attributing] = []
    for task in tasks:
        other = waiting and task.version.hash != waiting[0].version.hash
        if waiting and (other or sum(each.size for each in (*waiting, task)) > LITTLE):
            yield Batch(tuple(waiting))
            waiting.clear()
        waiting.append(task)
    if waiting:
        yield Batch(tuple(waiting))


def _told(progress: Progress, batch: Batch) -> None:
    for task in batch.tasks:
        progress.advance(task.name)


def _days(facts: pl.LazyFrame) -> tuple[date, date] | None:
    """Return the first and the last day of the charges; None where there are none."""
    day = pl.col("day")
    first, last = facts.select(first=day.min(), last=day.max()).collect().row(0)
    return (first, last) if first else None
