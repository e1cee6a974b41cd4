"""Sharing: direct spend to spend, in which what several projects share is divided between them.

Splits may lead on to splits. Each pool is divided once, after all that leads to it: so no cost
counts twice, and every share keeps the way it came as its path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import TopologicalSorter
from itertools import compress
from typing import Final

import polars as pl

from models.category import UNALLOCATED
from models.errors import InvariantError
from models.project import Registry
from models.reduction import SUMMED
from models.spend import SPEND
from models.split.apportionment import parts
from models.split.share import SHARES, Finding, path, table, weights
from models.split.split import Split
from models.split.weighing import Scales

MEASURES: Final = ("share", *SUMMED)
METERED_UNIT: Final = "GPU-Hours"  # in which charges state what there was to use
_POOL: Final = ("split", "month", "epoch")


@dataclass(frozen=True, slots=True)
class Shared:
    """Spend with what is shared divided.

    Attributes:
        spend: In the schema SPEND: what is not shared in its order, then shares in theirs,
            which does not depend on the order of rows.
        shares: What each target was given and why, in the schema SHARES, sorted.
        findings: How each split was weighed in each month; again where projects changed in it.
    """

    spend: pl.DataFrame
    shares: pl.DataFrame
    findings: tuple[Finding, ...]


def divided(direct: pl.DataFrame, scales: Scales, periods: Collection[str] | None = None) -> Shared:
    """Return spend in which every pool is divided between its targets.

    Rows that are divided already, or that no split of these is about, stay as they are.

    Args:
        direct: Direct spend, in the schema SPEND.
        scales: What weighs the targets.
        periods: Billing months whose spend is asked for; all when absent.

    Raises:
        InvariantError: when a measure does not sum to what it was, to the last digit.
    """
    asked = pl.lit(value=True) if periods is None else pl.col("period").is_in([*periods])
    mine = direct if periods is None else direct.filter(asked)
    pool = (pl.col("project") == UNALLOCATED) & pl.col("path").is_in([*scales.splits])
    pool = pool.fill_null(value=False)
    if mine.filter(pool).is_empty():
        return Shared(mine, pl.DataFrame(schema=SHARES), ())
    borne, shares, findings = [], [], []
    rows = _needed(_placed(direct.filter(pool).sort(pl.all()), scales.registry), asked)
    onward = pl.col("split").is_in([*scales.splits])
    for level in _levels(scales.splits):
        here = pl.col("split").is_in(level)
        due, rows = rows.filter(here), rows.filter(~here)
        if due.is_empty():
            continue
        found, told, weighed = _level(due, scales, asked)
        rows = pl.concat([rows, found.filter(onward)])
        borne.append(found.filter(~onward & asked).select(SPEND.names()))
        shares.append(told.filter(asked))
        findings += weighed
    spend = pl.concat([mine.filter(~pool), *borne])
    conserved(mine, spend)
    return Shared(spend, pl.concat(shares).sort(pl.all()), tuple(findings))


def conserved(direct: pl.DataFrame, spend: pl.DataFrame) -> None:
    """Check that dividing changed no sum, in every measure, and that shares make whole lines.

    Raises:
        InvariantError: names the measure, both sums and their difference.
    """
    before, after = (frame.select(pl.col(MEASURES).sum()).row(0) for frame in (direct, spend))
    for name, was, now in zip(MEASURES, before, after, strict=True):
        if was != now:
            raise InvariantError(
                f"{name}: divided spend is {now:f}, direct spend is {was:f}, {now - was:f} apart; "
                "nothing is published, the last good figures stay"
            )


def _placed(pool: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Return shared rows with their split, the month that decides, and the epoch of projects.

    It is the month of the day; but for what is billed ahead of its day it is that of the bill,
    since a closed month waits for no other.
    """
    month = pl.col("day").dt.strftime("%Y-%m")
    edges = pl.Series(sorted({*_edges(registry)}), dtype=pl.Date)
    return pool.with_columns(
        split="path",
        month=pl.when(month < pl.col("period")).then(month).otherwise("period"),
        epoch=pl.lit(edges).search_sorted(pl.col("day"), side="right").cast(pl.UInt32),
    )


def _needed(rows: pl.DataFrame, asked: pl.Expr) -> pl.DataFrame:
    """Return the rows that are asked for, and those of months that decide about them."""
    months = rows.filter(asked)["month"].unique()
    return rows.filter(asked | pl.col("period").is_in(months.to_list()))


def _edges(registry: Registry) -> Iterator[date]:
    """Yield the days on which a project begins, is over, or merges."""
    for project in registry.projects:
        if project.start is not None:
            yield project.start
        if project.end is not None and project.end < date.max:
            yield project.end + timedelta(1)
        if project.merged is not None:
            yield project.merged.on


def _levels(splits: Mapping[str, Split]) -> Iterator[list[str]]:
    """Yield ids of splits, each after all that lead to it."""
    order = TopologicalSorter[str](dict.fromkeys(splits, ()))
    for split in splits.values():
        for target in split.targets:
            if target in splits:
                order.add(target, split.id)
    order.prepare()
    while order.is_active():
        ready = sorted(order.get_ready())
        yield ready
        order.done(*ready)


def _level(
    due: pl.DataFrame, scales: Scales, asked: pl.Expr
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """Return the parts of pools, what each target was given, and how what is asked was weighed."""
    found = due.group_by(_POOL).agg(day=pl.col("day").min(), asked=asked.any())
    groups = found.sort(_POOL).with_row_index("group")
    weighed = [*_weighed(due, groups, scales)]
    by = weights(weighed)
    pools = due.join(groups.drop("day", "asked"), on=_POOL, maintain_order="left")
    some = by.filter(pl.col("lowest") > 0).select("group", "target", "end", weight="lowest")
    shared = parts(pools, some, MEASURES)
    told = table(pools, shared, by, scales.splits)
    onward = pl.col("target").is_in([*scales.splits])
    project = pl.when(onward).then(pl.lit(UNALLOCATED)).otherwise("target")
    borne = shared.with_columns(project=project, path=path(scales.splits), split="target")
    return borne.select(due.columns), told, [*compress(weighed, groups["asked"])]


def _weighed(due: pl.DataFrame, groups: pl.DataFrame, scales: Scales) -> Iterator[Finding]:
    """Yield how each group is weighed, in order."""
    billed = _billed(due)
    for split, month, day in groups.select("split", "month", "day").iter_rows():
        there = billed.get((split, month), 0)
        yield Finding(split, month, scales.weighed(scales.splits[split], month, day, there))


def _billed(due: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Return what charges of each pool and month say there was to use, in units."""
    metered = (pl.col("consumed_unit") == METERED_UNIT) & (pl.col("period") == pl.col("month"))
    units = pl.col("consumed_quantity").sum().to_physical()
    sums = due.filter(metered).group_by("split", "month").agg(units)
    return {(split, month): there for split, month, there in sums.iter_rows()}
