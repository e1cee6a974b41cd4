"""Attribution of what is loaded: one file of direct spend per delivery and rules version.

Direct spend is what rules say alone. What several projects share is divided afterwards, over
all deliveries, since the keys of a split (usage, the spend of others) come from any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest import book
from models.attribution import attributed, edges
from models.lake import input_hash
from models.spend import SPEND, conserved, spend
from scheduler.origin import whole
from scheduler.progress import Progress
from scheduler.workspace import Project, Stores

VERSION: Final = "2"  # rises when the same keys and rules would give other spend

Writer = Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """The spend of all deliveries that count, at daily grain, in the schema SPEND.

    Attributes:
        direct: As rules give it: what is shared has the id of its split as `path`.
        spend: With what is shared divided between projects.
    """

    direct: pl.DataFrame
    spend: pl.DataFrame


def rules_hash(project: Project) -> str:
    """Return the identity of everything attribution depends on beside the keys."""
    return input_hash(VERSION, project.rules.fingerprint, project.registry.fingerprint)


def spent(project: Project, stores: Stores, progress: Progress) -> Spent:
    """Return the spend of all deliveries that count; attribute what is new.

    Raises:
        InvariantError: when spend does not equal the charges to the last digit, or a
            delivery is not whole any more.
    """
    counting = book.counting(stores.ledger)
    progress.step("attribute", len(counting))
    rules, paths = rules_hash(project), []
    for scope, record in sorted(counting.items()):
        whole(stores.lake, scope, record.body)
        write = _writer(project, stores, scope, record.body)
        paths.append(stores.lake.write("spend", spend_name(record.body, rules), write))
        progress.advance(scope)
    frames = [pl.read_parquet(path, glob=False) for path in paths]
    direct = pl.concat([pl.DataFrame(schema=SPEND), *frames])
    return Spent(direct=direct, spend=direct)


def spend_name(body: Mapping[str, Any], rules: str) -> str:
    """Return the name of a delivery's spend file by one version of the rules."""
    return f"{body['delivery']}-{rules}"


def _writer(project: Project, stores: Stores, scope: str, body: Mapping[str, Any]) -> Writer:
    def write(path: Path) -> None:
        source, _, period = scope.rpartition("/")
        parts = list(_parts(project, stores, source, period, body))
        frame = pl.concat(parts) if parts else pl.DataFrame(schema=SPEND)
        frame.sort(pl.all()).write_parquet(path, compression="zstd")

    return write


def _parts(
    project: Project, stores: Stores, source: str, period: str, body: Mapping[str, Any]
) -> Iterator[pl.DataFrame]:
    for document in body["documents"]:
        keys = pl.read_parquet(stores.lake.path("keys", document["keys"]), glob=False)
        facts = pl.scan_parquet(stores.lake.path("facts", document["facts"]), glob=False)
        found = attributed(keys, project.rules, project.registry, _days(facts))
        changes = edges(project.rules, project.registry)
        part = spend(facts, found, keys, source=source, period=period, edges=changes)
        conserved(facts, part)
        yield part


def _days(facts: pl.LazyFrame) -> tuple[date, date]:
    """Return the first and the last day of the charges; of none, any day."""
    day = pl.col("day")
    first, last = facts.select(first=day.min(), last=day.max()).collect().row(0)
    return first or date.min, last or date.min
