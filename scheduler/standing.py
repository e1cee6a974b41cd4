"""How each source stands for the month of a report, and what is to be said about its data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ingest.source import Source
from models.money import ZERO, exact
from models.period import Month, between
from models.problem import Problem
from reconcile.tie_out import SourceState
from reconcile.twice import twice
from scheduler import beside, reference
from scheduler.lifecycle import MonthState, month_state
from scheduler.shelf import Body, Shelf
from scheduler.workspace import Project


def source_states(project: Project, held: Shelf, month: Month) -> list[SourceState]:
    """Return one state a source for a billing month, in order of name."""
    ordered = sorted(project.sources, key=lambda source: source.name)
    return [
        _closed(held, source, month) if month in held.closed else _state(held, source, month)
        for source in ordered
    ]


def _state(held: Shelf, source: Source, month: Month) -> SourceState:
    state = month_state(held, source, month)
    said, due = state.answer, source.due(month)
    word = said.word
    if word == "delivered":
        word = "final" if state.stage in ("final", "restated") else "estimated"
    return SourceState(
        source=source.name,
        state=word,
        stage=state.stage,
        since=state.since.date(),
        newest=_newest(state.body),
        expected=due.date() if due and state.body is None else None,
        rows=_rows(state.body),
        controls=_controls(state.body),
        detail=said.detail or state.reason,
        waiting=said.waiting,
        promised=said.promised,
        gaps=tuple(_gaps(held, source, month)),
    )


def _closed(held: Shelf, source: Source, month: Month) -> SourceState:
    """Return how a source stood when the month was closed; what came later changes nothing."""
    record = held.counting.get(f"{source.name}/{month}")
    body = record.body if record else None
    return SourceState(
        source=source.name,
        state="final" if body else "absent",
        stage="closed",
        since=date.fromisoformat(held.closed[month].at[:10]),
        newest=_newest(body),
        rows=_rows(body),
        controls=_controls(body),
        detail="" if body else "the month was closed without it",
        waiting=body is None,
        promised=False,
        gaps=tuple(_gaps(held, source, month)),
    )


def _rows(body: Body | None) -> int:
    """Return the lines loaded; of what states no charge at all, such as usage, its own rows."""
    documents = body["documents"] if body else []
    return sum(
        each["rows"] or each["control"]["rows"] - each["rejected_rows"] for each in documents
    )


def _newest(body: Body | None) -> date | None:
    days = [document["control"]["last"] for document in body["documents"]] if body else []
    return max((date.fromisoformat(day) for day in days if day), default=None)


def _controls(body: Body | None) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for document in body["documents"] if body else ():
        for total in document["control"]["totals"]:
            currency = total["currency"]
            sums[currency] = sums.get(currency, ZERO) + exact(total["billed_cost"])
    return sums


def _gaps(held: Shelf, source: Source, month: Month) -> Iterator[Month]:
    """Yield months after the source's first that it promised and never delivered."""
    first = held.first(source.name)
    for each in between(first, month + -1) if first else ():
        due = source.due(each)
        if due and due <= held.as_of and f"{source.name}/{each}" not in held.current:
            yield each


def problems(project: Project, held: Shelf, month: Month) -> list[Problem]:
    """Return what was found in the deliveries that count, in the month's life, and beside it."""
    accounts = reference.problems(project, held, month)
    doubled = twice(beside.counted(held.stores, "invoice_headers"), month)
    return [*_found(held, month), *_overdue(project, held, month), *accounts, *doubled]


def _found(held: Shelf, month: Month) -> Iterator[Problem]:
    for scope, record in sorted(held.counting.items()):
        if scope.endswith(f"/{month}"):
            for document in record.body["documents"]:
                yield from (Problem(**problem) for problem in document["problems"])


def _overdue(project: Project, held: Shelf, upto: Month) -> Iterator[Problem]:
    """Yield every month up to one that is estimated for too long, with the way out."""
    scopes = [scope.rpartition("/") for scope in sorted(held.current)]
    for source in project.sources:
        months = [Month.parse(month) for name, _, month in scopes if name == source.name]
        for month in months:
            if month <= upto and month not in held.closed:
                yield from overdue(month_state(held, source, month))


def overdue(state: MonthState) -> Iterator[Problem]:
    """Yield the finding about a month that is estimated for too long."""
    if state.overdue:
        yield Problem(
            source=state.source,
            document=str(state.month),
            rule="estimated",
            detail=f"estimated for {state.overdue} days: {state.reason}; "
            "ask who issues the invoice for what is missing, or close the month with a reason",
            severity="warning",
        )
