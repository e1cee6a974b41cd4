"""Spans of time cut at midnight, UTC."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta


def days(start: datetime, end: datetime) -> dict[date, int]:
    """Return the microseconds of a span in each of its days."""
    found: dict[date, int] = {}
    while start < end:
        midnight = datetime.combine(start.date(), time(), start.tzinfo) + timedelta(days=1)
        until = min(midnight, end)
        found[start.date()] = (until - start) // timedelta(microseconds=1)
        start = until
    return found
