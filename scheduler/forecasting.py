"""What a forecast is told beside plan and spend, and the forecasts that a ledger keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from models.ledger import Entry
from models.period import Month
from models.plan.plan import Plan
from reconcile.forecasting.known import Known
from reconcile.forecasting.orders import Ordered, ordered
from reconcile.forecasting.output import Counted, counts, fixed, gained
from reconcile.forecasting.past import PastForecast, body, first_whole
from reconcile.portfolio import Portfolio
from scheduler.booking import Books
from scheduler.workspace import Project, Stores

FORECAST: Final = "forecast"  # kind of the entries, by month of the report


def known(project: Project, stores: Stores, books: Books) -> Known:
    """Return what a forecast is told: output, orders, what is fixed, and earlier forecasts."""
    plans = project.budgets
    counted = Counted(
        counts(books.spent.usage, books.ran.frame, books.ran.accepted), project.progress
    )
    return Known(
        gained=gained(plans, counted, books.as_of.date()),
        fixed=fixed(plans),
        orders=[*_orders(books, {plan.project: plan for plan in plans})],
        past=past(stores),
    )


def record(stores: Stores, report: Portfolio) -> None:
    """Keep the forecasts of a report in the ledger, where they are others than before.

    The time of the run alone makes no difference.
    """
    lines = report.forecasts.lines
    whole = {line.project: line.line.complete for line in lines}
    found = body((line.outlook for line in lines), whole)
    newest = stores.ledger.newest((FORECAST,), (str(report.month),))
    if found and (newest is None or newest.body["projects"] != found):
        said = {"as_of": report.as_of.isoformat(), "currency": report.currency, "projects": found}
        stores.ledger.append(Entry(FORECAST, str(report.month), said))


def past(stores: Stores) -> list[PastForecast]:
    """Return by month and project the first forecast that saw the whole month."""
    bodies: dict[str, list[Mapping[str, Any]]] = {}
    for entry in stores.ledger.entries(FORECAST):
        bodies.setdefault(entry.subject, []).append(entry.body)
    return [
        each
        for month, found in sorted(bodies.items())
        for each in first_whole(Month.parse(month), found)
    ]


def _orders(books: Books, plans: dict[str, Plan]) -> Iterator[Ordered]:
    """Yield the lines of all orders, each with the item of the plan that it is for."""
    for position in books.owed.positions:
        order = position.bought.order
        items = plans[order.project].items if order.project in plans else ()
        mine = [item for item in items if item.category == order.category]
        named = [item.id for item in mine if item.id == order.item]
        bought = [item.id for item in mine if item.po == order.number]
        yield ordered(position, next(iter([*named, *bought]), ""))
