"""Rows that are counted: the lines behind spend, each with the amount it adds to a figure.

What a rule or a split divides is the share of its line, and what was billed in another currency
is converted line by line. Each amount is rounded to the last stored digit; what that leaves of
the figure is told apart as rounding, and is never more than the rounding of so many lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

import polars as pl

from models.money import MONEY, SCALE, WIDE, ZERO, stored
from models.period import Month
from reconcile.actuals import MONTH, Converter, rated
from reconcile.explain.leaf import Spent

UNIT: Final = Decimal(1).scaleb(-SCALE)
ONE: Final = Decimal(1)
COSTS: Final = ("billed_cost", "effective_cost", "tco_cost")
# a line behind spend: `sid` is the row of spend, `sign` -1 for what was counted before and is
# counted anew; `document` is null for what no document says, such as an accrual; `part` tells
# lines apart that are of no one row, by sub-account and SKU
LINES: Final = pl.Schema(
    {
        "sid": pl.UInt32(),
        "delivery": pl.String(),
        "document": pl.String(),
        "x_row": pl.Int64(),
        "sign": pl.Int32(),
        **dict.fromkeys(("part", "derived", "said"), pl.String()),
        **dict.fromkeys(COSTS, MONEY),
    }
)
COUNTED: Final = pl.Schema(
    {
        "sid": pl.UInt32(),
        **dict.fromkeys(("delivery", "document", "part", "derived", "said"), pl.String()),
        "x_row": pl.Int64(),
        "sign": pl.Int32(),
        "day": pl.Date(),
        **dict.fromkeys(("source", "service_name", "rule", "path", "currency"), pl.String()),
        **dict.fromkeys(("rated", "basis"), pl.String()),
        **dict.fromkeys(("cost", "share", "rate", "amount"), MONEY),
    }
)
_KEPT: Final = ("sid", "source", "day", "service_name", "path", "currency", "share", "month")


@dataclass(frozen=True, slots=True)
class Counted:
    """Lines of one leaf.

    Attributes:
        rows: In the schema COUNTED; `amount` in the unit of the figure, `rated` the month at
            whose rate it is, which is not that of the day where a row is late for a closed month.
        lost: Cost of spend, in its own currency, that has no lines; nothing where all is well.
        own: What the rows of spend come to by themselves, in the unit of the figure.
        slack: The most that rounding may leave.
    """

    rows: pl.DataFrame
    lost: tuple[tuple[str, Decimal], ...]
    own: Decimal
    slack: Decimal


def counted(
    leaf: Spent, spend: pl.DataFrame, lines: pl.DataFrame, rates: Converter, currency: str
) -> Counted:
    """Return the lines of a leaf with what each adds.

    Args:
        leaf: Which rows of spend, and which cost of them.
        spend: Those rows, in the schema RECOGNISED with `sid`.
        lines: What is behind them, in the schema LINES.
        rates: Exchange rates, asked only for other currencies.
        currency: The reporting currency.
    """
    if spend.is_empty():
        return Counted(pl.DataFrame(schema=COUNTED), (), ZERO, ZERO)
    with localcontext(prec=WIDE):
        mine = spend.with_columns(
            month=rated(spend, MONTH["effective"]),
            rule=pl.concat_str("project_rule", pl.lit(", "), "category_rule"),
        )
        at = _rated(leaf, mine, rates, currency)
        found = lines.join(mine.select(*_KEPT, "rule").join(at, on=("currency", "month")), on="sid")
        cost = (pl.col(leaf.cost).to_physical() * pl.col("sign")).reinterpret(dtype=MONEY)
        costs = found.with_columns(cost=cost, basis=pl.lit(leaf.cost), rated="month")
        rows = _amounts(costs).select(COUNTED.names())
        own = _own(leaf, mine, at)
        return Counted(rows, _lost(leaf, mine, rows), own, _slack(rows, mine.height))


def _rated(leaf: Spent, spend: pl.DataFrame, rates: Converter, currency: str) -> pl.DataFrame:
    """Return the rate of each currency and month of spend; 1 where nothing is converted."""
    pairs = spend.select("currency", "month").unique().sort("currency", "month").rows()
    found = [
        (money, month, rates.convert(ONE, money, currency, Month.parse(month)))
        if leaf.converted and money != currency
        else (money, month, ONE)
        for money, month in pairs
    ]
    schema = {"currency": pl.String(), "month": pl.String(), "rate": MONEY}
    return pl.DataFrame(found, schema=schema, orient="row")


def _amounts(found: pl.DataFrame) -> pl.DataFrame:
    """Return lines with their amount: cost times share times rate, to the last stored digit."""
    plain = (pl.col("share") == 1) & (pl.col("rate") == 1)
    whole = found.filter(plain).with_columns(amount="cost")
    parts = found.filter(~plain)
    amounts = [
        stored(cost * share * rate)
        for cost, share, rate in parts.select("cost", "share", "rate").iter_rows()
    ]
    made = parts.with_columns(pl.Series("amount", amounts, dtype=MONEY))
    return pl.concat([whole, made])


def _own(leaf: Spent, spend: pl.DataFrame, at: pl.DataFrame) -> Decimal:
    sums = spend.group_by("currency", "month").agg(pl.col(leaf.cost).sum())
    rows = sums.join(at, on=("currency", "month")).select(leaf.cost, "rate").iter_rows()
    return sum((stored(amount * rate) for amount, rate in rows), ZERO)


def _lost(leaf: Spent, spend: pl.DataFrame, rows: pl.DataFrame) -> tuple[tuple[str, Decimal], ...]:
    """Return the cost of spend that its lines do not come to, by currency."""
    cost, size = pl.col("cost").sum(), pl.col("cost").abs().sum().alias("size")
    sums = rows.group_by("sid").agg(cost, size, pl.len().alias("lines"))
    named = spend.select("sid", "currency", "share", own=leaf.cost)
    both = named.join(sums, on="sid", how="left").with_columns(pl.col("lines").fill_null(0))
    plain = (pl.col("share") == 1) & (pl.col("own") == pl.col("cost"))
    doubtful = both.filter(~plain.fill_null(value=False))
    lost: dict[str, Decimal] = {}
    for _, currency, share, own, of_lines, whole, lines in doubtful.iter_rows():
        apart = own - (of_lines or ZERO) * share
        if abs(apart) > UNIT * (lines + 1) + UNIT * (whole or ZERO):
            lost[currency] = lost.get(currency, ZERO) + apart
    return tuple(sorted(lost.items()))


def _slack(rows: pl.DataFrame, spent: int) -> Decimal:
    """Return the most that rounding leaves: half a digit a line and row, and of each share."""
    inexact = rows.filter((pl.col("share") != 1) | (pl.col("rate") != 1))
    if inexact.is_empty():
        return ZERO
    sizes = inexact.group_by("rate").agg(pl.col("cost").abs().sum()).iter_rows()
    weighed = sum((rate * size for rate, size in sizes), ZERO)
    return UNIT * (rows.height + spent) + UNIT * weighed
