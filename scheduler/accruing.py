"""Accruals of a night: what follows from purchases, and from what is said of usage and invoices.

They are made anew wherever spend becomes figures, from the newest deliveries of closed months,
too, so that an invoice that came takes its accrual back by itself: in the month of its cost
while that is open, and else, by recognition, in the first that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    stated = book.stated(stores.ledger)
    return accrued(
        project.purchases,
        beside.of(stores, "invoice_details", stated),
        beside.of(stores, "usage", stated),
        list(_delivered(stated)),
        as_of.date(),
    )


def whole(spend: pl.DataFrame, owed: Accrued) -> pl.DataFrame:
    """Return the spend of bills with that of accruals."""
    return pl.concat([spend, owed.spend]) if owed.accruals else spend


def states(project: Project, owed: Accrued, month: Month, as_of: datetime) -> Iterator[SourceState]:
    """Yield how accruals stand for a month, where there are purchases at all."""
    if project.purchases:
        yield owed.state(month, ended=month.end <= as_of)


def _delivered(scopes: Iterable[str]) -> Iterator[tuple[str, Month]]:
    for scope in scopes:
        source, _, month = scope.rpartition("/")
        yield source, Month.parse(month)
