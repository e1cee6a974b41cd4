"""Machines of our own: a register of assets, and who used them by Slurm's accounting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from models.period import Month
from scheduler.demo.calendar import Calendar

USER: Final = "code-assist-33b"  # three quarters of the hours; the rest nobody uses
CLUSTER: Final = "basement"
GPUS: Final = 8
NIGHT: Final = 18  # hours a day that jobs run
FAILING: Final = 6  # each so many days a job breaks off
LOST: Final = 3  # hours that it had worked by then
REGISTER: Final = (
    *("asset_id", "description", "cost", "currency", "residual", "in_service_date"),
    *("life_months", "convention", "cluster", "gpu_count", "gpu_type"),
)
SACCT: Final = (
    *("JobIDRaw", "Cluster", "Account", "JobName", "Partition", "QOS", "State"),
    *("Submit", "Start", "End", "ElapsedRaw", "AllocTRES", "Comment"),
)
TRES: Final = f"billing=96,cpu=96,gres/gpu:h100={GPUS},gres/gpu={GPUS},mem=2000G,node=1"


def register(calendar: Calendar) -> str:
    """Return the register: one server, in service since the plans began."""
    server = (
        *("srv-01", f"server with {GPUS} H100", "288000.00", "USD", "0"),
        *(str(calendar.start.first), "48", "full_month", CLUSTER, str(GPUS), "H100"),
    )
    return "\n".join([",".join(REGISTER), ",".join(server), ""])


def accounting(calendar: Calendar) -> dict[str, str]:
    """Return what `sacct -a -X -P` wrote, by name: one file a month, up to yesterday."""
    return {
        f"{month}.txt": "\n".join(["|".join(SACCT), *_jobs(month, calendar), ""])
        for month in calendar.billed
        if calendar.days(month)
    }


def _jobs(month: Month, calendar: Calendar) -> Iterator[str]:
    for day in calendar.days(month):
        failing = day.toordinal() % FAILING == 0
        start = datetime.combine(day, time())
        if failing:
            yield _job(day, 1, start, LOST, "FAILED")
            start += timedelta(hours=LOST)
        yield _job(day, 2, start, NIGHT - LOST * failing, "COMPLETED")


def _job(day: date, number: int, start: datetime, hours: int, state: str) -> str:
    end = start + timedelta(hours=hours)
    cells = (
        *(f"{day.toordinal()}{number}", CLUSTER, USER, "sft-33b", "h100", "normal", state),
        *(f"{start:%Y-%m-%dT%H:%M:%S}", f"{start:%Y-%m-%dT%H:%M:%S}", f"{end:%Y-%m-%dT%H:%M:%S}"),
        *(str(hours * 3600), TRES, "nightly"),
    )
    return "|".join(cells)
