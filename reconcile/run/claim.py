"""Which training cost of a project names a run or a cluster, or is no run's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from models.canonical import canonical_value
from models.errors import InvariantError
from models.run.run import TRAINING, Names, Said
from reconcile.actuals import COST, MONTH
from reconcile.run.hours import NOWHERE, Scope
from reconcile.run.share import RESOURCE, TAGGED, Claim

Pool = tuple[str, str]  # billing month, and id of a split in it

_KEY: Final = ("project", "category", "month", "currency")
_LINK: Final = " > "  # between the splits of a path, from first to last


def said(named: pl.DataFrame) -> Iterator[Said]:
    """Yield what names a run in charges; see `models.run.charge.NAMED`."""
    rows = named.filter(pl.col("names").is_not_null()).select("project", "names", "cluster")
    for project, names, cluster in rows.unique(maintain_order=True).iter_rows():
        yield Said(project, tuple(names), cluster)


def claimed(
    spend: pl.DataFrame, named: pl.DataFrame, names: Names, clusters: Mapping[Pool, str]
) -> dict[Scope, list[Claim]]:
    """Return the claims of each project and month.

    Args:
        spend: The spend of all projects.
        named: Charges that name something, in the schema `models.run.charge.NAMED`.
        names: Every name of every run.
        clusters: The cluster whose cost a split divides, by billing month and its id.

    Raises:
        InvariantError: when charges that name something are not in the spend.
    """
    _within(spend, named)
    found: defaultdict[Scope, list[Claim]] = defaultdict(list)
    for row in named.iter_rows(named=True):
        found[row["project"], row["month"]].append(_claim(row, names))
    for scope, claim in _divided(spend, clusters):
        found[scope].append(claim)
    return dict(found)


def _claim(row: Mapping[str, Any], names: Names) -> Claim:
    run, evidence = _run(row, names)
    return Claim(
        purse=(row["category"], row["currency"]),
        cost=row["cost"],
        run=run,
        evidence=evidence,
        cluster=canonical_value(row["cluster"] or NOWHERE),
        apart=row["apart"],
        hours=row["hours"],
    )


def _run(row: Mapping[str, Any], names: Names) -> tuple[str | None, str]:
    """Return the run of a charge and how it is known; a run of another project is none."""
    project, cluster = row["project"], row["cluster"]
    if row["names"]:
        return names.run(project, row["names"][0], cluster), TAGGED
    if row["resource"] and names.knows(project, row["resource"]):
        return names.run(project, row["resource"], cluster), RESOURCE
    return None, ""


def _divided(spend: pl.DataFrame, clusters: Mapping[Pool, str]) -> Iterator[tuple[Scope, Claim]]:
    """Yield shares of what splits of one cluster divide."""
    shares = _monthly(spend.filter(pl.col("path").is_not_null()))
    key = (*_KEY, "period", "path")
    sums = shares.group_by(key).agg(pl.col(COST["effective"]).sum()).sort(pl.all())
    for project, category, month, currency, period, path, cost in sums.iter_rows():
        pools = ((period, split) for split in path.split(_LINK))
        named = [clusters[pool] for pool in pools if pool in clusters]
        if named:
            where = canonical_value(named[-1])
            yield (project, month), Claim(purse=(category, currency), cost=cost, cluster=where)


def _within(spend: pl.DataFrame, named: pl.DataFrame) -> None:
    """Check that spend has every line that names something, in the same place."""
    lines = pl.col("lines").cast(pl.Int64).sum()
    direct = _monthly(spend.filter(pl.col("path").is_null())).group_by(_KEY).agg(lines)
    mine = named.group_by(_KEY).agg(lines.alias("mine"))
    both = mine.join(direct, on=_KEY, how="left").with_columns(pl.col("lines").fill_null(0))
    for project, category, month, currency, count, there in (
        both.filter(pl.col("mine") > pl.col("lines")).sort(_KEY).iter_rows()
    ):
        raise InvariantError(
            f"{project} {month} {category} {currency}: {count} lines name runs or clusters, spend "
            f"has {there}; nothing is published, the last good figures stay"
        )


def _monthly(spend: pl.DataFrame) -> pl.DataFrame:
    training = spend.filter(pl.col("category").is_in(TRAINING))
    return training.with_columns(MONTH["effective"].alias("month"))
