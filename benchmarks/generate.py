"""Write a month of a CUR 2.0 export of any size, with control totals known exactly.

The layout is that of AWS Data Exports: `OUT/EXPORT/{data,metadata}/BILLING_PERIOD=...`, Parquet
files of a million lines, a manifest. Amounts are drawn as integers and become doubles only in
the file, so `OUT/control.json` holds exact sums. Everything follows from the seed.

    python benchmarks/generate.py --rows 1000000 --out bench-data/1m
"""

from __future__ import annotations

import argparse
import calendar
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from columns import table
from lines import TYPES, amortised, amounts, lines
from world import PAYER, Ints, world

FILE_ROWS: Final = 1_000_000
GROUP_ROWS: Final = 250_000
ROWS_PER_RESOURCE: Final = 60
MEASURES: Final = ("rows", "unblended", "amortised")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to write.

    Attributes:
        clustered: Whether a resource's lines lie in one file or two; otherwise every file
            has lines of every resource, the worst case for work that is done per file.
    """

    out: Path
    rows: int
    month: datetime
    seed: int = 1
    export: str = "month"
    clustered: bool = False
    file_rows: int = FILE_ROWS

    @property
    def partition(self) -> str:
        """The folder of the billing period."""
        return f"BILLING_PERIOD={self.month:%Y-%m}"

    @property
    def resources(self) -> int:
        """How many resources the month has."""
        return max(self.rows // ROWS_PER_RESOURCE, 1)


class Totals:
    """Exact sums in 1e-10, over all lines and per line type."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.types: dict[str, dict[str, int]] = {}

    def add(self, kind: Ints, unblended: Ints, effective: Ints) -> None:
        """Count one file."""
        for number in np.unique(kind).tolist():
            mine = kind == number
            found = (mine.sum(), unblended[mine].sum(), effective[mine].sum())
            line = self.types.setdefault(TYPES[number], dict.fromkeys(MEASURES, 0))
            for measure, amount in zip(MEASURES, found, strict=True):
                line[measure] += int(amount)

    def stated(self, order: Order) -> dict[str, Any]:
        """Return what `control.json` holds."""
        return {
            "export": order.export,
            "month": f"{order.month:%Y-%m}",
            "seed": order.seed,
            "currency": "USD",
            "unit": "1e-10",
            **{m: sum(line[m] for line in self.types.values()) for m in MEASURES},
            "line_types": dict(sorted(self.types.items())),
        }


def generate(order: Order) -> dict[str, Any]:
    """Write data files, manifest and control totals; return the totals."""
    there = world(np.random.default_rng([order.seed, 0]), order.resources)
    hours = calendar.monthrange(order.month.year, order.month.month)[1] * 24
    data = order.out / order.export / "data" / order.partition
    data.mkdir(parents=True)
    totals, names, schema = Totals(), [], pa.schema([])
    for number, first in enumerate(range(0, order.rows, order.file_rows), start=1):
        rng = np.random.default_rng([order.seed, number])
        drawn = lines(rng, there, resources_of(rng, order, first), hours)
        money = amounts(drawn)
        totals.add(drawn.type, money["unblended"], amortised(drawn.type, money))
        frame = table(rng, there, drawn, money, order.month)
        names.append(f"{order.export}-{number:05d}.snappy.parquet")
        write(frame, data / names[-1])
        schema = frame.schema
    manifest(order, names, schema)
    stated = totals.stated(order)
    (order.out / "control.json").write_text(json.dumps(stated, indent=1) + "\n", "utf-8")
    return stated


def resources_of(rng: np.random.Generator, order: Order, first: int) -> Ints:
    """Return the resource of each row of the file that begins with row `first`."""
    count = min(order.file_rows, order.rows - first)
    if not order.clustered:
        return rng.integers(0, order.resources, count)
    low, high = (row * order.resources // order.rows for row in (first, first + count))
    return rng.integers(low, max(high, low + 1), count)


def write(frame: pa.Table, path: Path) -> None:
    """Write one data file as the provider does, INT96 and all."""
    pq.write_table(
        frame,
        path,
        compression="snappy",
        row_group_size=GROUP_ROWS,
        use_deprecated_int96_timestamps=True,
    )


def manifest(order: Order, names: list[str], schema: pa.Schema) -> None:
    """Write the manifest that makes the files a delivery."""
    folder = order.out / order.export / "metadata" / order.partition
    folder.mkdir(parents=True)
    place = f"s3://generated/{order.export}/data/{order.partition}"
    types = {"string": "string", "double": "double", "timestamp[ns]": "timestamp"}
    stated = {
        "executionId": f"00000000-0000-4000-8000-{order.seed:012d}",
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:{PAYER}:export/{order.export}-1",
        "columns": [{"name": f.name, "type": types.get(str(f.type), "map")} for f in schema],
        "dataFiles": [f"{place}/{name}" for name in names],
    }
    path = folder / f"{order.export}-Manifest.json"
    path.write_text(json.dumps(stated, indent=1), "utf-8")


def main(argv: list[str]) -> None:
    """Write the month that the arguments describe."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=FILE_ROWS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--month", default="2026-10")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--export", default="month")
    parser.add_argument("--clustered", action="store_true", help="a resource in one file or two")
    parser.add_argument("--file-rows", type=int, default=FILE_ROWS)
    options = vars(parser.parse_args(argv))
    month = datetime.strptime(options.pop("month"), "%Y-%m").replace(tzinfo=UTC)
    stated = generate(Order(month=month, **options))
    print(json.dumps({measure: stated[measure] for measure in MEASURES}))


if __name__ == "__main__":
    main(sys.argv[1:])
