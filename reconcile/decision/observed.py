"""What the factors of an item really were, as far as anybody measured them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Final

import polars as pl

from models.decision.file import Quality
from models.money import ZERO, plain
from models.run.run import TRAINING
from reconcile.decision.asked import Asked
from reconcile.decision.lever import PRICE, Factors
from reconcile.decision.spending import Spending
from reconcile.given import Planned, PlannedItem

RUNS: Final = ("runs", "jobs", "sweeps", "trainings")  # factors of plans that count runs
HOURS: Final = frozenset({"gpuhour", "gpuhours", "gpuh"})  # spellings of the unit, letters alone
LABELS: Final = "labels_accepted"
SEVERAL: Final = "several items of the plan have runs, and nobody says which run is of which"
NO_RUNS: Final = "no run and no hours of accelerators are known"
NO_HOURS: Final = "no hours of accelerators are known"
UNMEASURED: Final = "nobody measures its quantity"
_ALL: Final = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Factors of one item to date.

    Attributes:
        factors: As they were; their product is the actual cost. Empty when they are unknown.
        done: Share of the planned output that was planned for the same time.
        reason: Why they are unknown.
    """

    factors: Factors
    done: Fraction = Fraction(1)
    reason: str = ""


def observed(asked: Asked, spending: Spending, plan: Planned, item: PlannedItem) -> Observed:
    """Return what an item's factors were up to the month of the report."""
    names = [*item.quantity]
    if item.category in TRAINING and len(names) == len(("runs", "hours")) and _runs(item):
        return _of_runs(asked, spending, plan, item)
    if len(names) == 1 and _is_hours(item):
        hours = Fraction(spending.hours(plan.project, item.id))
        share = done(plan, item, spending)
        return _whole({names[0]: hours}, _cost(spending, plan, item), NO_HOURS, share)
    if len(names) == 1 and item.category == "data":
        return _of_labels(asked, spending, plan, item)
    return Observed(factors={}, reason=UNMEASURED)


def done(plan: Planned, item: PlannedItem, spending: Spending) -> Fraction:
    """Return the share of an item that was planned up to the month of the report."""
    shares = zip(plan.months, item.shares, strict=True)
    reached = sum((share for month, share in shares if month <= spending.month), Fraction(0))
    return reached / sum(item.shares, Fraction(0))


def counted(runs: pl.DataFrame, project: str, until: str) -> pl.DataFrame:
    """Return the rows of a project's runs up to a month, `YYYY-MM`; those of no run left out."""
    known = pl.col("run_id").is_not_null() & (pl.col("month") <= until)
    return runs.filter(known, pl.col("project") == project)


def runs_of(item: PlannedItem) -> str | None:
    """Return the factor of an item that counts training runs; None where none does."""
    return _runs(item) if item.category in TRAINING else None


def labels(asked: Asked, project: str, quality: Quality) -> Decimal:
    """Return how many labels were accepted up to the day on which a target was reached."""
    mine = asked.usage.filter(pl.col("driver") == LABELS, pl.col("project") == project)
    return sum(mine.filter(pl.col("day") <= quality.reached)["quantity"], ZERO)


def target(asked: Asked, project: str, item: str, spending: Spending) -> Quality | None:
    """Return the target of an item's labels that was reached by the end of the month."""
    for each in asked.file.quality:
        reached = each.reached is not None and each.reached <= spending.month.last
        if (each.project, each.item) == (project, item) and reached:
            return each
    return None


def _of_runs(asked: Asked, spending: Spending, plan: Planned, item: PlannedItem) -> Observed:
    if sum(runs_of(each) is not None for each in plan.items) > 1:
        return Observed(factors={}, reason=SEVERAL)
    rows = counted(asked.runs, plan.project, str(spending.month))
    count = rows["run_id"].n_unique()
    hours = spending.hours(plan.project, item.id) or sum(rows["gpu_hours"], ZERO)
    if not count or not hours:
        return Observed(factors={}, reason=NO_RUNS)
    name = _runs(item)
    each = Fraction(hours) / count
    factors = {factor: Fraction(count) if factor == name else each for factor in item.quantity}
    share = done(plan, item, spending)
    return _whole(factors, _cost(spending, plan, item), NO_RUNS, share)


def _of_labels(asked: Asked, spending: Spending, plan: Planned, item: PlannedItem) -> Observed:
    quality = target(asked, plan.project, item.id, spending)
    if quality is None or quality.reached is None:
        return Observed(factors={}, reason=_hours_alone(asked, spending, plan))
    key = (item.category, item.id)
    cost = spending.until(plan.project, key, quality.reached)
    count = Fraction(labels(asked, plan.project, quality))
    (name,) = item.quantity
    said = f"no accepted label is known up to {quality.reached}"
    return _whole({name: count}, cost, said)


def _hours_alone(asked: Asked, spending: Spending, plan: Planned) -> str:
    """Return what can be told without a target: hours, and never a saving."""
    mine = asked.usage.filter(
        pl.col("project") == plan.project, pl.col("day") <= spending.month.last
    )
    sums = {
        driver: sum(mine.filter(pl.col("driver") == driver)["quantity"], ZERO)
        for driver in ("labor_hours", LABELS)
    }
    return (
        "no quality target was reached, so nobody knows how many labels were needed; so far "
        f"{plain(sums[LABELS])} labels were accepted, and {plain(sums['labor_hours'])} hours of "
        "labor approved"
    )


def _cost(spending: Spending, plan: Planned, item: PlannedItem) -> Decimal:
    return spending.items(plan.project).get((item.category, item.id), ZERO)


def _whole(
    factors: Mapping[str, Fraction], cost: Decimal, unknown: str, share: Fraction = _ALL
) -> Observed:
    units = prod(factors.values(), start=_ALL)
    if not units:
        return Observed(factors={}, reason=unknown)
    return Observed(factors={**factors, PRICE: Fraction(cost) / units}, done=share)


def _runs(item: PlannedItem) -> str | None:
    return next((name for name in item.quantity if name in RUNS), None)


def _is_hours(item: PlannedItem) -> bool:
    letters: Sequence[str] = [c for c in (item.unit or "").casefold() if c.isalpha()]
    return "".join(letters) in HOURS
