"""What every part of a report starts from: cost, plan and forecast, compared and summed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from models.period import Month
from reconcile.actuals import Cells, actuals, cells
from reconcile.check import lines_add_up, spend_total
from reconcile.figure import Figures
from reconcile.forecasting.estimate import Outlook, outlook
from reconcile.forecasting.known import Bases, first_days, spent
from reconcile.given import Completeness, Owned, contingencies, names, plan_cells
from reconcile.inputs import Inputs
from reconcile.line import Line, Setting
from reconcile.purchase.shown import committed
from reconcile.sums import MonthPoint, Summing
from reconcile.tally import tallies
from reconcile.tie_out import contributors


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Actual, planned and forecast cost in the reporting currency, effective basis, unsummed.

    Attributes:
        spend: The spend of all months, collected.
        actual: Actual cost by project, category and month.
        plan: Planned cost by the same.
        outlooks: The forecast of each project.
        owners: Projects by id.
        reserves: Contingency by project.
        horizon: Months of actuals, plans and the report, in order.
        completeness: Which months of which project are whole.
    """

    spend: pl.DataFrame
    actual: Cells
    plan: Cells
    outlooks: Mapping[str, Outlook]
    owners: Mapping[str, Owned]
    reserves: Mapping[str, Decimal]
    horizon: tuple[Month, ...]
    completeness: Completeness


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """The lines of a report; the meaning of each is in `reconcile.portfolio.Portfolio`."""

    projects: tuple[Line, ...]
    total: Line
    unallocated: Line
    categories: tuple[Line, ...]
    months: tuple[MonthPoint, ...]


def compared(given: Inputs) -> Compared:
    """Return cost, plan and forecast side by side.

    Raises:
        InvariantError: if a project has two plans.
        TrueupError: what the rates raise for a missing rate.
    """
    spend = given.spend.lazy().collect()
    completeness = Completeness(given.month, given.as_of, contributors(spend), given.sources)
    charged = actuals(spend, given.rates, given.currency)
    actual, plan = cells(charged), plan_cells(given.plans, given.rates, given.currency)
    horizon = tuple(sorted({cell[2] for cell in (*actual, *plan)} | {given.month}))
    reserves = contingencies(given.plans, given.rates, given.currency)
    seen = [str(month) for month in horizon if completeness.seen(month)]
    bases = Bases(
        month=given.month,
        currency=given.currency,
        rates=given.rates,
        known=given.forecast,
        reported=lambda project: [m for m in horizon if completeness.whole(project, m)],
        first=first_days(spend),
        reserves=reserves,
    ).bases(given.plans, spent(charged.filter(pl.col("month").is_in(seen))))
    return Compared(
        spend=spend,
        actual=actual,
        plan=plan,
        outlooks={project: outlook(basis) for project, basis in bases.items()},
        owners=names(given.projects),
        reserves=reserves,
        horizon=horizon,
        completeness=completeness,
    )


def summed(given: Inputs, found: Compared, figures: Figures) -> Summed:
    """Return the lines of projects, categories and months, checked.

    Raises:
        InvariantError: if projects and unallocated are not all spend, or categories not projects.
    """
    month = given.month
    ended = found.completeness.ended(month)
    summing = Summing(
        setting=Setting(figures, month, given.materiality, ended),
        tallies=tallies(found.actual, found.plan, _by_month(found.outlooks)),
        completeness=found.completeness,
        owners=found.owners,
        reserves=found.reserves,
        committed=committed(given.commitments, given.rates, given.currency, month),
        forecasts=found.outlooks,
    )
    projects, categories, loose = summing.projects(), summing.categories(), summing.unallocated()
    everything = spend_total(found.spend, given.rates, given.currency)
    lines_add_up(projects, categories, loose, everything)
    total = summing.total(projects)
    return Summed(
        projects=projects,
        total=total,
        unallocated=loose,
        categories=categories,
        months=summing.months(total),
    )


def _by_month(outlooks: Mapping[str, Outlook]) -> dict[tuple[str, str], Mapping[Month, Decimal]]:
    """Return what each month adds to the estimate, by project and category."""
    return {
        (project, each.category): each.months
        for project, found in outlooks.items()
        for each in found.estimates
    }
