"""Inputs: everything that one report is made of, before anything is worked out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import polars as pl

from models.period import Month
from models.problem import Problem
from reconcile.actuals import Converter
from reconcile.adjustment import Adjustment
from reconcile.allocation import Targets
from reconcile.anomaly.rule import Anomaly
from reconcile.balance import Assertion
from reconcile.close.commentary import Commenting
from reconcile.close.state import Life
from reconcile.decision.asked import Asked
from reconcile.driver.activity import Activity
from reconcile.forecasting.known import Known
from reconcile.given import Owned, Planned
from reconcile.purchase.accrual import Accrual
from reconcile.restatement import Restated
from reconcile.ruling import Ruling
from reconcile.run.line import ProjectRuns
from reconcile.state import Materiality
from reconcile.tie_out import SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What `portfolio` is given.

    Attributes:
        name: What the portfolio is called.
        month: The month to report.
        currency: The reporting currency.
        as_of: The instant the data was current, UTC; a month that ends later still runs.
        snapshot: Hash of the inputs.
        spend: The spend of all months.
        plans: At most one plan a project.
        histories: By project, the versions of its plan that counted one after the other.
        closed_plans: By project and closed month, the version that it was closed with, where
            another counts now.
        projects: The registry.
        rates: Dated exchange rates.
        materiality: Thresholds for comments and colours.
        targets: How much of the cost is expected to have a project.
        ruling: What the rules do.
        sources: What each source has delivered for the month.
        assertions: How the bills of all months stand to their invoices.
        problems: Findings about the data, shown as they are.
        restated: What changed in months that were settled, to be shown.
        adjustments: What months bear for closed ones; `spend` has it already.
        accruals: What follows from purchases; `spend` has it already.
        anomalies: Days that stand out, of the month and after it.
        runs: What training runs of the month cost.
        activity: What was done beside bills, and what of it was lost.
        commitments: What is ordered and not delivered, by project and currency.
        forecast: What a forecast is told beside plan and spend.
        asked: What persons decided and ask about cost, and what that needs.
        closed: Months that are closed.
        life: How far the month is; None says nothing about it.
        commenting: What is said about the month; None asks for no comment.
        fiscal: Month in which the fiscal year starts, 1 to 12; None where there is none.
        demo: Whether the data is made up, which every report then says.
    """

    name: str
    month: Month
    currency: str
    as_of: datetime
    snapshot: str
    spend: pl.DataFrame | pl.LazyFrame
    plans: Sequence[Planned]
    projects: Iterable[Owned]
    rates: Converter
    materiality: Materiality
    targets: Targets
    histories: Mapping[str, Sequence[Planned]] = field(default_factory=dict)
    closed_plans: Mapping[tuple[str, Month], Planned] = field(default_factory=dict)
    ruling: Ruling = field(default_factory=Ruling)
    sources: Sequence[SourceState] = ()
    assertions: Sequence[Assertion] = ()
    problems: Sequence[Problem] = ()
    restated: Sequence[Restated] = ()
    adjustments: Sequence[Adjustment] = ()
    accruals: Sequence[Accrual] = ()
    anomalies: Sequence[Anomaly] = ()
    runs: Sequence[ProjectRuns] = ()
    activity: Activity = field(default_factory=Activity)
    commitments: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    forecast: Known = field(default_factory=Known)
    asked: Asked = field(default_factory=Asked)
    closed: Collection[Month] = ()
    life: Life | None = None
    commenting: Commenting | None = None
    fiscal: int | None = None
    demo: bool = False
