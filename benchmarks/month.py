"""Where generated months lie, and how one is made."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from generate import Order

HERE: Final = Path(__file__).resolve().parent
DATA: Final = HERE.parent / "bench-data"
MONTH: Final = datetime(2026, 10, 1, tzinfo=UTC)


def generated(order: Order) -> None:
    """Write the month in another process: a child's peak begins at the size of its parent."""
    options = [f"--rows={order.rows}", f"--file-rows={order.file_rows}", f"--out={order.out}"]
    clustered = ["--clustered"] * order.clustered
    run("generate.py", *options, *clustered)


def run(script: str, *options: str) -> None:
    """Run one of the scripts beside this one."""
    command = [sys.executable, HERE / script, *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
