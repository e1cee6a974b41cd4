"""The books of one instant: what bills came to, and what is owed beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from models.currency import Rates
from reconcile.purchase.accrued import Accrued
from scheduler import accruing
from scheduler.claiming import claimed
from scheduler.close import recognising
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
        spend: What each month bears, bills and accruals, in the schema RECOGNISED.
        as_of: The instant the data was current, UTC.
        rates: Dated exchange rates; those of closed months are as they were closed with.
    """

    spent: Spent
    owed: Accrued
    claims: pl.DataFrame
    ran: Ran
    spend: pl.DataFrame
    as_of: datetime
    rates: Rates


def booked(project: Project, stores: Stores, progress: Progress, as_of: datetime) -> Books:
    """Return the books; attribute what is new.

    Raises:
        InvariantError: see `spent`, and when months do not bear all that is spent.
        StoreError: see `spent`, and when books of a closed month are gone.
    """
    project = recognising.rated(project, stores)
    owed = accruing.accruals(project, stores, as_of)
    found = spent(project, stores, progress)
    claims = claimed(stores, versions(stores.ledger, present(project)))
    whole = accruing.whole(found.spend, owed)
    runs = ran(project, stores, found.usage, whole)
    spend = recognising.recognised(project, stores, found, owed, progress)
    told = recognising.ran(project, runs, whole, spend)
    return Books(found, owed, claims, told, spend, as_of, project.rates)
