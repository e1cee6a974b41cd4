"""Endpoints and idle machines of a project folder: cost of what counts, with calls of usage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl

from ingest import book
from models.canonical import canonical_value
from models.currency import Rates
from models.endpoint import IDLED, SERVED, Called, idled, served
from models.money import ZERO, stored
from models.period import Month
from reconcile.decision.asked import IdleMachine
from reconcile.decision.endpoint import Endpoint
from scheduler.booking import Books
from scheduler.runs import batches, joined
from scheduler.version import Versions, present, versions
from scheduler.workspace import Project, Stores

REQUESTS: Final = "requests"  # driver of calls; its run is the endpoint that was called

Calls = Mapping[str, Mapping[date, Decimal]]


def endpoints(project: Project, stores: Stores, books: Books) -> tuple[Endpoint, ...]:
    """Return the endpoints that usage counts calls of, with what they cost by day.

    Bills are looked into only where there are calls; an endpoint without any count is not here.
    """
    calls = called(books.spent.usage)
    if not calls:
        return ()
    mine = versions(stores.ledger, present(project))
    frame = pl.concat([pl.DataFrame(schema=SERVED), *_served(project, stores, mine, calls)])
    return tuple(_endpoints(project, frame, calls, books.rates))


def machines(
    project: Project, stores: Stores, month: Month, rates: Rates
) -> tuple[IdleMachine, ...]:
    """Return what nobody used of one's own machines in a month."""
    frames = [pl.DataFrame(schema=IDLED), *_idled(stores)]
    mine = pl.concat(frames).filter(pl.col("day").is_between(month.first, month.last))
    sums = mine.group_by("name", "currency").agg(pl.col("cost", "hours").sum()).sort("name")
    found: dict[str, tuple[Decimal, Decimal]] = {}
    into = project.settings.reporting_currency
    for name, currency, cost, hours in sums.iter_rows():
        before = found.get(name, (ZERO, ZERO))
        money = stored(rates.convert(cost, currency, into, month))
        found[name] = (before[0] + money, before[1] + hours)
    return tuple(IdleMachine(name=name, cost=c, hours=h) for name, (c, h) in found.items())


def called(usage: pl.DataFrame) -> Calls:
    """Return the calls of each endpoint by day; a day that nobody measured is absent."""
    rows = usage.filter(pl.col("driver") == REQUESTS, pl.col("run_id").is_not_null())
    found: defaultdict[str, dict[date, Decimal]] = defaultdict(dict)
    for name, day, quantity in rows.select("run_id", "day", "quantity").iter_rows():
        mine = found[canonical_value(name)]
        mine[day] = mine.get(day, ZERO) + quantity
    return found


def _served(
    project: Project, stores: Stores, mine: Versions, calls: Calls
) -> Iterator[pl.DataFrame]:
    for version, documents in batches(stores, mine):
        keys, facts = joined(stores.lake, documents)
        sought = Called(frozenset(calls), project.decisions.standby)
        yield served(keys, facts, version.rules, version.registry, sought)


def _idled(stores: Stores) -> Iterator[pl.DataFrame]:
    """Yield idle hours of documents that state assets; no other has any."""
    for _, record in sorted(book.counting(stores.ledger).items()):
        mine = [each for each in record.body["documents"] if "assets" in each.get("beside", ())]
        if mine:
            yield idled(*joined(stores.lake, mine))


def _endpoints(
    project: Project, frame: pl.DataFrame, calls: Calls, rates: Rates
) -> Iterator[Endpoint]:
    into = project.settings.reporting_currency
    costs: defaultdict[tuple[str, str], dict[date, Decimal]] = defaultdict(dict)
    standby: set[tuple[str, str]] = set()
    for row in frame.iter_rows(named=True):
        key = (row["project"], row["name"])
        money = _converted(row, rates, into)
        costs[key][row["day"]] = costs[key].get(row["day"], ZERO) + money
        standby |= {key} if row["standby"] else set()
    for (owner, name), by_day in sorted(costs.items()):
        yield Endpoint(
            project=owner,
            name=name,
            costs=by_day,
            requests=calls[name],
            standby=(owner, name) in standby,
        )


def _converted(row: Mapping[str, Any], rates: Rates, into: str) -> Decimal:
    month = Month.of(row["day"])
    return stored(rates.convert(row["cost"], row["currency"], into, month))
