"""What any writer must do: a bare copy of Parquet files, every column read and written again.

python benchmarks/copied.py FOLDER_OF_FILES OUT_FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl


def copied(folder: Path, out: Path) -> int:
    """Copy each file in the compression of the lake; return the bytes written."""
    out.mkdir(parents=True)
    for path in sorted(folder.glob("*.parquet")):
        scan = pl.scan_parquet(path, hive_partitioning=False)
        scan.sink_parquet(out / path.name, compression="zstd", compression_level=1)
    return sum(path.stat().st_size for path in out.iterdir())


if __name__ == "__main__":
    print(copied(Path(sys.argv[1]), Path(sys.argv[2])))
