"""Spend: what the facts of a document come to, by what its keys are spent on; daily grain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from models.attribution import ATTRIBUTED, epoch
from models.errors import InvariantError
from models.money import MONEY
from models.reduction import SUMMED

# name in spend: name in keys
_FROM_KEYS: Final = {
    "service_name": "service_name",
    "charge_category": "charge_category",
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
    _once_each(attributed, keys)
    columns = [pl.col(column).alias(name) for name, column in _FROM_KEYS.items()]
    whole = attributed.join(keys.select("key_id", *columns), on="key_id", validate="m:1")
    whole = whole.with_columns(share=pl.lit(1).cast(MONEY))
    groups = whole.group_by(_GROUP).agg("key_id", "epoch").with_row_index("group")
    of_key = groups.select("group", "key_id", "epoch").explode(
        "key_id", "epoch", empty_as_null=False
    )
    daily = _daily(facts.lazy(), of_key, edges)
    named = daily.join(groups.drop("key_id", "epoch"), on="group").with_columns(
        source=pl.lit(source, dtype=pl.String), period=pl.lit(period, dtype=pl.String)
    )
    return named.select(SPEND.names()).sort(SPEND.names()[:-6])


def conserved(facts: pl.DataFrame | pl.LazyFrame, spend: pl.DataFrame | pl.LazyFrame) -> None:
    """Check that spend is the facts to the last digit, in every measure.

    Raises:
        InvariantError: names the measure, both sums and their difference.
    """
    totals = [pl.col(SUMMED).sum(), pl.col("lines").cast(pl.Int64).sum()]
    before, after = (frame.lazy().select(totals).collect().row(0) for frame in (facts, spend))
    for name, was, now in zip((*SUMMED, "lines"), before, after, strict=True):
        if was != now:
            raise InvariantError(
                f"{name}: spend is {_shown(now)}, the charges are {_shown(was)}, "
                f"{_shown(now - was)} apart; "
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


def _daily(facts: pl.LazyFrame, of_key: pl.DataFrame, edges: Sequence[date]) -> pl.DataFrame:
    """Return sums by group and day.

    Raises:
        InvariantError: when a fact has no key.
    """
    sums = [pl.col(*SUMMED).sum().cast(MONEY), pl.col("lines").sum()]
    dated = facts.with_columns(epoch=epoch(pl.col("day"), edges))
    owned = dated.join(of_key.lazy(), on=("key_id", "epoch"), how="left")
    found = owned.group_by("group", "day").agg(sums)
    daily = found.collect(engine="streaming")
    if daily["group"].null_count():
        raise InvariantError(
            "facts name keys that are not there; nothing is published, the last good figures stay"
        )
    return daily


def _shown(number: Decimal | int) -> str:
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text
