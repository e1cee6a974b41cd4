"""Answers of OpenCost's allocation API: hours of accelerators that each unit was given in a day.

Costs in them follow list prices and are no bill; they are not read. An allocation is what was
asked for, whether or not it was used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from ingest.api import Api
from ingest.cluster.settings import OpenCostSettings
from ingest.cluster.used import GPU_HOURS, IDLE, Fault, Used
from models.errors import BrokenError
from models.money import SCALE, rounded

PATH: Final = "/allocation"
_LABEL: Final = "label:"
_GOOD: Final = 200
MOST: Final = 10**12  # hours of a day; more are none, and would not fit


class AllocationError(ValueError):
    """The answer is not what the API promises."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """One unit on one day; `row` 1 is the first of the answer, by day and name."""

    row: int
    name: str
    day: date
    content: Mapping[str, Any]


def allocations(body: bytes) -> list[Allocation]:
    """Return the allocations of an answer, one set a day; numbers exactly as printed.

    Raises:
        AllocationError: when it is no answer, or a set is not one UTC day.
    """
    try:
        answer = json.loads(body, parse_float=Decimal, parse_constant=str)
    except ValueError as error:
        raise AllocationError(f"is no JSON: {error}; ask again") from error
    if not isinstance(answer, dict) or answer.get("code", _GOOD) != _GOOD:
        raise AllocationError("is no good answer; see the server's log")
    sets = answer.get("data")
    if not isinstance(sets, list) or not all(isinstance(each, dict | None) for each in sets):
        raise AllocationError("has no list `data` of sets of allocations; is it OpenCost's API?")
    found = [(_day(name, each), name, each) for one in sets for name, each in (one or {}).items()]
    found.sort(key=lambda each: each[:2])
    return [Allocation(row, name, day, each) for row, (day, name, each) in enumerate(found, 1)]


def _day(name: str, content: object) -> date:
    """Return the UTC day of an allocation's window."""
    window = content.get("window") if isinstance(content, dict) else None
    said = window if isinstance(window, dict) else {}
    try:
        start, end = (_instant(said[bound]) for bound in ("start", "end"))
    except (KeyError, TypeError, ValueError):
        raise AllocationError(f"{name}: has no window with start and end") from None
    if start.time() != time() or end - start != timedelta(days=1):
        raise AllocationError(f"{name}: window {said['start']} to {said['end']} is no UTC day")
    return start.date()


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no zone")  # that of this machine would be taken
    return found.astimezone(UTC)


def usage(
    found: list[Allocation], settings: OpenCostSettings, by: str
) -> tuple[list[Used], list[Fault]]:
    """Return the hours of units that were given any, and what cannot be read.

    Args:
        found: The allocations of an answer.
        settings: The source's own.
        by: What the answer was aggregated by, as the server was told.
    """
    used, faults = [], []
    for each in found:
        hours = each.content.get("gpuHours")
        if not isinstance(hours, int | Decimal) or isinstance(hours, bool) or not 0 <= hours < MOST:
            faults.append(Fault(each.row, "gpuHours", f"of {each.name} are no hours", str(hours)))
        elif hours:
            used.append(_used(each, Decimal(hours), settings, by))
    return used, faults


def _used(each: Allocation, hours: Decimal, settings: OpenCostSettings, by: str) -> Used:
    said = each.content.get("properties")
    properties = said if isinstance(said, dict) else {}
    tags = {str(key): str(value) for key, value in _tags(each.name, properties, by)}
    return Used(
        x_row=each.row,
        unit=each.name,
        driver=GPU_HOURS,
        day=each.day,
        quantity=rounded(hours, SCALE),
        detail="idle" if IDLE in each.name.split("/") else None,
        cluster=str(properties.get("cluster") or settings.cluster or "") or None,
        tags=tags,
    )


def _tags(name: str, properties: Mapping[str, Any], by: str) -> Iterator[tuple[str, Any]]:
    """Yield labels, and each part of the name under what it was aggregated by."""
    labels = properties.get("labels")
    yield from (labels.items() if isinstance(labels, dict) else ())
    parts, aggregate = name.split("/"), by.split(",")
    if len(parts) != len(aggregate) or any(part.startswith("__") for part in parts):
        return
    for what, part in zip(aggregate, parts, strict=True):
        key = what.removeprefix(_LABEL)
        yield key, part.removeprefix(f"{key}=")


def server(settings: OpenCostSettings, source: str) -> Api:
    """Return the way in; one for all days, so that waiting for a busy server has an end."""
    secret = settings.token.get_secret_value() if settings.token else ""
    headers = {"authorization": f"Bearer {secret}"} if secret else {}
    return Api(source=source, base=settings.url or "", headers=headers)


def asked(api: Api, settings: OpenCostSettings, day: date) -> bytes:
    """Return the server's answer about one UTC day; empty when it has no allocation of it.

    Raises:
        SourceError: when there is none, or it is of something else.
    """
    question = {
        "window": f"{day}T00:00:00Z,{day + timedelta(days=1)}T00:00:00Z",
        "step": "1d",
        "aggregate": settings.by,
        "includeIdle": str(settings.include_idle).lower(),
    }
    body = api.get(PATH, question)
    place = f"{PATH} of {day}"
    try:
        found = allocations(body)
    except AllocationError as error:
        raise BrokenError(api.source, place, str(error)) from error
    if {each.day for each in found} - {day}:
        said = "the answer is of another day; does a proxy drop the parameters?"
        raise BrokenError(api.source, place, said)
    return body if found else b""
