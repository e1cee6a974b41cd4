"""Recognition of a night: closed months by their books, and what came late where it is open.

What sees what. Recognised spend is what every figure of cost is made of: actuals, variance,
forecast, coverage. What works on original days sees what counts, the deliveries that closed
months are pinned to: runs, claims, splits and their keys, invoices, the tie-out of a closed
month. What recognition moved of training cost is in the row of runs that has no run, so that
runs stay the training cost of the report.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import localcontext

import polars as pl

from ingest import book
from ingest.closing import closed
from models.books import read as read_books
from models.money import WIDE
from models.period import Month
from models.pinnedrates import PinnedRates, pinned
from reconcile import recognition
from reconcile.actuals import actuals
from reconcile.purchase.accrued import Accrued
from reconcile.run.posted import posted
from reconcile.run.table import ties
from scheduler import accruing
from scheduler.dividing import Spent, divided
from scheduler.progress import Progress
from scheduler.runs import Ran
from scheduler.spending import attribute
from scheduler.version import present, versions
from scheduler.workspace import Project, Stores


def rated(project: Project, stores: Stores) -> Project:
    """Return the project with the rates of closed months as they were closed with."""
    bodies = {
        month: rates
        for month, record in closed(stores.ledger).items()
        if (rates := record.body.get("rates"))
    }
    rates = PinnedRates.over(project.rates, pinned(bodies))
    return replace(project, rates=rates) if bodies else project


def recognised(
    project: Project, stores: Stores, found: Spent, owed: Accrued, progress: Progress
) -> pl.DataFrame:
    """Return what each month bears, in the schema RECOGNISED.

    Args:
        project: The project, its rates those of `rated`.
        stores: Its stores.
        found: The spend of what counts.
        owed: What is owed now.
        progress: Told of each document that only recognition reads.

    Raises:
        InvariantError: when months do not bear all that deliveries say.
        StoreError: when books are gone, or cannot be read.
    """
    books = frozen(stores)
    now = _said(project, stores, found, progress) if books else found.spend
    return recognition.recognised(accruing.whole(now, owed), books)


def frozen(stores: Stores) -> dict[Month, pl.DataFrame]:
    """Return the books of each closed month that has some, in the schema RECOGNISED."""
    return {
        month: read_books(stores.archive.path(held["sha256"]).read_bytes(), f"books of {month}")
        for month, record in closed(stores.ledger).items()
        if (held := record.body.get("books"))
    }


def ran(project: Project, runs: Ran, whole: pl.DataFrame, spend: pl.DataFrame) -> Ran:
    """Return runs with what recognition moved, in the rows that have no run.

    Args:
        project: The project, its rates those of `rated`.
        runs: Runs of what counts, on original days.
        whole: The spend that they are made of.
        spend: What each month bears.

    Raises:
        InvariantError: when they are not the training cost of the report.
    """
    currency = project.settings.reporting_currency
    before, after = (actuals(each, project.rates, currency) for each in (whole, spend))
    with localcontext(prec=WIDE):
        frame = posted(runs.frame, before, after, currency)
        ties(frame, after)
    return replace(runs, frame=frame)


def _said(project: Project, stores: Stores, found: Spent, progress: Progress) -> pl.DataFrame:
    """Return the spend of the newest deliveries of closed months, and of all others that count."""
    counting, mine = book.counting(stores.ledger), versions(stores.ledger, present(project))
    others = {
        scope: record
        for scope, record in book.stated(stores.ledger).items()
        if scope not in counting or counting[scope].body["delivery"] != record.body["delivery"]
    }
    if not others:
        return found.spend
    scope = pl.concat_str("source", pl.lit("/"), "period")
    same = found.direct.filter(~scope.is_in([*others]))
    news = attribute(stores, mine, progress, others)
    return divided(pl.concat([same, news]), found.usage, mine, project).spend
