from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.jobs import missed, previous_tick, scheduler

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "tick"),
    [
        ("02:30", datetime(2026, 11, 22, 2, 30, tzinfo=UTC)),
        ("12:00", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
        ("23:59", datetime(2026, 11, 21, 23, 59, tzinfo=UTC)),
    ],
)
def test_the_previous_tick_is_the_newest_not_after_now(at: str, tick: datetime) -> None:
    assert previous_tick(at, NOON) == tick


@pytest.mark.failure("I01")
@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (NOON - timedelta(days=40), True),
        (datetime(2026, 11, 22, 2, 29, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 2, 31, tzinfo=UTC), False),
    ],
)
def test_after_any_sleep_one_run_is_due(last: datetime | None, due: bool) -> None:
    assert missed("02:30", last, NOON) is due


@pytest.mark.failure("I02")
@pytest.mark.failure("I03")
@pytest.mark.parametrize(
    "day", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)]
)
def test_a_clock_change_neither_doubles_nor_skips_a_night(day: datetime) -> None:
    [job] = scheduler("01:30", lambda: None).get_jobs()
    ticks = []

    found = job.trigger.get_next_fire_time(None, day - timedelta(days=1))
    while found < day + timedelta(days=2):
        ticks.append(found)
        found = job.trigger.get_next_fire_time(found, found + timedelta(seconds=1))

    assert ticks == [day + timedelta(days=n, hours=1, minutes=30) for n in (-1, 0, 1)]


def test_the_job_runs_late_rather_than_never_and_never_twice_at_once() -> None:
    [job] = scheduler("02:30", lambda: None).get_jobs()

    assert (job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1)
