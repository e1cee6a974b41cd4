"""Jobs of a scheduler: how long, on how many accelerators, and how they ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ingest.cluster.used import GPU_HOURS, RUNS, Used
from models.money import SCALE, parts, rounded
from models.period import Month, between

# Slurm's words for how a job stands, as far as it ever held accelerators; see sacct(1).
STATES: Final[Mapping[str, str]] = {
    "COMPLETED": "succeeded",
    **dict.fromkeys(("FAILED", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE"), "failed"),
    **dict.fromkeys(("NODE_FAIL", "TIMEOUT", "LAUNCH_FAILED", "RECONFIG_FAIL"), "failed"),
    **dict.fromkeys(("CANCELLED", "REVOKED"), "cancelled"),
    **dict.fromkeys(("PREEMPTED", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD"), "preempted"),
    **dict.fromkeys(("RUNNING", "SUSPENDED", "COMPLETING", "RESIZING"), "running"),
    **dict.fromkeys(("STAGE_OUT", "STOPPED", "SIGNALING", "CONFIGURING"), "running"),
    **dict.fromkeys(("PENDING", "SPECIAL_EXIT", "RESV_DEL_HOLD", "EXPEDITING"), "waiting"),
}
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One allocation of one job; times are UTC, `end` is exclusive.

    Attributes:
        row: Row in the document.
        id: The scheduler's own id; requeued jobs keep it, and differ by `submit` or `start`.
        run_id: The id as people know it.
        elapsed: Seconds it ran, without those in which it was suspended.
        gpus: Accelerators it held.
        state: One of RUN_STATES.
        has_ended: Whether `end` is when it ended, not when it was last seen.
    """

    row: int
    id: str
    run_id: str
    submit: str
    account: str
    cluster: str | None
    start: datetime
    end: datetime
    elapsed: int
    gpus: int
    gpu_type: str | None
    state: str
    has_ended: bool
    tags: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells allocations apart, in whichever file they are."""
        return self.cluster or "", self.id, self.submit, self.start.isoformat()

    @property
    def last(self) -> datetime:
        """Its last second: what ends at midnight is of the day before."""
        return max(self.start, self.end - _SECOND)

    @property
    def months(self) -> Iterator[Month]:
        """The months it touches."""
        return between(Month.of(self.start), Month.of(self.last))

    @property
    def wall(self) -> int:
        """Seconds from start to end."""
        return int((self.end - self.start).total_seconds())

    def seconds(self, first: datetime, end: datetime) -> int:
        """Return its seconds in a window, from start to end."""
        inside = min(end, self.end) - max(first, self.start)
        return max(0, int(inside.total_seconds()))

    def hours(self, month: Month) -> Fraction:
        """Return its accelerator hours in a month, exactly.

        Nobody says when a suspended job stood still, so what it ran is spread evenly.
        """
        inside = self.seconds(month.start, month.end)
        if not inside:
            return Fraction(0)
        return Fraction(self.gpus * min(self.elapsed, self.wall) * inside, self.wall * 3600)


def usage(job: Job, month: Month) -> Iterator[Used]:
    """Yield the hours of a job on each UTC day of a month, and the run, if it ended in it."""
    for day, hours in _days(job, month):
        yield _used(job, GPU_HOURS, day, hours)
    if job.has_ended and job.state != "running" and Month.of(job.last) == month:
        yield _used(job, RUNS, job.last.date(), Decimal(1))


def _days(job: Job, month: Month) -> Iterator[tuple[date, Decimal]]:
    """Yield days and hours; the hours sum to those of the month, rounded once to 18 places."""
    if not (total := job.hours(month)):
        return
    first, last = max(job.start, month.start), min(job.last, month.end - _SECOND)
    if first.date() == last.date():
        yield first.date(), rounded(total, SCALE)
        return
    days = [first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
    starts = [month.start + timedelta(days=day.day - 1) for day in days]
    weights = [job.seconds(start, start + timedelta(days=1)) for start in starts]
    yield from zip(days, parts(rounded(total, SCALE), weights, SCALE), strict=True)


def _used(job: Job, driver: str, day: date, quantity: Decimal) -> Used:
    return Used(
        x_row=job.row,
        unit=job.account,
        driver=driver,
        day=day,
        quantity=quantity,
        state=job.state,
        run_id=job.run_id,
        cluster=job.cluster,
        gpu_type=job.gpu_type,
        tags=job.tags,
    )
