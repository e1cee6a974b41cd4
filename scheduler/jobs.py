"""The alarm clock: APScheduler wakes the run; the ledger decides what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger


def previous_tick(at: str, now: datetime) -> datetime:
    """Return the newest instant not after `now` at which the clock should have struck.

    Args:
        at: `HH:MM`, UTC.
        now: An aware instant.
    """
    hour, minute = map(int, at.split(":"))
    today = now.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def missed(at: str, last_finished: datetime | None, now: datetime) -> bool:
    """Say whether the last run finished before the newest tick: then one is due at once."""
    return last_finished is None or last_finished < previous_tick(at, now)


def scheduler(at: str, run: Callable[[], object]) -> BlockingScheduler:
    """Return a scheduler that runs every night at `at` UTC, once after any sleep.

    In UTC no hour is skipped or doubled; with no grace limit a machine that was asleep
    runs on waking; the job store is memory, so a restart asks the ledger instead.
    """
    hour, minute = at.split(":")
    clock = BlockingScheduler(timezone=UTC)
    clock.add_job(
        run,
        CronTrigger(hour=hour, minute=minute, timezone=UTC),
        id="nightly",
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
    )
    return clock
