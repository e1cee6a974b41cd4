"""The files of a delivery hold every row that was loaded, on every run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from models.errors import InvariantError
from models.lake import Lake
from scheduler.origin import whole

NAME = "ab"


def test_rows_that_are_gone_from_a_table_beside_charges_are_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = pl.DataFrame({"x_row": [1, 2]})
    lake.write("charges", NAME, rows.clear().write_parquet)
    lake.write("rejected", NAME, rows.clear().write_parquet)
    lake.write("usage", NAME, rows.write_parquet)
    document = {
        "document": {"name": "hours.csv"},
        **dict.fromkeys(("charges", "rejected"), NAME),
        **dict.fromkeys(("rows", "rejected_rows"), 0),
        "beside": ["usage"],
        "control": {
            "beside": [
                {"table": "usage", "key": "gpu_hours", "rows": 1, "amount": "1"},
                {"table": "usage", "key": "runs", "rows": 1, "amount": "1"},
            ]
        },
    }
    whole(lake, "slurm/2026-10", {"documents": [document]})
    lake.path("usage", NAME).unlink()
    lake.write("usage", NAME, rows.head(1).write_parquet)

    with pytest.raises(InvariantError) as caught:
        whole(lake, "slurm/2026-10", {"documents": [document]})

    assert str(caught.value) == (
        "slurm/2026-10: hours.csv: the lake holds 1 rows of usage, loaded were 2; "
        "run `trueup rebuild`"
    )
