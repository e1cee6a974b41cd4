"""What was done in a month, counted outside of bills: runs, tokens, labels; and what was lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.money import ZERO
from models.period import Month
from models.run.run import LOST, TRAINING
from models.unit import unit

_TRAINED: Final = "training"  # detail of tokens that a model was trained on
# what a factor of a plan counts: which quantity of usage that is
_COUNTED: Final = {
    "run": "runs",
    "token": "tokens",
    "request": "requests",
    "label": "labels_accepted",
    "accepted-label": "labels_accepted",
}


@dataclass(frozen=True, slots=True)
class Loss:
    """Attempts that failed, were preempted or cancelled: cost in the reporting currency."""

    cost: Decimal = ZERO
    hours: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Activity:
    """What is known beside bills; a count that is not there is not known, which is not zero.

    Attributes:
        counts: By project, month and kind: `runs` that were not lost, those of a category of
            training apart (`runs training_compute`), and kinds of usage.
        losses: By project, month and category.
    """

    counts: Mapping[tuple[str, Month, str], Fraction] = field(default_factory=dict)
    losses: Mapping[tuple[str, Month, str], Loss] = field(default_factory=dict)

    def factor(self, project: str, month: Month, category: str, name: str) -> Fraction | None:
        """Return the actual value of a factor; None where nothing counts it.

        A factor is called like what it counts: `runs`, `training_runs`, `million_tokens`. The
        tokens of training are those a model was trained on, of all else those that were not.
        """
        known = self.counts.get((project, month, kind(category, name)))
        return None if known is None else known / unit(name).size

    def without(self, project: str, month: Month, kinds: Collection[str]) -> Activity:
        """Return the same, some counts of a project and month not known."""
        gone = {(project, month, each) for each in kinds} & self.counts.keys()
        if not gone:
            return self
        left = {key: count for key, count in self.counts.items() if key not in gone}
        return replace(self, counts=left)

    def loss(self, project: str, month: Month, category: str) -> Loss:
        """Return what was lost of a category."""
        return self.losses.get((project, month, category), Loss())


def kind(category: str, name: str) -> str:
    """Return which count a factor of a category is; empty for one that nothing counts."""
    measures = unit(name).measures
    counted = _COUNTED.get(measures.removeprefix("training-"), "")
    if counted == "tokens" and (category in TRAINING or measures.startswith("training-")):
        return "training_tokens"
    return f"runs {category}" if counted == "runs" and category in TRAINING else counted


def activity(runs: pl.DataFrame, usage: pl.DataFrame) -> Activity:
    """Return what was done.

    Args:
        runs: In the schema `reconcile.run.table.RUNS`.
        usage: Columns of `models.usage.OWNED`.
    """
    return Activity({**_usage(usage), **_runs(runs)}, _losses(runs))


def _runs(runs: pl.DataFrame) -> dict[tuple[str, Month, str], Fraction]:
    """Return runs that worked, all of them and by category of training.

    A run that cost something counts where it cost it: a job on machines of one's own is none of
    those that a cloud was paid for. One that nobody knows the cost of counts in all.
    """
    done = runs.filter(pl.col("run_id").is_not_null() & ~pl.col("state").is_in(LOST))
    found = _counted(done, "runs")
    for category in TRAINING:
        mine = (pl.col("cost") == 0) | (pl.col(category) != 0)
        found |= _counted(done.filter(mine), f"runs {category}")
    return found


def _counted(runs: pl.DataFrame, name: str) -> dict[tuple[str, Month, str], Fraction]:
    counts = runs.group_by("project", "month").agg(pl.col("run_id").n_unique())
    return {(p, Month.parse(m), name): Fraction(n) for p, m, n in counts.iter_rows()}


def _usage(usage: pl.DataFrame) -> dict[tuple[str, Month, str], Fraction]:
    trained = (pl.col("driver") == "tokens") & pl.col("detail").eq_missing(pl.lit(_TRAINED))
    kind = pl.when(trained).then(pl.lit("training_tokens")).otherwise("driver")
    sums = (
        usage.filter(pl.col("driver") != "runs")
        .group_by("project", pl.col("day").dt.strftime("%Y-%m").alias("month"), kind.alias("kind"))
        .agg(pl.col("quantity").sum())
    )
    return {(p, Month.parse(m), kind): Fraction(n) for p, m, kind, n in sums.iter_rows()}


def _losses(runs: pl.DataFrame) -> dict[tuple[str, Month, str], Loss]:
    """Return what was lost, hours by the cost of each category."""
    found: defaultdict[tuple[str, Month, str], Loss] = defaultdict(Loss)
    lost = runs.filter(pl.col("run_id").is_not_null() & pl.col("state").is_in(LOST))
    for row in lost.iter_rows(named=True):
        for category in TRAINING:
            if cost := row[category]:
                share = Fraction(cost) / Fraction(row["cost"]) if row["cost"] else Fraction(0)
                key = row["project"], Month.parse(row["month"]), category
                hours = found[key].hours + Fraction(row["gpu_hours"]) * share
                found[key] = Loss(found[key].cost + cost, hours)
    return dict(found)
