"""Output of items, by month: accepted labels, succeeded runs, accepted models, milestones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

import polars as pl

from models.money import ZERO
from models.period import Month
from models.plan.item import PlanItem
from models.progress import (
    Output,
    Progress,
    Stated,
    gained_by_count,
    gained_by_share,
    planned_output,
)
from reconcile.forecasting.basis import Gained
from reconcile.run.accepted import Accepted

SUCCEEDED: Final = "succeeded"
LABELS: Final = "labels_accepted"
Counts = Mapping[str, Mapping[date, Decimal]]  # by project and day
ItemKey = tuple[str, str]  # project, item


class Planned(Protocol):
    """What is needed of a plan; `models.plan.plan.Plan` is the one in use."""

    @property
    def project(self) -> str: ...  # noqa: D102 - the words of the plan file
    @property
    def items(self) -> Iterable[PlanItem]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of each output, by project and day; a project that is absent is unknown.

    Attributes:
        stated: Milestones and shares, as people state them.
    """

    counts: Mapping[Output, Counts] = field(default_factory=dict)
    stated: Stated = field(default_factory=Stated)

    def gained(self, project: str, item: PlanItem, until: date) -> Gained | None:
        """Return the share of an item's output that each month brought; None where unknown.

        Args:
            project: Whose item it is.
            item: The item of its plan.
            until: The last day that counts; what came later is not known yet.
        """
        mine = item.progress
        if mine is None or mine.by == "milestones":
            reached = self.stated.items.get((project, item.id))
            return gained_by_share(reached, until) if reached is not None else None
        return self._counted(project, item, mine, until)

    def _counted(
        self, project: str, item: PlanItem, progress: Progress, until: date
    ) -> Gained | None:
        days = self.counts.get(progress.by, {}).get(project)
        planned = planned_output(progress, item.quantity)
        return None if days is None or planned is None else gained_by_count(days, planned, until)


def gained(plans: Iterable[Planned], counted: Counted, until: date) -> dict[ItemKey, Gained]:
    """Return the output of every item whose output is known."""
    found = {
        (plan.project, item.id): counted.gained(plan.project, item, until)
        for plan in plans
        for item in plan.items
    }
    return {key: months for key, months in found.items() if months is not None}


def fixed(plans: Iterable[Planned]) -> frozenset[ItemKey]:
    """Return the items that cost what is planned: people of a roster, and depreciation."""
    return frozenset(
        (plan.project, item.id)
        for plan in plans
        for item in plan.items
        if item.progress is None
        and (item.category == "depreciation" or (item.category == "labor" and item.role))
    )


def counts(
    usage: pl.DataFrame, runs: pl.DataFrame, models: Iterable[Accepted]
) -> dict[Output, Counts]:
    """Return what was counted of each output.

    A run counts on the last day of the month in which it was last seen, once it succeeded.
    Of a project of which runs are known none may have succeeded, and no model be accepted.

    Args:
        usage: Usage with its project, in the schema `models.usage.OWNED`.
        runs: In the schema `reconcile.run.table.RUNS`, all months.
        models: Models that were accepted.
    """
    ended = dict(_ended(runs))
    accepted: dict[str, dict[date, Decimal]] = {project: {} for project in ended}
    for each in models:
        days = accepted.setdefault(each.project, {})
        days[each.day] = days.get(each.day, ZERO) + 1
    return {"labels": dict(_labels(usage)), "runs": ended, "models": accepted}


def _labels(usage: pl.DataFrame) -> Iterator[tuple[str, dict[date, Decimal]]]:
    rows = usage.filter(pl.col("driver") == LABELS).group_by("project", "day")
    found: dict[str, dict[date, Decimal]] = {}
    for project, day, quantity in rows.agg(pl.col("quantity").sum()).sort("day").iter_rows():
        found.setdefault(project, {})[day] = quantity
    yield from found.items()


def _ended(runs: pl.DataFrame) -> Iterator[tuple[str, dict[date, Decimal]]]:
    """Yield how many runs of each project succeeded, by the last day of their last month."""
    known = runs.filter(pl.col("run_id").is_not_null())
    last = known.group_by("project", "run_id").agg(
        pl.col("month").max(), (pl.col("outcome") == SUCCEEDED).any().alias("done")
    )
    found: dict[str, dict[date, Decimal]] = {}
    for project, _, month, done in last.sort("project", "run_id").iter_rows():
        days, day = found.setdefault(project, {}), Month.parse(month).last
        if done:
            days[day] = days.get(day, ZERO) + 1
    yield from found.items()
