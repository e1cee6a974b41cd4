"""Spend: what the facts of a document come to, by what its keys are spent on; daily grain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from models.attribution import ATTRIBUTED, epoch
from models.errors import InvariantError
from models.money import MONEY, plain
from models.reduction import SUMMED

# name in spend: name in keys
_FROM_KEYS: Final = {
    "service_name": "service_name",
    "charge_category": "charge_category",
    # what a price depends on: spot or on demand, committed, unused, on which accelerator
    "pricing_category": "pricing_category",
    "commitment_discount_status": "commitment_discount_status",
    "gpu_type": "x_gpu_type",
    "currency": "billing_currency",
    "consumed_unit": "consumed_unit",  # or quantities of different units would be summed
}
_GROUP: Final = (*ATTRIBUTED.names()[2:], "share", *_FROM_KEYS)
SPEND: Final = pl.Schema(
    {
        "source": pl.String(),
        "period": pl.String(),
        **{name: MONEY if name == "share" else pl.String() for name in _GROUP},
        "day": pl.Date(),
        **dict.fromkeys(SUMMED, MONEY),
        "lines": pl.UInt32(),
    }
)
# what a report counts: `adjusts` is the closed month that a row is late for, null for all others;
# `day` and `period` of a late row are those of the month it is posted in
RECOGNISED: Final = pl.Schema({**SPEND, "adjusts": pl.String()})
_SUMS: Final = (*(pl.col(name).sum().cast(MONEY) for name in SUMMED), pl.col("lines").sum())
_GRAIN: Final = SPEND.names()[: -len(_SUMS)]
_TOTALS: Final = (pl.col(*SUMMED).sum(), pl.col("lines").cast(pl.Int64).sum())
HELD_ROWS: Final = 200_000  # of documents that wait to become one

_DAYS: Final = 1 << 23  # more than there are between the first and the last date,
_BEFORE: Final = 1 << 22  # and more than there are before 1970


def spend(
    facts: pl.DataFrame | pl.LazyFrame,
    attributed: pl.DataFrame,
    keys: pl.DataFrame,
    *,
    source: str,
    period: str,
    edges: Sequence[date] = (),
) -> pl.DataFrame:
    """Return the spend of one document at daily grain, in the schema SPEND, sorted.

    What is shared is not divided yet: its `path` names the split.

    Args:
        facts: Sums by key and day.
        attributed: What `attributed` returned for the keys.
        keys: The keys of the same document.
        source: Name of the source.
        period: Billing period of the delivery, `YYYY-MM`.
        edges: The days that part the epochs of `attributed`.

    Raises:
        InvariantError: when a key is not attributed exactly once, or a fact has no key.
    """
    return spend_and_sums(facts, attributed, keys, source=source, period=period, edges=edges)[0]


def spend_and_sums(
    facts: pl.DataFrame | pl.LazyFrame,
    attributed: pl.DataFrame,
    keys: pl.DataFrame,
    *,
    source: str,
    period: str,
    edges: Sequence[date] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the spend of one document, and the sums of its facts for `conserved`.

    The sums come from the same pass over the facts, before any of them is looked up: facts
    are the largest thing that a changed rule has to read, and are read once.
    """
    _once_each(attributed, keys)
    groups, group = _grouped(attributed, keys, edges)
    daily, sums = _daily(facts.lazy(), group)
    # groups are sorted, and numbers sort faster than texts
    named = groups.with_columns(
        source=pl.lit(source, dtype=pl.String), period=pl.lit(period, dtype=pl.String)
    )[daily["group"]].hstack(daily.drop("group"))
    return named.select(SPEND.names()), sums


