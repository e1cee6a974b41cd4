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


def source_states(
    project: Project, stores: Stores, month: Month, as_of: datetime
) -> list[SourceState]:
    """Return one state a source for a billing month, in order of name."""
    current, refused = book.current(stores.ledger), book.quarantined(stores.ledger)
    ordered = sorted(project.sources, key=lambda source: source.name)
    return [_state(source, stores, current, refused, month, as_of) for source in ordered]


def _state(
    source: Source,
    stores: Stores,
    current: Mapping[str, Body],
    refused: Mapping[str, Body],
    month: Month,
    as_of: datetime,
) -> SourceState:
    scope = f"{source.name}/{month}"
    body, trouble = current.get(scope), refused.get(scope) or refused.get(source.name)
    state, detail = _verdict(source, stores, body, trouble, month, as_of)
    due = source.due(month)
    return SourceState(
        source=source.name,
        state=state,
        newest=_newest(body),
        expected=due.date() if due else None,
        rows=sum(document["rows"] for document in body["documents"]) if body else 0,
        controls=_controls(body),
        detail=detail,
        gaps=tuple(_gaps(source, current, month, as_of)),
    )


def _verdict(
    source: Source,
    stores: Stores,
    body: Body | None,
    trouble: Body | None,
    month: Month,
    as_of: datetime,
) -> tuple[str, str]:
    """Return the state and why: forbidden, broken, empty, absent and late are told apart."""
    if trouble:
        kept = "; the last good delivery stays" if body else ""
        state = "quarantined" if body else trouble["state"]
        return state, f"{trouble['document']}: {trouble['detail']}{kept}"
    due = source.due(month)
    if body is None:
        late = due is not None and due <= as_of
        return ("absent", "nothing is delivered") if late else ("estimated", "nothing so far")
    if any(document["rejected_rows"] for document in body["documents"]):
        count = sum(document["rejected_rows"] for document in body["documents"])
        return "quarantined", f"{count} rows were set aside; see problems"
    open_rows = _uninvoiced(stores, body)
    if month.end + GRACE > as_of or open_rows:
        return "estimated", f"{open_rows} rows without an invoice" if open_rows else "may change"
    return "final", ""


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
            sums[total["currency"]] = sums.get(total["currency"], ZERO) + exact(total["billed_cost"])
    return sums


def _gaps(
    source: Source, current: Mapping[str, Body], month: Month, as_of: datetime
) -> Iterator[Month]:
    """Yield months after the source's first that it promised and never delivered."""
    mine = [scope for scope in current if scope.rpartition("/")[0] == source.name]
    if not mine:
        return
    first = min(Month.parse(scope.rpartition("/")[2]) for scope in mine)
    for each in between(first, month + -1):
        due = source.due(each)
        if due is not None and due <= as_of and f"{source.name}/{each}" not in current:
            yield each


def problems(stores: Stores, month: Month) -> list[Problem]:
    """Return what was found in the deliveries of a billing month, and what was refused."""
    found = []
    for scope, body in sorted(book.current(stores.ledger).items()):
        if scope.endswith(f"/{month}"):
            for document in body["documents"]:
                found += [Problem(**problem) for problem in document["problems"]]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is held of one source, for `trueup status`."""

    source: str
    state: str
    detail: str
    sound: bool


def holdings(project: Project, stores: Stores, moment: datetime) -> list[Holding]:
    """Return, by source, how old its newest delivery is and whether one was refused."""
    loaded = stores.ledger.latest(book.LOADED)
    refused = book.quarantined(stores.ledger)
    return [_holding(source, loaded, refused, moment) for source in project.sources]


def _holding(
    source: Source, loaded: Mapping[str, Any], refused: Mapping[str, Body], moment: datetime
) -> Holding:
    mine = [record for scope, record in loaded.items() if scope.rpartition("/")[0] == source.name]
    trouble = [body for scope, body in refused.items() if scope.partition("/")[0] == source.name]
    name = source.name
    if trouble:
        detail = f"{trouble[0]['document']}: {trouble[0]['detail']}"
        return Holding(source=name, state="quarantined", detail=detail, sound=False)
    if not mine:
        detail = "nothing loaded yet; run `trueup run`"
        return Holding(source=name, state="absent", detail=detail, sound=False)
    newest = max(mine, key=lambda record: record.at)
    days = (moment - datetime.fromisoformat(newest.at)).days
    detail = f"newest delivery {newest.subject.rpartition('/')[2]}, loaded {days} days ago"
    due = source.due(Month.of(moment.date()))
    stale = due is not None and due <= moment and f"{name}/{Month.of(moment.date())}" not in loaded
    return Holding(
        source=name, state="stale" if stale else "loaded", detail=detail, sound=not stale
    )
