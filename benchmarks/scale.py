"""Measure months of several sizes, each job beside F, the bare scan of the same files.

One table: load, attribution and peers, with time, processor seconds, peak memory and growth. All
engines, and all orders of the documents, must give the same answer; sums must be the generator's.

    python benchmarks/scale.py --rows 1000000 10000000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
from generate import FILE_ROWS, Order
from job import Measured, measured
from month import DATA, HERE, MONTH, generated
from project import EDITS, edited, project
from tabular import verdicts, written
from world import UNIT

TODAY: Final = "2026-10-31"
PANDAS: Final = 1_000_000  # lines; with ten times as many it takes 12 GB
REPEATS: Final = 3  # of the floor; the best counts
_COMMAND: Final = "import sys; from scheduler.cli import main; sys.exit(main())"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One generated month: where it lies, and the project folder that loads it."""

    order: Order

    @property
    def files(self) -> Path:
        """The folder of its data files."""
        return self.order.out / self.order.export / "data" / self.order.partition

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self.order.out / "project"

    @property
    def scratch(self) -> Path:
        """A folder for what is measured and thrown away."""
        return self.order.out / "scratch"

    @property
    def stated(self) -> dict[str, Any]:
        """The control totals."""
        found: dict[str, Any] = json.loads((self.order.out / "control.json").read_text("utf-8"))
        return found


def floors(month: Month) -> Iterator[Measured]:
    """Measure what bounds every load from below: reading, copying, keeping."""
    files = month.files / "*.parquet"
    runs = [measured("F: scan and sum", HERE / "floor.py", files) for _ in range(REPEATS)]
    yield min(runs, key=lambda run: run.seconds)
    for name, script in (("bare copy, zstd", "copied.py"), ("bytes, SHA-256", "kept.py")):
        yield measured(name, HERE / script, month.files, month.scratch)
        shutil.rmtree(month.scratch)


def peers(month: Month) -> Iterator[Measured]:
    """Measure the same answer by others, over the raw files and by the same rules."""
    files = month.files / "*.parquet"
    yield measured("DuckDB, one SQL", HERE / "peer_duckdb.py", files, month.folder)
    if month.order.rows <= PANDAS:
        yield measured("pandas", HERE / "peer_pandas_rules.py", month.files, month.folder)


def product(month: Month) -> Iterator[Measured]:
    """Measure a load, and attributions of what it left: as they were, and by edited rules."""
    options = ("--quiet", "--project-dir", month.folder, "ingest", "--today", TODAY)
    load = measured("load", "-c", _COMMAND, *options)
    yield load
    anew = measured("attribute anew", HERE / "attribute.py", month.folder)
    yield anew
    yield _both(load, anew)
    yield measured("  files reversed", HERE / "attribute.py", month.folder, "--reverse")
    for edit in EDITS:
        edited(month.folder, edit)
        yield measured(f"  rules: {edit}", HERE / "attribute.py", month.folder)
        checked(month)
    edited(month.folder)


def _both(load: Measured, anew: Measured) -> Measured:
    """Return a load and the attribution after it as one."""
    return Measured(
        "raw file to spend",
        load.seconds + anew.seconds,
        load.processor + anew.processor,
        max(load.peak, anew.peak),
        anew.answer,
    )


def checked(month: Month) -> None:
    """Compare what was loaded and attributed with the control totals, to the last digit.

    Raises:
        SystemExit: when a sum is another one.
    """
    sums = [pl.col("billed_cost", "effective_cost").sum()]
    spend = pl.scan_parquet(month.folder / ".trueup/lake/spend/*.parquet").select(sums).collect()
    expected = tuple(Decimal(month.stated[name]) / UNIT for name in ("unblended", "amortised"))
    if spend.row(0) != expected:
        sys.exit(f"loaded {spend.row(0)}, generated {expected}")


def agreed(found: list[Measured]) -> str:
    """Return the digest of the answer that all engines and orders gave.

    Raises:
        SystemExit: when one gave another.
    """
    given = {run.name.strip(): run.answer for run in found if _answers(run)}
    if len(set(given.values())) != 1:
        sys.exit("the answers differ: " + ", ".join(f"{n} {a[:16]}" for n, a in given.items()))
    return next(iter(given.values()))


def _answers(run: Measured) -> bool:
    return len(run.answer) == 64 and not run.name.startswith("  rules")  # noqa: PLR2004


def run(month: Month, *, keep: bool) -> list[Measured]:
    """Generate the month if it is not there, and measure everything on it."""
    if not (month.order.out / "control.json").exists():
        generated(month.order)
    shutil.rmtree(month.folder, ignore_errors=True)
    shutil.rmtree(month.scratch, ignore_errors=True)
    try:
        project(month.folder, month.order)
        mine = [*floors(month), *product(month)]
        checked(month)
        return [*mine, *peers(month)]
    finally:
        shutil.rmtree(month.folder if keep else month.order.out, ignore_errors=True)


def main(argv: list[str]) -> None:
    """Measure each size, and print all of them in one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[FILE_ROWS])
    parser.add_argument("--file-rows", type=int, default=FILE_ROWS)
    parser.add_argument("--spread", action="store_true", help="each file has all resources")
    parser.add_argument("--keep", action="store_true", help="keep the generated months")
    given = parser.parse_args(argv)
    how = "spread" if given.spread else "clustered"
    order = Order(out=DATA, rows=0, month=MONTH, clustered=not given.spread)
    sizes: dict[int, list[Measured]] = {}
    for rows in given.rows:
        out = DATA / f"{rows}-{given.file_rows}-{how}"
        mine = replace(order, out=out, rows=rows, file_rows=given.file_rows)
        sizes[rows] = run(Month(order=mine), keep=given.keep)
        print(f"{rows:,} lines: all engines and orders give {agreed(sizes[rows])}", flush=True)
    print(f"\n{os.cpu_count()} processors, months {how}")
    print("\n".join([*written(sizes), "", *verdicts(sizes)]))


if __name__ == "__main__":
    main(sys.argv[1:])
