"""Runs as usage: how each ended, and its GPU-hours by day, which are shares and no cost.

A run inside another (`mlflow.parentRunId`) is no run of its own. Of runs inside each other
that state accelerators the outermost has the GPU-hours: the others worked in its share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from ingest.vendor.charge import Use
from ingest.vendor.reply import Part, ReplyError, text_of
from ingest.vendor.span import days
from models.money import SCALE, ZERO, exact, parts, rounded
from models.period import Month

STATES: Final[Mapping[str, str]] = {
    "SCHEDULED": "running",
    "RUNNING": "running",
    "FINISHED": "succeeded",
    "FAILED": "failed",
    "KILLED": "cancelled",
}
MOST: Final = 1_000_000  # accelerators; more is a mistake
_HOUR: Final = 3_600_000_000  # microseconds

Note = tuple[str, str]


def uses(body: Part, period: Month) -> tuple[list[Use], list[Note]]:
    """Return what the runs of a document say about a month, and what looks odd.

    Raises:
        ReplyError: for a run in a state that nobody told of, or that ends before it starts.
    """
    runs = body.at("data").parts()
    counts = {run.at("run_id").text(): _gpus(run) for run in runs}
    parents = {run.at("run_id").text(): text_of(run, "parent") for run in runs}
    found: list[Use] = []
    for number, run in enumerate(runs, start=1):
        name = run.at("run_id").text()
        gpus = ZERO if _inside(name, parents, counts) else counts[name] or ZERO
        found += _of(number, run, gpus, period)
    odd = [run.at("run_id").text() for run in runs if counts[run.at("run_id").text()] is None]
    return found, [
        ("gpu_count_unknown", f"run {name} states no number of accelerators; it has no GPU-hours")
        for name in odd
    ]


def _of(number: int, run: Part, gpus: Decimal, period: Month) -> Iterator[Use]:
    start, end = _span(run)
    said: dict[str, Any] = {"run": run, "number": number, "state": _state(run)}
    counted = (end or start).date()
    if Month.of(counted) == period and text_of(run, "parent") is None:
        yield _use(**said, driver="runs", day=counted, quantity=Decimal(1))
    if not gpus or end is None or start == end:
        return
    spans = days(start, end)
    whole = rounded(Fraction(gpus) * sum(spans.values()) / _HOUR, SCALE)
    for day, part in zip(spans, parts(whole, [*spans.values()], SCALE), strict=True):
        if Month.of(day) == period:
            yield _use(**said, driver="gpu_hours", day=day, quantity=part)


def _span(run: Part) -> tuple[datetime, datetime | None]:
    start, ended = run.at("start").milliseconds(), run.maybe("end")
    end = ended.milliseconds() if ended else None
    if end is not None and end < start:
        raise ReplyError(f"{run.path}.end: is before its start")
    return start, end


def _state(run: Part) -> str:
    status = run.at("status")
    if status.text() not in STATES:
        raise ReplyError(f"{status.path}: {status.text()!r} is no state of a run that is known")
    return STATES[status.text()]


def _gpus(run: Part) -> Decimal | None:
    """Return how many accelerators a run states, else has measured; None for what is no number."""
    stated = text_of(run, "gpus")
    if stated is None:
        return run.at("gpus_measured").number()
    try:
        found = exact(stated)
    except ValueError:
        return None
    return found if 0 <= found <= MOST else None


def _inside(
    name: str, parents: Mapping[str, str | None], counts: Mapping[str, Decimal | None]
) -> bool:
    """Say whether a run lies in another one that states accelerators."""
    seen, parent = {name}, parents.get(name)
    while parent is not None and parent not in seen:
        if counts.get(parent):
            return True
        seen.add(parent)
        parent = parents.get(parent)
    return False


def _use(*, run: Part, number: int, driver: str, day: date, quantity: Decimal, state: str) -> Use:
    tags = run.at("tags")
    return Use(
        row=number,
        unit=run.at("experiment").text(),
        driver=driver,
        day=day,
        quantity=quantity,
        tags={name: value for name in tags.members() if (value := text_of(tags, name))},
        columns={
            "state": state,
            "run_id": run.at("run_id").text(),
            **{name: text_of(run, name) for name in ("cluster", "gpu_type", "model")},
        },
    )
