"""Measure an ingest of a generated month against F, the bare scan of the same files.

Each job runs in a process of its own, so that its peak memory is its own.

    python benchmarks/ingest.py --rows 10000000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
from generate import FILE_ROWS, Order
from job import Measured, measured
from month import DATA, HERE, MONTH, generated
from project import project
from world import UNIT

TODAY: Final = "2026-10-31"


def jobs(order: Order, folder: Path, repeats: int) -> Iterator[Measured]:
    """Run the jobs one after the other; the floor as often as asked, of which the best counts."""
    files = order.out / order.export / "data" / order.partition / "*.parquet"
    floors = [measured("F: scan and sum", HERE / "floor.py", files) for _ in range(repeats)]
    yield min(floors, key=lambda floor: floor.seconds)
    command = "import sys; from scheduler.cli import main; sys.exit(main())"
    options = ("--quiet", "--project-dir", folder, "ingest", "--today", TODAY)
    yield measured("ingest", "-c", command, *options)
    yield measured("attribute anew", HERE / "attribute.py", folder)


def checked(folder: Path, stated: dict[str, Any]) -> None:
    """Compare what was loaded and attributed with the control totals, to the last digit.

    Raises:
        SystemExit: when a sum is another one.
    """
    sums = [pl.col("billed_cost", "effective_cost").sum(), pl.col("lines").sum()]
    spend = pl.scan_parquet(folder / ".trueup/lake/spend/*.parquet").select(sums).collect()
    expected = [Decimal(stated[name]) / UNIT for name in ("unblended", "amortised")]
    if spend.row(0)[:2] != tuple(expected):
        sys.exit(f"loaded {spend.row(0)}, generated {expected}")


def shown(rows: int, rules: int, found: Sequence[Measured]) -> Iterator[str]:
    """Yield the table."""
    yield f"{rows:,} lines, {rules} rules, {os.cpu_count()} processors"
    heads = ("seconds", "x F", "cpu s", "x F", "lines/s", "peak MiB")
    yield f"{'job':<16}" + "".join(f"{head:>10}" for head in heads)
    least = found[0]
    for job in found:
        yield (
            f"{job.name:<16}{job.seconds:>10.2f}{job.seconds / least.seconds:>10.2f}"
            f"{job.processor:>10.1f}{job.processor / least.processor:>10.2f}"
            f"{rows / job.seconds:>10,.0f}{job.peak:>10,.0f}"
        )


def main(argv: list[str]) -> None:
    """Generate what is not there, measure, print, and delete what was made."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=FILE_ROWS)
    parser.add_argument("--file-rows", type=int, default=FILE_ROWS)
    parser.add_argument("--clustered", action="store_true", help="a resource in one file or two")
    parser.add_argument("--repeats", type=int, default=3, help="of the floor; the best counts")
    parser.add_argument("--keep", action="store_true", help="keep the generated month")
    given = parser.parse_args(argv)
    out = DATA / f"{given.rows}-{given.file_rows}-{'clustered' if given.clustered else 'spread'}"
    order = Order(
        out=out, rows=given.rows, month=MONTH, clustered=given.clustered, file_rows=given.file_rows
    )
    control = out / "control.json"
    if not control.exists():
        generated(order)
    folder = out / "project"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        rules = project(folder, order)
        found = list(jobs(order, folder, given.repeats))
        checked(folder, json.loads(control.read_text("utf-8")))
        print("\n".join(shown(given.rows, rules, found)))
    finally:
        shutil.rmtree(folder if given.keep else out, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
