"""Runs of a project folder: what counts of usage and charges, brought together by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingest import book
from models.lake import Lake
from models.run import usage as runusage
from models.run.charge import NAMED, Sought, named
from models.run.run import Names
from models.split.split import Usage
from reconcile.run import claim
from reconcile.run.accepted import Accepted, accepted
from reconcile.run.claim import Pool
from reconcile.run.table import Evidence, runs
from scheduler.attributing import LITTLE
from scheduler.spending import period
from scheduler.version import Version, Versions, present, versions
from scheduler.workspace import Project, Stores

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What is known of runs.

    Attributes:
        frame: In the schema `reconcile.run.table.RUNS`, of all months and projects.
        accepted: Models that were accepted, by project and day.
        unclear: What tags say about acceptance that cannot be read.
    """

    frame: pl.DataFrame
    accepted: tuple[Accepted, ...]
    unclear: tuple[str, ...]


def ran(project: Project, stores: Stores, usage: pl.DataFrame, spend: pl.DataFrame) -> Ran:
    """Return the runs of every month.

    Args:
        project: The project folder.
        stores: Its stores.
        usage: The table `usage`, with the project of each row.
        spend: The spend of all deliveries that count, divided, with accruals.

    Raises:
        InvariantError: when runs and what is without one are not the cost of the report.
    """
    told = runusage.told(usage, project.runs)
    sought = Sought(project.runs, runusage.ids(told), runusage.clusters(told))
    mine = versions(stores.ledger, present(project))
    charges = pl.concat([pl.DataFrame(schema=NAMED), *_named(stores, mine, sought)])
    names = Names([*runusage.said(told), *claim.said(charges)])
    called = runusage.called(told, names)
    models, unclear = accepted(called, names, project.runs)
    evidence = Evidence(
        told=called,
        named=charges,
        names=names,
        preferred=project.runs.hours,
        clusters=clusters(spend, mine),
        accepted={(each.project, each.run): each.model for each in models},
    )
    currency = project.settings.reporting_currency
    frame = runs(spend, evidence, project.rates, currency)
    return Ran(frame, tuple(models), tuple(unclear))


def _named(stores: Stores, mine: Versions, sought: Sought) -> Iterator[pl.DataFrame]:
    """Yield the charges that name something, of every document that counts."""
    for version, documents in batches(stores, mine):
        keys, facts = joined(stores.lake, documents)
        yield named(keys, facts, version.rules, version.registry, sought)


def batches(stores: Stores, mine: Versions) -> Iterator[tuple[Version, list[Body]]]:
    """Yield documents of one version, as many at once as are little together."""
    waiting: dict[str, list[Body]] = {}
    for scope, record in sorted(book.counting(stores.ledger).items()):
        version = mine.of(period(scope))
        for document in record.body["documents"]:
            held = waiting.setdefault(version.hash, [])
            if held and sum(map(_size, (*held, document))) > LITTLE:
                yield version, [*held]
                held.clear()
            held.append(document)
    for name, held in waiting.items():
        yield mine.named(name), held


def joined(lake: Lake, documents: Iterable[Body]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Return keys and facts of documents as those of one: keys are numbered on."""
    keys, facts, before = [], [], 0
    for each in documents:
        number = pl.col("key_id") + pl.lit(before, pl.UInt32)
        own = pl.scan_parquet(lake.path("keys", each["keys"]), glob=False)
        keys.append(own.with_columns(number))
        sums = pl.scan_parquet(lake.path("facts", each["facts"]), glob=False)
        facts.append(sums.with_columns(number))
        before += own.select(pl.len()).collect().item()
    return pl.concat(keys), pl.concat(facts)


def _size(document: Body) -> int:
    return int(document["document"]["size"])


def clusters(spend: pl.DataFrame, mine: Versions) -> dict[Pool, str]:
    """Return the one cluster that each split of a billing month is of, where it says one."""
    periods = spend.filter(pl.col("path").is_not_null())["period"].unique().sort()
    return {
        (period, each.id): each.by.cluster[0]
        for period in periods
        for each in mine.of(period).rules.splits
        if isinstance(each.by, Usage) and len(each.by.cluster) == 1
    }
