"""The life of each month of each source: what stage it is in, what its source answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from ingest.kind import STATE
from ingest.load import invoiced_of
from ingest.source import Source
from ingest.stage import Signs, overdue, stage
from models.ledger import Entry, Record
from models.period import Month
from scheduler.answer import Answer, answer, aside
from scheduler.shelf import Body, Shelf, shelf
from scheduler.workspace import Project, Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthState:
    """One billing month of one source, at one instant.

    Attributes:
        stage: open, provisional, final or restated.
        reason: Why, one line.
        since: When the stage was first told.
        answer: What the source says about the month, one of six words, and what to make of it.
        overdue: Days for which the month is estimated, when that is too long; else 0.
        body: The newest delivery, as its entry says; None before the first.
        closed: Whether the month is closed; then nobody has to act.
    """

    source: str
    month: Month
    stage: str
    reason: str
    since: datetime
    answer: Answer
    overdue: int
    body: Body | None
    closed: bool

    @property
    def scope(self) -> str:
        """`source/YYYY-MM`."""
        return f"{self.source}/{self.month}"

    @property
    def urgent(self) -> bool:
        """Whether somebody has to do something, so that the figures become whole."""
        return self.answer.urgent and not self.closed

    def __str__(self) -> str:
        """Return where, the answer and why: `aws/2026-10 is late: nothing for 50 hours`."""
        return f"{self.scope} is {self.answer.word}: {self.answer.detail}"


def month_state(held: Shelf, source: Source, month: Month) -> MonthState:
    """Return the state of a month by its newest delivery."""
    scope = f"{source.name}/{month}"
    record = held.current.get(scope)
    body = record.body if record else None
    said = answer(held, source, month, body)
    signs = _signs(held, source, month, body)
    name, reason = _undelivered(signs, said) if body is None else stage(signs)
    return MonthState(
        source=source.name,
        month=month,
        stage=name,
        reason=reason,
        since=_since(held, scope, name),
        answer=said,
        overdue=overdue(signs) if body else 0,
        body=body,
        closed=month in held.closed,
    )


def month_states(
    project: Project,
    stores: Stores,
    months: Iterable[Month],
    as_of: datetime,
    only: Sequence[str] = (),
) -> list[MonthState]:
    """Return the state of each month of each source; months before its first are none."""
    held, asked = shelf(stores, as_of), sorted(months)
    return [
        month_state(held, source, month)
        for source in project.sources
        if not only or source.name in only
        for first in [held.first(source.name)]
        for month in asked
        if first is None or month >= first
    ]


def record(stores: Stores, states: Sequence[MonthState], as_of: datetime) -> list[MonthState]:
    """Append an entry for each month whose stage or answer changed, and return those."""
    told = stores.ledger.latest(STATE)
    changed = [each for each in states if _is_news(each, told.get(each.scope), as_of)]
    if changed:
        stores.ledger.append(*(Entry(STATE, each.scope, _body(each, as_of)) for each in changed))
    return changed


def _is_news(state: MonthState, told: Record | None, as_of: datetime) -> bool:
    if told is None:
        return True
    same = (told.body["state"], told.body["answer"]) == (state.stage, state.answer.word)
    return not same and datetime.fromisoformat(told.body["as_of"]) <= as_of


def _body(state: MonthState, as_of: datetime) -> dict[str, Any]:
    return {
        "state": state.stage,
        "since": state.since.isoformat(),
        "reason": state.reason,
        "answer": state.answer.word,
        "detail": state.answer.detail,
        "delivery": state.body["delivery"] if state.body else "",
        "as_of": as_of.isoformat(),
    }


def _since(held: Shelf, scope: str, name: str) -> datetime:
    told = held.told.get(scope)
    if told is None or told.body["state"] != name:
        return held.as_of
    return min(held.as_of, datetime.fromisoformat(told.body["since"]))


def _signs(held: Shelf, source: Source, month: Month, body: Body | None) -> Signs:
    scope = f"{source.name}/{month}"
    signs = Signs(
        month=month,
        settlement=source.settlement,
        as_of=held.as_of,
        asked=held.asked.get(source.name),
        aside=aside(body),
        settled=held.settled.get(scope),
        restated=held.restated.get(scope),
        disputed=scope in held.refused,
    )
    # the one sign that is read from the lake, so only where nothing else speaks against it
    final = body is not None and stage(signs)[0] == "final" and signs.settled is None
    return replace(signs, uninvoiced=_uninvoiced(held.stores, body)) if final else signs


def _uninvoiced(stores: Stores, body: Body | None) -> int:
    """Return how many charges cost something and have no invoice id."""
    paths = [
        invoiced_of(stores.lake, document["charges"])
        for document in (body["documents"] if body else ())
    ]
    missing = pl.col("charged").filter(pl.col("invoice_id").is_null()).sum()
    return sum(pl.read_parquet(path, glob=False).select(missing).item() for path in paths)


def _undelivered(signs: Signs, said: Answer) -> tuple[str, str]:
    """Return the stage of a month nothing is delivered for."""
    if signs.as_of < signs.month.end:
        return "open", "the month runs"
    name, reason = stage(signs)
    if said.promised or name == "provisional":
        return "provisional", "nothing is delivered"
    return name, f"nothing came, and nothing is promised; {reason}"
