"""The books of one instant: what bills came to, and what is owed beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from reconcile.purchase.accrued import Accrued
from scheduler import accruing
from scheduler.claiming import claimed
from scheduler.dividing import Spent
from scheduler.progress import Progress
from scheduler.runs import Ran, ran
from scheduler.spending import spent
from scheduler.version import present, versions
from scheduler.workspace import Project, Stores


@dataclass(frozen=True)
class Books:
    """What every figure of one run is made of.

    Attributes:
        spent: What bills came to.
        owed: What follows from purchases.
        claims: What rules claim of the same, in the schema CLAIMS.
        ran: The runs of all months, and accepted models.
        spend: The spend of bills with that of accruals, in the schema RECOGNISED.
        as_of: The instant the data was current, UTC.
    """

    spent: Spent
    owed: Accrued
    claims: pl.DataFrame
    ran: Ran
    spend: pl.DataFrame
    as_of: datetime


def booked(project: Project, stores: Stores, progress: Progress, as_of: datetime) -> Books:
    """Return the books; attribute what is new.

    Raises:
        InvariantError: see `spent`.
        StoreError: see `spent`.
    """
    owed = accruing.accruals(project, stores, as_of)
    found = spent(project, stores, progress)
    claims = claimed(stores, versions(stores.ledger, present(project)))
    whole = accruing.whole(found.spend, owed)
    runs = ran(project, stores, found.usage, whole)
    recognised = whole.with_columns(adjusts=pl.lit(None, pl.String()))
    return Books(found, owed, claims, runs, recognised, as_of)
