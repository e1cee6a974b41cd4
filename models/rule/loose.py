"""Loose cost: what no rule gave a project, by all that a rule may see of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from models.attribution import epoch
from models.category import UNALLOCATED
from models.currency import Rates
from models.money import MONEY, ZERO, stored
from models.period import Month
from models.reduction import KEYS

_SUMS: Final = {"cost": MONEY, "lines": pl.UInt32()}
LOOSE: Final = pl.Schema(
    {**KEYS, "epoch": pl.UInt32(), "month": pl.String(), "day": pl.Date(), **_SUMS}
)
_SEEN: Final = ("sub_account_id", "service_name", "x_usage_type", "tags")
OWNED: Final = pl.Schema(
    {
        **dict.fromkeys((*_SEEN, "billing_currency", "month", "project"), pl.String()),
        "cost": MONEY,
    }
)


def parted(
    keys: pl.DataFrame, attributed: pl.DataFrame, facts: pl.LazyFrame, edges: Sequence[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the loose cost of one document, LOOSE, and what has an owner, OWNED, as sizes.

    A row of the first is what one key comes to in one month and epoch, `cost` in the currency
    of the bill, `day` its first. What is shared by a split is neither. In the second, `cost`
    is without sign: it tells who has much of a kind, not what they pay.

    Args:
        keys: Columns KEYS.
        attributed: What `attributed` returned for the keys.
        facts: Columns FACTS of the same document.
        edges: The days that part the epochs.
    """
    sums = facts.group_by(
        "key_id", epoch(pl.col("day"), edges).alias("epoch"),
        pl.col("day").dt.strftime("%Y-%m").alias("month"),
    ).agg(
        pl.col("day").min(), cost=pl.col("tco_cost").sum().cast(MONEY), lines=pl.col("lines").sum()
    )  # fmt: skip
    ours = attributed.lazy().select("key_id", "epoch", "project", "path")
    whole = sums.join(ours, on=("key_id", "epoch")).collect(engine="streaming")
    is_loose = pl.col("project") == UNALLOCATED
    loose = whole.filter(is_loose & pl.col("path").is_null()).join(keys, on="key_id")
    owned = whole.filter(~is_loose).join(keys, on="key_id")
    groups = [name for name in OWNED if name != "cost"]
    sizes = owned.group_by(groups).agg(pl.col("cost").abs().sum().cast(MONEY))
    return loose.select(LOOSE.names()), sizes.select(OWNED.names())


def valued(frame: pl.DataFrame, rates: Rates, currency: str) -> pl.DataFrame:
    """Return rows with `amount`: their cost in the reporting currency, at their month's rate.

    Raises:
        RateError: when no rate is stated.
    """
    own = frame.filter(pl.col("billing_currency") == currency)
    foreign = frame.filter(pl.col("billing_currency") != currency)
    amounts = [
        stored(rates.convert(cost, money, currency, Month.parse(month)))
        for cost, money, month in foreign.select("cost", "billing_currency", "month").iter_rows()
    ]
    column = pl.Series("amount", amounts, dtype=MONEY)
    return pl.concat([own.with_columns(amount=pl.col("cost")), foreign.with_columns(column)])


def worth(rows: pl.DataFrame, rates: Rates, currency: str) -> Decimal:
    """Return what rows cost in the reporting currency, converted by month and not by row."""
    sums = rows.group_by("billing_currency", "month").agg(pl.col("cost").sum())
    return sum(
        (
            rates.convert(cost, money, currency, Month.parse(month))
            for money, month, cost in sums.sort(pl.all()).iter_rows()
        ),
        ZERO,
    )
