"""The columns that a source's charges have when they leave it."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.charge import CHARGE

OWNED: Final = ("x_source", "x_document")  # the loader's
SCHEMA: Final = {name: dtype for name, dtype in CHARGE.items() if name not in OWNED}


def shaped(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return the frame in the columns and types of SCHEMA; absent ones are null, others go."""
    present = set(frame.collect_schema().names())
    return frame.select(
        pl.col(name).cast(dtype) if name in present else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in SCHEMA.items()
    )
