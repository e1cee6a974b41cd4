"""Shares: what each target of a split was given of which cost, and why; a row for each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from models.money import MONEY
from models.reduction import SUMMED
from models.split.apportionment import WIDE, apportioned, lowest
from models.split.driver import UNIT
from models.split.split import ARROW
from models.split.weight import Weighing

_COSTS: Final = tuple(name for name in SUMMED if name.endswith("_cost"))
_UNITS: Final = ("weight", "share")  # numbers that are told in units, before they are money
SHARES: Final = pl.Schema(
    {
        "split": pl.String(),
        "period": pl.String(),  # billing month of the shared charges
        "month": pl.String(),  # whose usage and spend decided
        "since": pl.Date(),  # first and last day of the charges that were divided so
        "until": pl.Date(),
        "path": pl.String(),
        "target": pl.String(),
        "weight": MONEY,
        "unit": pl.String(),
        "share": MONEY,
        "method": pl.String(),
        "fallback": pl.Boolean(),
        "why": pl.String(),
        "currency": pl.String(),
        **dict.fromkeys(_COSTS, MONEY),
    }
)
WEIGHTS: Final = pl.Schema(
    {
        "group": pl.UInt32(),
        "target": pl.String(),
        "end": pl.String(),
        "lowest": WIDE,
        **dict.fromkeys(_UNITS, WIDE),
        **{name: SHARES[name] for name in ("unit", "method", "fallback", "why")},
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """How a split was weighed.

    Attributes:
        split: Its id.
        month: Whose usage and spend decided, `YYYY-MM`.
        weighing: What was found.
    """

    split: str
    month: str
    weighing: Weighing


def weights(findings: Sequence[Finding]) -> pl.DataFrame:
    """Return the weights of each finding, whose number is `group`: WEIGHTS, with money."""
    rows = [row for group, found in enumerate(findings) for row in _rows(group, found.weighing)]
    whole = pl.DataFrame(rows, schema=WEIGHTS, orient="row")
    return whole.with_columns(pl.col(_UNITS).reinterpret(dtype=MONEY))


def _rows(group: int, found: Weighing) -> Iterator[tuple[Any, ...]]:
    units = lowest([each.units for each in found.weights])
    said = (found.unit, found.method, bool(found.why), found.why or None)
    for each, low, share in zip(found.weights, units, apportioned(UNIT, units), strict=True):
        yield group, each.target, each.end, low, each.units, share, *said


def path(splits: Collection[str]) -> pl.Expr:
    """Return the path of a part from that of its pool: on to a split, or to nobody."""
    onward = pl.col("target").is_in([*splits])
    further = pl.when(onward).then("target").when(pl.col("end") != "").then("end")
    return pl.when(further.is_null()).then("path").otherwise(pl.col("path") + ARROW + further)


def table(
    pools: pl.DataFrame, parts: pl.DataFrame, weights: pl.DataFrame, splits: Collection[str]
) -> pl.DataFrame:
    """Return what the targets were given, in the schema SHARES; also those that got nothing.

    Args:
        pools: What was divided: `group, split, month`, and columns SPEND.
        parts: The same, divided: also `target` and `end`.
        weights: By `group`.
        splits: Ids of all splits.
    """
    key = ("group", "split", "month", "period", "currency", "path")
    spans = pools.group_by(key).agg(since=pl.col("day").min(), until=pl.col("day").max())
    sums = parts.group_by(*key, "target", "end").agg(pl.col(_COSTS).sum().cast(MONEY))
    every = spans.join(weights, on="group")
    found = every.join(sums, on=(*key, "target", "end"), how="left")
    return found.with_columns(pl.col(_COSTS).fill_null(0), path=path(splits)).select(SHARES.names())
