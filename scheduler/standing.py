"""How each source stands for a month, from the ledger: delivered, late, refused, or silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from ingest import book
from ingest.source import Source
from models.money import ZERO, exact
from models.period import Month, between
from models.problem import Problem
from reconcile.tie_out import SourceState
from scheduler.workspace import Project, Stores

GRACE: Final = timedelta(days=14)  # providers still change an ended month for two weeks

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the ledger holds of deliveries, read once."""

    stores: Stores
    current: Mapping[str, Body]
    refused: Mapping[str, Body]
    as_of: datetime

    def late(self, source: Source, month: Month) -> bool:
        """Say whether a month was promised by now and is not here."""
        due = source.due(month)
        return (
            due is not None and due <= self.as_of and f"{source.name}/{month}" not in self.current
        )


def shelf(stores: Stores, as_of: datetime) -> Shelf:
    """Read what is current and what is in quarantine."""
    ledger = stores.ledger
    return Shelf(
        stores=stores, current=book.current(ledger), refused=book.quarantined(ledger), as_of=as_of
    )


def source_states(
    project: Project, stores: Stores, month: Month, as_of: datetime
) -> list[SourceState]:
    """Return one state a source for a billing month, in order of name."""
    held = shelf(stores, as_of)
    ordered = sorted(project.sources, key=lambda source: source.name)
    return [_state(held, source, month) for source in ordered]


def _state(held: Shelf, source: Source, month: Month) -> SourceState:
    body = held.current.get(f"{source.name}/{month}")
    state, detail = _verdict(held, source, month, body)
    due = source.due(month)
    return SourceState(
        source=source.name,
        state=state,
        newest=_newest(body),
        expected=due.date() if due and body is None else None,
        rows=sum(document["rows"] for document in body["documents"]) if body else 0,
        controls=_controls(body),
        detail=detail,
        gaps=tuple(_gaps(held, source, month)),
    )


def _verdict(held: Shelf, source: Source, month: Month, body: Body | None) -> tuple[str, str]:
    """Return the state and why: forbidden, broken, empty, absent and late are told apart."""
    trouble = held.refused.get(f"{source.name}/{month}") or held.refused.get(source.name)
    if trouble:
        kept = "; the last good delivery stays" if body else ""
        state = "quarantined" if body else trouble["state"]
        return state, f"{trouble['document']}: {trouble['detail']}{kept}"
    if body is None:
        silent = held.late(source, month)
        return ("absent", "nothing is delivered") if silent else ("estimated", "nothing so far")
    if aside := sum(document["rejected_rows"] for document in body["documents"]):
        return "quarantined", f"{aside} rows were set aside; see problems"
    if open_rows := _uninvoiced(held.stores, body):
        return "estimated", f"{open_rows} rows without an invoice"
    return ("estimated", "may change") if month.end + GRACE > held.as_of else ("final", "")


def _uninvoiced(stores: Stores, body: Body) -> int:
    """Return how many charges have no invoice yet; the provider's own sign of an open month."""
    paths = [stores.lake.path("charges", document["charges"]) for document in body["documents"]]
    missing = pl.col("invoice_id").is_null() & (pl.col("billed_cost") != 0)
    counts = [pl.scan_parquet(path, glob=False).select(missing.sum()).collect() for path in paths]
    return sum(count.item() for count in counts)


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
    mine = [scope for scope in held.current if scope.rpartition("/")[0] == source.name]
    if mine:
        first = min(Month.parse(scope.rpartition("/")[2]) for scope in mine)
        yield from (each for each in between(first, month + -1) if held.late(source, each))


def problems(stores: Stores, month: Month) -> list[Problem]:
    """Return what was found in the deliveries of a billing month that count."""
    return [
        Problem(**problem)
        for scope, body in sorted(book.current(stores.ledger).items())
        if scope.endswith(f"/{month}")
        for document in body["documents"]
        for problem in document["problems"]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is held of one source, for `trueup status`."""

    source: str
    state: str
    detail: str
    sound: bool


def holdings(project: Project, stores: Stores, moment: datetime) -> list[Holding]:
    """Return, by source, how old its newest delivery is and whether one was refused."""
    held = shelf(stores, moment)
    at = {scope: record.at for scope, record in stores.ledger.latest(book.LOADED).items()}
    return [_holding(held, source, at) for source in project.sources]


def _holding(held: Shelf, source: Source, at: Mapping[str, str]) -> Holding:
    mine = {scope: when for scope, when in at.items() if scope.rpartition("/")[0] == source.name}
    trouble = [
        body for scope, body in held.refused.items() if scope.partition("/")[0] == source.name
    ]

    def holding(state: str, detail: str) -> Holding:
        return Holding(source=source.name, state=state, detail=detail, sound=state == "loaded")

    if trouble:
        return holding("quarantined", f"{trouble[0]['document']}: {trouble[0]['detail']}")
    if not mine:
        return holding("absent", "nothing loaded yet; run `trueup run`")
    newest = max(mine, key=lambda scope: mine[scope])
    days = (held.as_of - datetime.fromisoformat(mine[newest])).days
    stale = held.late(source, Month.of(held.as_of.date()))
    detail = f"newest delivery {newest.rpartition('/')[2]}, loaded {days} days ago"
    return holding("stale" if stale else "loaded", detail)
