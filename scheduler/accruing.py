"""Accruals of a night: what follows from purchases, and from what counts of usage and invoices.

Nothing is kept: they are made anew wherever spend becomes figures, so that an invoice that
came takes its accrual back by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from ingest import book
from models.period import Month
from reconcile.purchase.accrued import Accrued, accrued
from reconcile.tie_out import SourceState
from scheduler import beside
from scheduler.workspace import Project, Stores


def accruals(project: Project, stores: Stores, as_of: datetime) -> Accrued:
    """Return what follows from the purchases of a project; nothing where it has none."""
    if not project.purchases:
        return Accrued()
    return accrued(
        project.purchases,
        beside.counted(stores, "invoice_details"),
        beside.counted(stores, "usage"),
        list(_delivered(stores)),
        as_of.date(),
    )


def whole(spend: pl.DataFrame, owed: Accrued) -> pl.DataFrame:
    """Return the spend of bills with that of accruals."""
    return pl.concat([spend, owed.spend]) if owed.accruals else spend


def states(project: Project, owed: Accrued, month: Month, as_of: datetime) -> Iterator[SourceState]:
    """Yield how accruals stand for a month, where there are purchases at all."""
    if project.purchases:
        yield owed.state(month, ended=month.end <= as_of)


def _delivered(stores: Stores) -> Iterator[tuple[str, Month]]:
    for scope in book.counting(stores.ledger):
        source, _, month = scope.rpartition("/")
        yield source, Month.parse(month)