def merged(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the spend of several documents as one: a row where they have the same grain.

    Equal for equal spend, in whatever order the documents come. Documents of one bill mostly
    share their grains, so memory does not grow with their number.

    Args:
        parts: The spend of each document, with one row a grain.
    """
    waiting, rows = [pl.DataFrame(schema=SPEND)], 0
    for part in parts:
        waiting.append(part)
        rows += part.height
        if rows > max(HELD_ROWS, 2 * waiting[0].height):
            waiting, rows = [_one_each(waiting)], 0
    return _one_each(waiting).sort(_GRAIN)


def _one_each(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    there = [part for part in parts if part.height]
    if len(there) == 1:  # as of most bills
        return there[0]
    summed = pl.concat(parts).lazy().group_by(_GRAIN).agg(_SUMS).collect(engine="streaming")
    return summed.select(SPEND.names())


def conserved(facts: pl.DataFrame | pl.LazyFrame, spend: pl.DataFrame | pl.LazyFrame) -> None:
    """Check that spend is the facts to the last digit, in every measure.

    Raises:
        InvariantError: names the measure, both sums and their difference.
    """
    before, after = (frame.lazy().select(_TOTALS).collect().row(0) for frame in (facts, spend))
    for name, was, now in zip((*SUMMED, "lines"), before, after, strict=True):
        if was != now:
            raise InvariantError(
                f"{name}: spend is {plain(Decimal(now))}, the charges are {plain(Decimal(was))}, "
                f"{plain(Decimal(now - was))} apart; "
                "nothing is published, the last good figures stay"
            )


def _once_each(attributed: pl.DataFrame, keys: pl.DataFrame) -> None:
    """Check that each key is attributed in each epoch, and in none twice."""
    times = attributed.group_by("key_id", "epoch").agg(pl.len().alias("times"))
    epochs = attributed.select(pl.col("epoch").unique())
    every = keys.select("key_id").join(epochs, how="cross")
    whole = every.join(times, on=("key_id", "epoch"), how="full", coalesce=True)
    wrong = whole.filter(pl.col("times").ne_missing(1)).sort("key_id", "epoch")
    if not wrong.is_empty():
        key, _, found = wrong.row(0)
        raise InvariantError(
            f"key {key} is attributed {found or 0} times, not once; "
            "nothing is published, the last good figures stay"
        )


def _grouped(
    attributed: pl.DataFrame, keys: pl.DataFrame, edges: Sequence[date]
) -> tuple[pl.DataFrame, pl.Expr]:
    """Return the groups of spend, sorted, and what of them a fact belongs to; null for none.

    A key's number says where it stands, so its group is looked up, and never joined.
    """
    columns = [pl.col(column).alias(name) for name, column in _FROM_KEYS.items()]
    whole = attributed.join(keys.select("key_id", *columns), on="key_id", validate="m:1")
    whole = whole.with_columns(share=pl.lit(1).cast(MONEY))
    members = whole.group_by(_GROUP).agg("key_id", "epoch").sort(_GROUP).with_row_index("group")
    of_key = members.select("group", "key_id", "epoch").explode(
        "key_id", "epoch", empty_as_null=False
    )
    return members.drop("key_id", "epoch", "group"), _looked_up(of_key, edges)


def _looked_up(of_key: pl.DataFrame, edges: Sequence[date]) -> pl.Expr:
    """Return the group of a fact's key in the epoch of its day; null where there is none."""
    first, last, keys = of_key.select(
        pl.col("epoch").min(), last=pl.col("epoch").max(), keys=pl.col("key_id").max()
    ).row(0)
    if first is None:
        return pl.lit(None, dtype=pl.UInt32)
    epochs, wide = last - first + 1, pl.UInt64
    place = pl.col("key_id").cast(wide) * epochs + (pl.col("epoch").cast(wide) - first)
    every = pl.DataFrame({"place": pl.int_range((keys + 1) * epochs, dtype=wide, eager=True)})
    found = every.join(
        of_key.with_columns(place=place), on="place", how="left", maintain_order="left"
    )
    mine = epoch(pl.col("day"), edges)
    there = mine.is_between(first, last) & (pl.col("key_id") <= keys)
    at = pl.when(there).then(pl.col("key_id").cast(wide) * epochs + (mine.cast(wide) - first))
    return pl.lit(found["group"]).gather(at)


def _daily(facts: pl.LazyFrame, group: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return sums by group and day, sorted, and sums over all, in one pass over the facts.

    Raises:
        InvariantError: when a fact has no key.
    """
    read = facts.cache()
    day = pl.col("day").to_physical().cast(pl.Int64) + _BEFORE
    packed = (group.cast(pl.Int64) * _DAYS + day).alias("packed")
    found, sums = pl.collect_all(
        [read.group_by(packed).agg(_SUMS), read.select(_TOTALS)], engine="streaming"
    )
    if found["packed"].null_count():
        raise InvariantError(
            "facts name keys that are not there; nothing is published, the last good figures stay"
        )
    numbers = {
        "group": (pl.col("packed") // _DAYS).cast(pl.UInt32),
        "day": (pl.col("packed") % _DAYS - _BEFORE).cast(pl.Int32).cast(pl.Date),
    }
    return found.sort("packed").with_columns(**numbers).drop("packed"), sums
