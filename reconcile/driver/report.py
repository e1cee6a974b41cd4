"""Drivers of one report: what a portfolio is made from, told item by item."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from models.money import ZERO
from reconcile.actuals import Cells
from reconcile.driver.drivers import Known, drivers
from reconcile.driver.shown import DriverReport, driver_report
from reconcile.figure import Figures
from reconcile.inputs import Inputs
from reconcile.line import Line

__all__ = ["DriverReport", "driven"]


def driven(
    given: Inputs,
    spend: pl.DataFrame,
    projects: Sequence[Line],
    figures: Figures,
    *,
    compared: tuple[Cells, Cells],
) -> DriverReport:
    """Return why categories cost more or less than planned.

    Args:
        given: What the report is made of.
        spend: The spend of all months.
        projects: The lines of the report, with the estimates at completion.
        figures: Where every number is registered.
        compared: Actual and planned cost by project, category and month.

    Raises:
        InvariantError: when parts do not sum to the difference of the report.
    """
    actual, plan = compared
    known = Known(
        actual=actual,
        plan=plan,
        outlook={
            (line.key, part.key): part.completion.delta.value or ZERO
            for line in projects
            for part in line.categories
        },
        activity=given.activity,
        closed=given.closed_plans,
        rates=given.rates,
        currency=given.currency,
        month=given.month,
    )
    return driver_report(drivers(spend, given.plans, known), projects, figures, given.month)
