"""What other rules or projects move: whose a cost was, whose it becomes, and by which rules.

Worked out on keys and facts, never by netting: what A gives to B and B to A are two moves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from models.attribution import epoch
from models.money import MONEY

_SIDE: Final = ("project", "path", "category", "item", "project_rule", "category_rule")
_MOVING: Final = _SIDE[:4]  # a charge that another rule gives the same moves nowhere
_BEFORE: Final = tuple(f"{name}_before" for name in _SIDE)
_AFTER: Final = tuple(f"{name}_after" for name in _SIDE)
_GROUP: Final = (*_BEFORE, *_AFTER, "currency")
MOVED: Final = pl.Schema(
    {
        "month": pl.String(),
        **dict.fromkeys(_GROUP, pl.String()),
        "tco_cost": MONEY,
        "lines": pl.UInt32(),
    }
)


@dataclass(frozen=True, slots=True)
class Side:
    """What the keys of a document are spent on by one version of the rules.

    Attributes:
        found: Columns ATTRIBUTED, one row per key and epoch.
        edges: The days that part its epochs.
    """

    found: pl.DataFrame
    edges: Sequence[date]


def moved(keys: pl.DataFrame, facts: pl.LazyFrame, before: Side, after: Side) -> pl.DataFrame:
    """Return what of one document gets another project, split, category or item.

    Args:
        keys: Columns KEYS.
        facts: Sums by key and day.
        before: What the keys are spent on.
        after: What they would be.

    Returns:
        Columns MOVED: sums by month of the charges, by both sides and by currency.
    """
    edges = sorted({*before.edges, *after.edges})
    currency = keys.select("key_id", currency="billing_currency")
    changed = _changed(before, after, edges).join(currency, on="key_id")
    groups = changed.group_by(_GROUP).agg("key_id", "epoch").with_row_index("group")
    of_key = groups.select("group", "key_id", "epoch").explode(
        "key_id", "epoch", empty_as_null=False
    )
    dated = facts.with_columns(epoch=epoch(pl.col("day"), edges))
    found = dated.join(of_key.lazy(), on=("key_id", "epoch")).group_by("group", "day")
    daily = found.agg(*_sums()).collect(engine="streaming")
    named = daily.join(groups, on="group").with_columns(month=pl.col("day").dt.strftime("%Y-%m"))
    return summed([named.select(MOVED.names())])


def summed(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the moves of several documents as one, equal in whatever order they come."""
    whole = pl.concat([pl.DataFrame(schema=MOVED), *parts])
    keys = MOVED.names()[:-2]
    return whole.group_by(keys).agg(*_sums()).select(MOVED.names()).sort(keys)


def _sums() -> Iterator[pl.Expr]:
    yield pl.col("tco_cost").sum().cast(MONEY)
    yield pl.col("lines").sum()


def _changed(before: Side, after: Side, edges: Sequence[date]) -> pl.DataFrame:
    """Return key, epoch between any two edges, and both sides, where they differ."""
    starts = (date.min, *edges)
    epochs = pl.DataFrame(
        {
            "epoch": range(len(starts)),
            "epoch_before": [bisect_right(before.edges, day) for day in starts],
            "epoch_after": [bisect_right(after.edges, day) for day in starts],
        },
        schema=dict.fromkeys(("epoch", "epoch_before", "epoch_after"), pl.UInt32),
    )
    was = before.found.select("key_id", "epoch", *_SIDE).rename(lambda name: f"{name}_before")
    now = after.found.select("key_id", "epoch", *_SIDE).rename(lambda name: f"{name}_after")
    both = (
        epochs.join(was, on="epoch_before")
        .join(
            now, left_on=("key_id_before", "epoch_after"), right_on=("key_id_after", "epoch_after")
        )
        .rename({"key_id_before": "key_id"})
    )
    differ = (pl.col(f"{n}_before").ne_missing(pl.col(f"{n}_after")) for n in _MOVING)
    return both.filter(pl.any_horizontal(*differ))
