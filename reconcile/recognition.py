"""Recognition: which month bears what; closed months as they were, the rest where it is open.

Closed months are read from their books. What deliveries say now of a closed month, less what
books hold of it, is posted to the first open month after it: with `adjusts`, the month it is
late for, on the first day of the month that it is posted in. So months that are closed never
move, equal rows cancel, and the sum of all months is all spend, to the last digit.

Each cost basis is in exactly one month: effective cost in that of its day, billed cost in its
billing month. A row that touches two months, of which one is closed, is parted in two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Context
from typing import Final

import polars as pl

from models.books import GRAIN, gathered
from models.errors import InvariantError
from models.money import MONEY, WIDE, ZERO, plain
from models.period import Month
from models.reduction import SUMMED
from models.spend import RECOGNISED

BILLED: Final = ("billed_cost",)
EFFECTIVE: Final = tuple(name for name in SUMMED if name not in BILLED)
_CHARGED: Final = pl.col("day").dt.strftime("%Y-%m")
_NOTHING: Final = pl.lit(0).cast(MONEY)
_KEY: Final = tuple(name for name in GRAIN if name not in {"period", "day", "adjusts"})
_WIDE: Final = Context(prec=WIDE)
_ANY: Final = pl.any_horizontal(pl.col(name) != 0 for name in SUMMED)


def recognised(now: pl.DataFrame, frozen: Mapping[Month, pl.DataFrame]) -> pl.DataFrame:
    """Return what each month bears, in the schema RECOGNISED.

    Args:
        now: All that deliveries and accruals say now, in the schema SPEND.
        frozen: The books of each closed month, in the schema RECOGNISED.

    Raises:
        InvariantError: when it is not the same sum per currency and measure.
    """
    fresh = now.with_columns(adjusts=pl.lit(None, pl.String()))
    if not frozen:
        return fresh
    months = {str(month) for month in frozen}
    parts, shut = parted(fresh, months), pl.col("period").is_in(months)
    held = pl.concat(frozen.values())
    late = _late(parts.filter(shut), held, {*frozen})
    found = pl.concat([parts.filter(~shut), held, late])
    conserved(now, found)
    return found


def posted_to(spend: pl.DataFrame, month: Month) -> pl.DataFrame:
    """Return the books of a month: every row of recognised spend posted to it, sorted.

    Args:
        spend: What each month bears, in the schema RECOGNISED.
        month: The month.
    """
    parts = parted(spend, {str(month)})
    return gathered(parts.filter(pl.col("period") == str(month)))


def first_open(month: Month, closed: Collection[Month]) -> Month:
    """Return the month that bears what a month is late for: itself, or the first open one after."""
    while month in closed:
        month += 1
    return month


def parted(spend: pl.DataFrame, months: Collection[str]) -> pl.DataFrame:
    """Return spend in which each row that touches one of these months is in one month alone.

    Of a parted row, the billed part is on the first day of its billing month, and the
    effective part of the billing month of its day. Other rows stay as they are.
    """
    touches = pl.col("period").is_in(months) | _CHARGED.is_in(months)
    mixed = touches & (pl.col("period") != _CHARGED)
    two = spend.filter(mixed)
    if two.is_empty():
        return spend
    first = (pl.col("period") + "-01").str.to_date("%Y-%m-%d")
    rest = dict.fromkeys(EFFECTIVE, _NOTHING)
    billed = two.with_columns(day=first, lines=pl.lit(0, RECOGNISED["lines"]), **rest)
    effective = two.with_columns(period=_CHARGED, **dict.fromkeys(BILLED, _NOTHING))
    return pl.concat([spend.filter(~mixed), billed.filter(_ANY), effective])


def conserved(now: pl.DataFrame, found: pl.DataFrame) -> None:
    """Check that what months bear is all that deliveries say, per currency and measure.

    Raises:
        InvariantError: names the currency, the measure, both sums and their difference.
    """
    sums = [
        frame.group_by("currency").agg(pl.col(*SUMMED).sum().cast(MONEY)) for frame in (now, found)
    ]
    both = sums[0].join(sums[1], on="currency", how="full", coalesce=True, suffix="_found")
    for row in both.sort("currency").iter_rows(named=True):
        for name in SUMMED:
            said, borne = row[name] or ZERO, row[f"{name}_found"] or ZERO
            if said != borne:
                apart = _WIDE.subtract(borne, said)
                raise InvariantError(
                    f"{row['currency']} {name}: months bear {plain(borne)}, deliveries say "
                    f"{plain(said)}, {plain(apart)} apart; nothing is published, the last good "
                    "figures stay"
                )


def _late(now: pl.DataFrame, held: pl.DataFrame, closed: Collection[Month]) -> pl.DataFrame:
    """Return what is said of closed months and their books do not hold, where it is posted."""
    month, less = pl.coalesce("adjusts", "period").alias("adjusts"), pl.col(*SUMMED, "lines")
    said = now.select(month, *_KEY, *SUMMED, pl.col("lines").cast(pl.Int64))
    borne = held.select(month, *_KEY, *SUMMED, pl.col("lines").cast(pl.Int64))
    apart = pl.concat([said, borne.with_columns(-less)]).group_by("adjusts", *_KEY)
    sums = apart.agg(pl.col(*SUMMED).sum().cast(MONEY), pl.col("lines").sum()).filter(_ANY)
    if sums.is_empty():
        return pl.DataFrame(schema=RECOGNISED)
    posted = {each: first_open(Month.parse(each), closed) for each in sums["adjusts"].unique()}
    return sums.with_columns(
        period=pl.col("adjusts").replace_strict(
            {each: str(at) for each, at in posted.items()}, return_dtype=pl.String
        ),
        day=pl.col("adjusts").replace_strict(
            {each: at.first for each, at in posted.items()}, return_dtype=pl.Date
        ),
        lines=pl.max_horizontal(pl.col("lines"), 0).cast(RECOGNISED["lines"]),
    ).select(RECOGNISED.names())
