"""Turn one document into checked charges: the conversion, the contract, one Parquet file.

python benchmarks/charges_of.py FILE OUT.parquet
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "1")  # as the command does

from ingest.aws import cur, legacy
from ingest.normalise import Place, write_charges
from ingest.source import Document


def charges(path: Path, out: Path) -> int:
    """Write the charges of a CUR document; return how many rows were set aside."""
    opened = cur.opened if path.suffix == ".parquet" else legacy.opened
    conversion = cur.convert(path, tax_recoverable=False, opened=opened)
    return write_charges(conversion, Place("cloud", Document(path.name, "0" * 64, 1)), out).height


if __name__ == "__main__":
    print(charges(Path(sys.argv[1]), Path(sys.argv[2])))
