"""Actuals: spend by project, category, item and month, on one cost basis, in one currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Final, Literal, Protocol

import polars as pl

from models.errors import InvariantError
from models.money import MONEY, ZERO, stored
from models.period import Month

WIDE: Final = 60  # digits: sums of Decimal(38, 18) must stay exact

Basis = Literal["effective", "billed"]
Cells = dict[tuple[str, str, Month], Decimal]

# What a plan is compared with is accrual without recoverable tax, by charge period;
# what an invoice is compared with is the billed amount, by the provider's billing period.
COST: Final[dict[Basis, str]] = {"effective": "tco_cost", "billed": "billed_cost"}
MONTH: Final[dict[Basis, pl.Expr]] = {
    "effective": pl.col("day").dt.strftime("%Y-%m"),
    "billed": pl.col("period"),
}
SCOPE: Final = ("project", "category", "item", "month")
ACTUALS: Final = pl.Schema(
    {
        "project": pl.String(),
        "category": pl.String(),
        "item": pl.String(),
        "month": pl.String(),
        "basis": pl.String(),
        "amount": MONEY,
        "currency": pl.String(),
    }
)


class Converter(Protocol):
    """Dated exchange rates; `models.currency.Rates` is the one in use."""

    def convert(self, amount: Decimal, currency: str, to: str, month: Month) -> Decimal:
        """Return the amount in another currency at the month's rate; a missing rate raises."""
        ...


def actuals(
    spend: pl.DataFrame | pl.LazyFrame, rates: Converter, currency: str, basis: Basis = "effective"
) -> pl.DataFrame:
    """Return spend by project, category, item and month in the reporting currency.

    Each currency of a month is converted on its own, at that month's rate, and the parts
    sum to the converted total to the last stored digit.

    Args:
        spend: The current spend files, concatenated.
        rates: Exchange rates; asked only for currencies other than the reporting one.
        currency: The reporting currency.
        basis: `effective` by charge month, or `billed` by billing period.
    """
    sums = own_currency(spend, basis, rated(spend, MONTH[basis]))
    with localcontext(prec=WIDE):
        rows = [
            (*scope, basis, amount, currency)
            for money, month, part in _by_currency(sums)
            for scope, amount in _converted(part, rates, money, currency, Month.parse(month))
        ]
    frame = pl.DataFrame(rows, schema=ACTUALS, orient="row")
    amount = pl.col("amount").sum().cast(MONEY)
    keys = [name for name in ACTUALS if name != "amount"]
    return frame.group_by(keys).agg(amount).select(list(ACTUALS)).sort(keys)


def actuals_frame(
    spend: pl.DataFrame | pl.LazyFrame, rates: Converter, currency: str
) -> pl.DataFrame:
    """Return the actuals of both bases, as the warehouse publishes them."""
    return pl.concat([actuals(spend, rates, currency, basis) for basis in COST])


def own_currency(spend: pl.DataFrame | pl.LazyFrame, basis: Basis, *more: pl.Expr) -> pl.DataFrame:
    """Return exact sums by project, category, item, month and the currency of the bill.

    Args:
        spend: In the schema SPEND, or RECOGNISED.
        basis: `effective` by charge month, or `billed` by billing period.
        more: Other columns to sum by.
    """
    keys = [*SCOPE, "currency", *(each.meta.output_name() for each in more)]
    return (
        spend.lazy()
        .with_columns(
            *more,
            MONTH[basis].alias("month"),
            pl.col("item").fill_null(""),
            pl.col(COST[basis]).alias("amount"),
        )
        .group_by(keys)
        .agg(pl.col("amount").sum().cast(MONEY))
        .sort(keys)
        .collect()
    )


def rated(spend: pl.DataFrame | pl.LazyFrame, month: pl.Expr) -> pl.Expr:
    """Return the month, as text, at whose rate each row of spend is converted.

    An adjustment is converted at the rate of the month that it is late for (G02).

    Args:
        spend: In the schema SPEND, or RECOGNISED.
        month: The month that bears a row.
    """
    is_recognised = "adjusts" in spend.lazy().collect_schema()
    return (pl.coalesce("adjusts", month) if is_recognised else month).alias("rated")


def cells(frame: pl.DataFrame) -> Cells:
    """Return actuals by (project, category, month), items summed.

    A cell that is absent has no line at all, which is not the same as zero.

    Raises:
        InvariantError: if the frame holds two bases or two currencies.
    """
    for column in ("basis", "currency"):
        found = frame.get_column(column).unique().sort().to_list()
        if len(found) > 1:
            raise InvariantError(
                f"actuals mix {column} {' and '.join(found)}; compare one at a time"
            )
    result: Cells = defaultdict(lambda: ZERO)
    for project, category, month, amount in frame.select(
        "project", "category", "month", "amount"
    ).iter_rows():
        result[project, category, Month.parse(month)] += amount
    return dict(result)


def _by_currency(sums: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Yield each currency of a month, with the month whose rate it has."""
    keys = ["currency", "month", "rated"]
    for key, part in sums.partition_by(keys, as_dict=True, maintain_order=True).items():
        yield str(key[0]), str(key[2]), part


def _converted(
    part: pl.DataFrame, rates: Converter, money: str, currency: str, month: Month
) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    """Yield each scope's amount as the step of the converted running total."""
    reached = before = ZERO
    for *scope, amount in part.select(*SCOPE, "amount").iter_rows():
        reached += amount
        after = stored(rates.convert(reached, money, currency, month))
        yield tuple(scope), after - before
        before = after
