"""What the processes of an engine do in its tests; each imports this file by its name."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from models.errors import BrokenError, StoreError


@dataclass(frozen=True)
class Step:
    """A number to square; `size` says whether it is worth a process."""

    number: int
    size: int = 1
    folder: str = ""

    @property
    def name(self) -> str:
        return f"step {self.number}"


def squared(step: Step) -> tuple[int, int]:
    time.sleep(0.02 * (step.number % 3))  # they do not end in order
    return step.number**2, os.getpid()


def environment(_step: Step) -> tuple[str, str, bool]:
    import polars as pl  # noqa: PLC0415 - as late as in a worker

    threads = os.environ["POLARS_MAX_THREADS"]
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    return threads, str(pl.thread_pool_size()), ignored


def refused(step: Step) -> int:
    if step.number == 3:
        raise BrokenError("aws", "october.csv", "is cut short").of("2026-10")
    if step.number == 5:
        raise StoreError("later")
    return step.number


def faulty(step: Step) -> int:
    return step.number // 0


def deadly(step: Step) -> int:
    """Kill the own process, as a machine without memory does: always, or the first time."""
    seen = Path(step.folder) / str(step.number)
    first = not seen.exists()
    seen.touch()
    if step.number == 2 or (step.number == 4 and first):
        os.kill(os.getpid(), signal.SIGKILL)
    return step.number


def endless(step: Step) -> None:
    (Path(step.folder) / f"{os.getpid()}.pid").touch()
    time.sleep(600)
