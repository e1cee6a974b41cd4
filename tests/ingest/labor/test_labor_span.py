from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.labor.span import by_day

NEW_YEAR = datetime.fromisoformat("2026-01-01")  # of no zone, as timesheets have it
BERLIN = ZoneInfo("Europe/Berlin")


def hours(start: str, end: str | None, length: str, zone: ZoneInfo = BERLIN) -> list[str]:
    ended = datetime.fromisoformat(end) if end else None
    days = by_day(datetime.fromisoformat(start), ended, Decimal(length) * 3600, zone)
    return [f"{day} {(seconds / 3600).normalize():f}" for day, seconds in days]


@pytest.mark.parametrize(
    ("start", "end", "length", "expected"),
    [
        ("2026-02-05T09:00", "2026-02-05T12:30", "3.5", ["2026-02-05 3.5"]),
        ("2026-01-31T22:00", "2026-02-01T01:00", "3", ["2026-01-31 2", "2026-02-01 1"]),
        ("2026-01-31T22:00", "2026-02-01T00:00", "2", ["2026-01-31 2"]),
        ("2026-02-01T00:00", "2026-02-01T00:00", "0", ["2026-02-01 0"]),
        ("2026-02-05T09:00", "2026-02-05T09:00", "4", ["2026-02-05 4"]),  # by hand, no clock
        ("2026-01-31T22:00", None, "3", ["2026-01-31 2", "2026-02-01 1"]),
        # rounded by the timesheet: in proportion
        ("2026-01-31T23:00", "2026-02-01T00:30", "1.8", ["2026-01-31 1.2", "2026-02-01 0.6"]),
        # 02:00 to 03:00 is left out
        ("2026-03-28T23:00", "2026-03-29T04:00", "4", ["2026-03-28 1", "2026-03-29 3"]),
        # and comes twice
        ("2026-10-24T23:00", "2026-10-25T04:00", "6", ["2026-10-24 1", "2026-10-25 5"]),
        ("2026-10-25T02:15", "2026-10-25T02:45", "0.5", ["2026-10-25 0.5"]),
        ("2026-10-25T02:15", "2026-10-25T02:45", "1.5", ["2026-10-25 1.5"]),
        ("2026-10-24T23:30", "2026-10-25T02:30", "4", ["2026-10-24 0.5", "2026-10-25 3.5"]),
        # the second half past two comes before the first quarter to three is over
        ("2026-10-25T02:45", "2026-10-25T02:30", "0.75", ["2026-10-25 0.75"]),
    ],
)
def test_each_day_has_the_time_that_passed_on_it(
    start: str, end: str | None, length: str, expected: list[str]
) -> None:
    assert hours(start, end, length) == expected


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
def test_midnight_is_that_of_the_zone(name: str) -> None:
    found = hours("2026-01-31T22:00", "2026-02-01T01:00", "3", ZoneInfo(name))

    assert found == ["2026-01-31 2", "2026-02-01 1"]


@settings(max_examples=50, deadline=None)
@given(
    start=st.integers(0, 364 * 24 * 3600).map(lambda passed: NEW_YEAR + timedelta(seconds=passed)),
    length=st.integers(0, 30 * 24 * 3600),
    said=st.integers(0, 10**7),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]),
)
def test_the_days_sum_to_the_entry(start: datetime, length: int, said: int, zone: str) -> None:
    end = start + timedelta(seconds=length)

    days = by_day(start, end, Decimal(said), ZoneInfo(zone))

    assert sum(seconds for _, seconds in days) == said
    assert all(seconds >= 0 for _, seconds in days)
    assert days[0][0] == start.date()
