"""Training cost that another month bears than that of its days: in the row without a run."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.money import MONEY
from models.run.run import TRAINING
from reconcile.run.table import RUNS

_KEY: Final = ("month", "project")
_SET: Final = ("cost", "direct", "gpu_hours", "currency")


def posted(
    frame: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame, currency: str
) -> pl.DataFrame:
    """Return runs whose sums are those of recognised spend; what was moved has no run.

    Args:
        frame: Runs on original days, in the schema RUNS.
        before: The actuals that they are, in the schema ACTUALS.
        after: The actuals of recognised spend, likewise.
        currency: The reporting currency.
    """
    parts = [_signed(after, 1), _signed(before, -1)]
    apart = pl.concat(parts).group_by(*_KEY, "category").agg(pl.col("amount").sum().cast(MONEY))
    moved = apart.filter(pl.col("amount") != 0)
    if moved.is_empty():
        return frame
    late = _rows(moved, currency)
    none = pl.col("run_id").is_null()
    sums = pl.col("gpu_hours", *TRAINING, "cost", "direct").sum()
    loose = pl.concat([frame.filter(none), late]).group_by(*_KEY, "currency").agg(sums.cast(MONEY))
    rows = [frame.filter(~none), loose]
    return (
        pl.concat(rows, how="diagonal")
        .select(RUNS.names())
        .sort("month", "project", "run_id", "state")
    )


def _signed(actual: pl.DataFrame, sign: int) -> pl.DataFrame:
    training = actual.filter(pl.col("category").is_in(TRAINING))
    amount = pl.col("amount")
    return training.select(*_KEY, "category", amount if sign > 0 else -amount)


def _rows(moved: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Return moved amounts as rows of runs without one."""
    zero = pl.lit(0).cast(MONEY)
    costs = {
        name: pl.when(pl.col("category") == name).then(pl.col("amount")).otherwise(zero)
        for name in TRAINING
    }
    none = [name for name in RUNS if name not in {*_KEY, *TRAINING, *_SET}]
    return moved.with_columns(
        *(pl.lit(None, RUNS[name]).alias(name) for name in none),
        **costs,
        cost=pl.col("amount"),
        direct=zero,
        gpu_hours=zero,
        currency=pl.lit(currency),
    ).select(RUNS.names())
