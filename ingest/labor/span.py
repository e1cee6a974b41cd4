"""An entry over midnight: how much of it belongs to which day, in the zone of the timesheet."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from ingest.labor.cell import CellError
from models.money import SCALE, parts

LONGEST: Final = timedelta(days=31)  # a longer entry is a slip in a date
_SECOND: Final = timedelta(seconds=1)


def by_day(
    start: datetime, end: datetime | None, seconds: Decimal, zone: ZoneInfo
) -> list[tuple[date, Decimal]]:
    """Split an entry by the time it lasted on each day of its zone.

    Where the clock is set back, an hour comes twice: the one that makes the times last as
    long as the entry says is meant. An entry that was rounded is split in proportion.

    Args:
        start: When it begins, as clocks of the zone show it.
        end: When it ends; None when only `seconds` tells.
        seconds: How long it is.
        zone: The zone.

    Returns:
        Days with seconds, which sum to `seconds`.

    Raises:
        CellError: when it ends before it begins, or lasts more than 31 days.
    """
    began, ended = _instants(start, end, seconds, zone)
    if ended < began:
        raise CellError("end_time", "lies before the start")
    if ended - began > LONGEST:
        raise CellError("end_day", f"lies more than {LONGEST.days} days after the start")
    days = _days(began, ended, zone)
    if len(days) == 1:
        return [(start.date(), seconds)]
    return list(zip(days, parts(seconds, list(days.values()), SCALE), strict=True))


def _instants(
    start: datetime, end: datetime | None, seconds: Decimal, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    begins = [_instant(start, zone, fold) for fold in (0, 1)]
    if end is None:
        return begins[0], begins[0] + int(seconds) * _SECOND
    ends = [_instant(end, zone, fold) for fold in (0, 1)]
    pairs = list(product(begins, ends))
    fitting = (pair for pair in pairs if (pair[1] - pair[0]) // _SECOND == seconds)
    return next(fitting, pairs[0])


def _instant(clock: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return clock.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _days(began: datetime, ended: datetime, zone: ZoneInfo) -> dict[date, int]:
    """Return the whole seconds on each day; the day of the start for an entry of none."""
    day, found = began.astimezone(zone).date(), {}
    while True:
        midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        found[day] = (min(ended, midnight) - began) // _SECOND
        if ended <= midnight:
            return found
        began, day = midnight, day + timedelta(days=1)
