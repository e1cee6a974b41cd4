"""One job of a benchmark, run in a process of its own so that its peak memory is its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """What one job took: wall and processor seconds, and peak MiB of its process."""

    name: str
    seconds: float
    processor: float
    peak: float


def measured(name: str, *command: str | Path, python: str | Path = sys.executable) -> Measured:
    """Run a command of Python to its end.

    Raises:
        SystemExit: when it fails.
    """
    safe = [python, "-P", *command]  # -P: the folder of a script is not a place of packages
    start = time.monotonic()
    with subprocess.Popen(safe, stdout=subprocess.PIPE) as child:
        output = child.stdout.read() if child.stdout else b""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{name} ended with {child.returncode}\n{output.decode()}")
    seconds, processor = time.monotonic() - start, used.ru_utime + used.ru_stime
    return Measured(name, seconds, processor, used.ru_maxrss / 1024)
