"""Bills to charges, beside the FinOps Foundation's converter, pandas and a bare scan.

All read the same month in one run: as a legacy CUR in CSV.gz, which every one of them knows
(the converter gets it decompressed), and as CUR 2.0 in Parquet. Each job is a process of its own.

    python benchmarks/charges.py --rows 1000000 --converter .venv-converter/bin/python
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl
from generate import Order
from job import Measured, measured
from month import DATA, HERE, MONTH, generated, run
from world import UNIT

CONVERT: Final = "from focus_converter.main import app; app()"
OPTIONS: Final = ("--data-format", "csv", "--export-format", "parquet")
COLUMNS: Final = ("seconds", "cpu s", "rows/s", "rows/cpu s", "x peer", "x F cpu", "peak MiB")


def jobs(order: Order, converter: Path | None, *, with_pandas: bool) -> Iterator[Measured]:
    """Run the jobs one after the other, the peers first."""
    out = order.out
    (packed,) = out.glob("legacy/month/*/*.csv.gz")
    (parquet,) = (out / order.export / "data" / order.partition).glob("*.parquet")
    if converter:
        plain, target = out / "legacy" / "month-1.csv", out / "converted"
        target.mkdir()
        paths = ("--data-path", plain, "--export-path", f"{target}/")
        command = ("-c", CONVERT, "convert", "--provider", "aws-cur", *OPTIONS, *paths)
        options = ("--no-export-include-source-columns",)
        yield measured("converter, CSV", *command, *options, python=converter)
    yield measured("F: scan, CSV.gz", HERE / "floor_csv.py", packed)
    if with_pandas:
        yield measured("pandas, CSV.gz", HERE / "peer_pandas.py", packed, out / "pandas.parquet")
    yield measured("trueup, CSV.gz", HERE / "charges_of.py", packed, out / "csv.parquet")
    yield measured("F: scan, Parquet", HERE / "floor.py", parquet)
    if with_pandas:
        peer = (HERE / "peer_pandas.py", parquet, out / "pandas.parquet")
        yield measured("pandas, Parquet", *peer)
    yield measured("trueup, Parquet", HERE / "charges_of.py", parquet, out / "parquet.parquet")


def checked(out: Path) -> None:
    """Compare the charges of both forms with the control totals, to the last digit.

    Raises:
        SystemExit: when a sum is another one.
    """
    stated = json.loads((out / "control.json").read_text("utf-8"))
    expected = tuple(Decimal(stated[name]) / UNIT for name in ("unblended", "amortised"))
    for form in ("csv", "parquet"):
        sums = pl.col("billed_cost", "effective_cost").sum()
        found = pl.scan_parquet(out / f"{form}.parquet").select(sums).collect().row(0)
        if found != expected:
            sys.exit(f"{form}: charged {found}, generated {expected}")


def shown(rows: int, found: Sequence[Measured]) -> Iterator[str]:
    """Yield the table; the peer is the converter, F the bare scan of the same form."""
    yield f"{'job':<18}" + "".join(f"{head:>11}" for head in COLUMNS)
    peer = next((job for job in found if job.name.startswith("converter")), None)
    floors = {job.name.rpartition(" ")[2]: job for job in found if job.name.startswith("F:")}
    for job in found:
        floor = floors.get(job.name.rpartition(" ")[2])
        yield (
            f"{job.name:<18}{job.seconds:>11.2f}{job.processor:>11.1f}"
            f"{rows / job.seconds:>11,.0f}{rows / job.processor:>11,.0f}"
            + (f"{peer.seconds / job.seconds:>11.1f}" if peer else f"{'':>11}")
            + (f"{job.processor / floor.processor:>11.1f}" if floor else f"{'':>11}")
            + f"{job.peak:>11,.0f}"
        )


def main(argv: list[str]) -> None:
    """Generate the month in both forms, measure, compare, print, and delete what was made."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--converter", type=Path, help="Python of the converter's environment")
    parser.add_argument("--no-pandas", action="store_true", help="leave pandas out")
    given = parser.parse_args(argv)
    out = DATA / f"charges-{given.rows}"
    shutil.rmtree(out, ignore_errors=True)
    order = Order(out=out, rows=given.rows, month=MONTH, file_rows=given.rows)
    try:
        generated(order)
        run("legacy.py", f"--month={out}", f"--out={out / 'legacy'}")
        found = list(jobs(order, given.converter, with_pandas=not given.no_pandas))
        checked(out)
        print(f"{given.rows:,} lines to charges")
        print("\n".join(shown(given.rows, found)))
    finally:
        shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
