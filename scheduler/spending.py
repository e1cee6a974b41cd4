"""Attribution of what is loaded: one file of direct spend per delivery and rules version.

Direct spend is what rules say alone. What several projects share is divided afterwards, over
all deliveries, since the keys of a split (usage, the spend of others) come from any of them.
Which version of the rules a delivery is attributed by, its billing month decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ingest import book
from models.attribution import attributed, edges
from models.errors import StoreError
from models.lake import Lake
from models.spend import SPEND, conserved, merged, spend_and_sums
from scheduler import beside
from scheduler.dividing import Spent, divided
from scheduler.origin import whole
from scheduler.progress import Progress
from scheduler.version import Version, Versions, present, versions
from scheduler.workspace import Project, Stores

Body = Mapping[str, Any]


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


def spent(project: Project, stores: Stores, progress: Progress) -> Spent:
    """Return the spend of all deliveries that count; attribute what is new.

    Raises:
        InvariantError: when spend does not equal the charges to the last digit, or a
            delivery is not whole any more.
        StoreError: when a closed month cannot be attributed as it was.
    """
    mine = versions(stores.ledger, present(project))
    direct = attribute(stores, mine, progress)
    return divided(direct, beside.used(stores, mine), mine, project)


def attribute(stores: Stores, mine: Versions, progress: Progress) -> pl.DataFrame:
    """Return the direct spend of all deliveries that count, whose files are written if need be.

    Raises:
        InvariantError: see `spent`.
        StoreError: see `spent`.
    """
    counting = sorted(book.counting(stores.ledger).items())
    progress.step("attribute", len(counting))
    frames = [pl.DataFrame(schema=SPEND)]
    for scope, record in counting:
        whole(stores.lake, scope, record.body)
        path = written(stores.lake, scope, record.body, mine)
        frames.append(pl.read_parquet(path, glob=False))
        progress.advance(scope)
    return pl.concat(frames)


def written(lake: Lake, scope: str, body: Body, mine: Versions) -> Path:
    """Return the file of a delivery's direct spend, made first if it is not there.

    Raises:
        StoreError: when it is gone, and this program would make another one.
    """
    name = mine.name(period(scope))

    def write(path: Path) -> None:
        frame = direct(lake, scope, body, mine.named(name))
        frame.write_parquet(path, compression="zstd")

    return lake.write("spend", spend_name(body, name), write)


def direct(lake: Lake, scope: str, body: Body, version: Version) -> pl.DataFrame:
    """Return the direct spend of a delivery by one version, whatever the order of its documents.

    Raises:
        StoreError: when this program attributes otherwise than the version of a closed month.
    """
    if not version.exact:
        raise StoreError(
            f"{scope}: is of a closed month, its spend is gone from the lake, and this version of "
            "trueup attributes otherwise; use the version that closed it, or a backup of the lake"
        )
    return merged(attribution(lake, each, version).spend(scope) for each in body["documents"])


def held(lake: Lake, scope: str, body: Body, version: Version) -> pl.DataFrame:
    """Return the direct spend of a delivery from its file, or worked out; nothing is written.

    Raises:
        StoreError: see `direct`.
    """
    path = lake.path("spend", spend_name(body, version.hash))
    return (
        pl.read_parquet(path, glob=False) if path.exists() else direct(lake, scope, body, version)
    )


def spend_name(body: Body, rules: str) -> str:
    """Return the name of a delivery's spend file by one version of the rules."""
    return f"{body['delivery']}-{rules}"


def period(scope: str) -> str:
    """Return the billing month of a scope."""
    return scope.rpartition("/")[2]


def _days(facts: pl.LazyFrame) -> tuple[date, date]:
    """Return the first and the last day of the charges; of none, any day."""
    day = pl.col("day")
    first, last = facts.select(first=day.min(), last=day.max()).collect().row(0)
    return first or date.min, last or date.min
