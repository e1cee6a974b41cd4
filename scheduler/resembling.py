"""Look-alikes of a month: what is tagged or named almost like a project, and is spent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import polars as pl

from ingest import book
from models.attribution import attributed, edges, epoch
from models.lake import Lake
from models.money import MONEY
from models.period import Month
from models.problem import Problem
from models.rule.lookalike import WORDS, Way
from models.rule.resemblance import resemblances
from models.yamltext import quoted
from reconcile.figure import exact_text
from scheduler.version import Version, present, versions
from scheduler.workspace import Project, Stores

_TEXTS: Final = ("field", "text", "resembled", "spelling", "way", "billing_currency")
_SUMS: Final = (pl.col("tco_cost").sum().cast(MONEY), pl.col("lines").cast(pl.Int64).sum())


def problems(project: Project, stores: Stores, month: Month) -> Iterator[Problem]:
    """Yield a warning for each such text of a billing month, with the alias that accepts it."""
    mine = versions(stores.ledger, present(project))
    for scope, record in sorted(book.counting(stores.ledger).items()):
        source, _, period = scope.rpartition("/")
        if period == str(month):
            found = _spent(stores.lake, record.body, mine.of(period))
            yield from (_problem(source, month, row) for row in found.iter_rows(named=True))


def _spent(lake: Lake, body: Mapping[str, Any], version: Version) -> pl.DataFrame:
    """Return what each look-alike of a delivery comes to, where another project bears it."""
    parts = [part for each in body["documents"] if (part := _document(lake, each, version))]
    if not parts:
        return pl.DataFrame()
    whole = pl.concat([frame for part in parts for frame in part])
    return whole.group_by(_TEXTS).agg(_SUMS).sort(_TEXTS)


def _document(lake: Lake, document: Mapping[str, Any], version: Version) -> list[pl.DataFrame]:
    """Return the sums of one document; rules are asked about the few keys that matter alone."""
    rules, registry = version.rules, version.registry
    keys = pl.read_parquet(lake.path("keys", document["keys"]), glob=False)
    alike = resemblances(keys, rules, registry)
    if alike.is_empty():
        return []
    mine = keys.join(alike.select("key_id").unique(), on="key_id", how="semi")
    spent = attributed(mine, rules, registry).select("key_id", "epoch", "project")
    facts = pl.scan_parquet(lake.path("facts", document["facts"]), glob=False)
    dated = facts.with_columns(epoch=epoch(pl.col("day"), edges(rules, registry)))
    named = alike.join(mine.select("key_id", "billing_currency"), on="key_id")
    return [
        dated.join(spent.lazy(), on=("key_id", "epoch"))
        .join(named.lazy(), on="key_id")
        .filter(pl.col("project") != pl.col("resembled"))
        .group_by(_TEXTS)
        .agg(_SUMS)
        .collect(engine="streaming")
    ]


def _problem(source: str, month: Month, row: Mapping[str, Any]) -> Problem:
    way, project = WORDS[cast(Way, row["way"])], row["resembled"]
    amount = f"{exact_text(row['tco_cost'])} {row['billing_currency']}"
    lines = "1 line" if row["lines"] == 1 else f"{row['lines']} lines"
    return Problem(
        source=source,
        document=str(month),
        column=row["field"],
        rule="look_alike",
        detail=f"{quoted(row['text'])} spells no project; it {way} {quoted(row['spelling'])}: "
        f"{amount} in {lines} are not with '{project}'; if they are meant, add it to the aliases "
        f"of '{project}' in projects.yaml: - {quoted(row['text'])}",
        severity="warning",
    )
