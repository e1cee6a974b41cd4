"""What is held of each source, for `trueup status`: how old, how far, and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from ingest.restatement import Restatement, restatements
from ingest.source import Source
from models.period import Month
from reconcile.figure import exact_text
from scheduler.intake import due
from scheduler.lifecycle import MonthState, month_state
from scheduler.shelf import Shelf, shelf
from scheduler.standing import overdue
from scheduler.workspace import Project, Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One source: its state in one word, why, and its months that are not settled.

    Attributes:
        sound: Whether nobody has to act.
    """

    source: str
    state: str
    detail: str
    sound: bool
    months: tuple[MonthState, ...]


def holdings(project: Project, stores: Stores, moment: datetime) -> list[Holding]:
    """Return what is held of each source, in the order of the configuration."""
    held, months = shelf(stores, moment), due(project, stores, moment.date())
    return [_holding(held, source, months) for source in project.sources]


def _holding(held: Shelf, source: Source, asked: Sequence[Month]) -> Holding:
    first = held.first(source.name)
    months = [month_state(held, source, each) for each in asked if first is None or each >= first]
    urgent = [state for state in months if state.urgent]
    state, detail = _word(held, source, first, urgent, asked)
    heard = first is not None or source.name in held.asked
    return Holding(
        source=source.name,
        state=state,
        detail=detail,
        sound=heard and not urgent and source.name not in held.refused,
        months=tuple(each for each in months if _is_worth_saying(each)),
    )


def _word(
    held: Shelf,
    source: Source,
    first: Month | None,
    urgent: Sequence[MonthState],
    asked: Sequence[Month],
) -> tuple[str, str]:
    trouble = held.refused.get(source.name)
    if trouble:
        return trouble["state"], f"{trouble['document']}: {trouble['detail']}"
    if first is None and source.name not in held.asked:
        return "absent", "nothing loaded yet; run `trueup run`"
    if urgent:
        return urgent[-1].answer.word, f"{urgent[-1].month}: {urgent[-1].answer.detail}"
    if first is None:
        return "absent", _nothing(asked, source.name)
    mine = {scope: at for scope, at in held.arrived.items() if _source(scope) == source.name}
    newest = max(mine, key=lambda scope: (mine[scope], scope))  # of one night, the last month
    days = (held.as_of - mine[newest]).days
    return "loaded", f"newest delivery {newest.rpartition('/')[2]}, loaded {days} days ago"


def _nothing(asked: Sequence[Month], source: str) -> str:
    older = f"`trueup backfill --from MONTH {source}` asks for months before {asked[0]}"
    return f"nothing is delivered, and nothing is due; {older}"


def _is_worth_saying(state: MonthState) -> bool:
    unsettled = state.body is not None and state.stage in ("open", "provisional")
    return not state.closed and (state.urgent or unsettled or state.answer.waiting)


def _source(scope: str) -> str:
    return scope.rpartition("/")[0]


def lines(held: Holding) -> Iterator[str]:
    """Yield the months of a source that are not settled, and what is overdue, for a person."""
    for (empty, _), pairs in groupby(enumerate(held.months), _run):
        states = [state for _, state in pairs]
        yield from (_emptied(states),) if empty and len(states) > 1 else _each(states)


def _run(pair: tuple[int, MonthState]) -> tuple[bool, Month]:
    """Return what is the same for months without a gap between them that are told alike."""
    return _is_empty(pair[1]), pair[1].month + -pair[0]


def _is_empty(state: MonthState) -> bool:
    """Whether a month is over, and nobody ever promised anything."""
    return state.stage == "final" and state.answer.word == "absent" and not state.answer.promised


def _emptied(states: Sequence[MonthState]) -> str:
    months = f"{states[0].scope} to {states[-1].month}"
    return f"month      {months}: final, absent, nothing is promised for any of {len(states)}"


def _each(states: Sequence[MonthState]) -> Iterator[str]:
    for state in states:
        answer = "" if state.answer.word == "delivered" else f", {state.answer.word}"
        why = state.answer.detail if answer else state.reason
        yield f"month      {state.scope}: {state.stage}{answer}, {why}"
        yield from (f"alarm      {problem}" for problem in overdue(state))


def changes(event: Restatement) -> str:
    """Return what a restatement changed: `USD +12.00 billed, +12.00 effective, +3 rows`."""
    return "; ".join(
        f"{each.currency} {_signed(each.billed_cost)} billed, "
        f"{_signed(each.effective_cost)} effective, {each.rows:+d} rows"
        for each in event.changes
    )


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount >= 0 else ''}{exact_text(amount)}"


def restated(stores: Stores) -> Iterator[str]:
    """Yield the restatements, oldest first, for a person."""
    for event in restatements(stores.ledger):
        yield (
            f"restated   {event.source}/{event.month}: {changes(event)}, "
            f"on {event.at:%Y-%m-%d}, after it was {event.was}"
        )
