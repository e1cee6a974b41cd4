"""Attribution of one document, here or on an engine: its keys by the rules, then its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
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
    keys = pl.read_parquet(lake.path("keys", document["keys"]), glob=False)
    facts = pl.scan_parquet(lake.path("facts", document["facts"]), glob=False)
    found = attributed(keys, version.rules, version.registry, _days(facts))
    return Attribution(keys, found, facts, edges(version.rules, version.registry))


def direct_spend(task: Attributing) -> pl.DataFrame:
    """Return the direct spend of one document.

    Raises:
        InvariantError: when it does not equal the charges to the last digit.
    """
    lake = near_lake(task.lake)
    return attribution(lake, task.document, task.version).spend(task.scope)


def parts(
    engine: Engine, tasks: Iterable[Attributing], progress: Progress
) -> Iterator[pl.DataFrame]:
    """Yield the direct spend of documents, in their order; of few of them, in this process."""
    asked = [*tasks]
    is_much = len(asked) > 1 and sum(task.size for task in asked) >= MUCH
    mine = engine if is_much else Here()
    return mine.each(direct_spend, asked, lambda task: progress.advance(task.name))


def _days(facts: pl.LazyFrame) -> tuple[date, date]:
    """Return the first and the last day of the charges; of none, any day."""
    day = pl.col("day")
    first, last = facts.select(first=day.min(), last=day.max()).collect().row(0)
    return first or date.min, last or date.min
