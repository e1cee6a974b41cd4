"""One job of a benchmark, run in a process of its own so that its peak memory is its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_EVERY: Final = 0.2  # seconds between two looks at the memory of a job
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one job took: wall and processor seconds, and peak MiB of all its processes.

    `answer` is the last line it printed.
    """

    name: str
    seconds: float
    processor: float
    peak: float
    answer: str = ""


def measured(name: str, *command: str | Path, python: str | Path = sys.executable) -> Measured:
    """Run a command of Python to its end.

    Raises:
        SystemExit: when it fails.
    """
    start, peaks = time.monotonic(), [0.0]
    with subprocess.Popen([python, *command], stdout=subprocess.PIPE) as child:
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(child.pid, peaks, over), daemon=True)
        watch.start()
        output = child.stdout.read().decode() if child.stdout else ""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        over.set()
        watch.join()
    if child.returncode:
        sys.exit(f"{name} ended with {child.returncode}\n{output}")
    seconds, processor = time.monotonic() - start, used.ru_utime + used.ru_stime
    peak = max(used.ru_maxrss / 1024, *peaks)
    return Measured(name, seconds, processor, peak, output.strip().rpartition("\n")[2])


def _watch(pid: int, peaks: list[float], over: threading.Event) -> None:
    """Note the memory of a process that has others work for it; its own the system knows."""
    while not over.wait(_EVERY):
        processes = [pid, *_descendants(pid)]
        if len(processes) > 1:
            peaks.append(sum(map(_proportional, processes)))


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield int(child)
                yield from _descendants(int(child))


def _proportional(pid: int) -> float:
    """Return the MiB of a process, of what it shares with others its part."""
    with suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
