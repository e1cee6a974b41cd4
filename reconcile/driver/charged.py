"""What was charged, by project, category, item and month: sorted into what explains it.

Some of it says nothing about quantities or prices of the month, and is set apart first: what
belongs to months that are closed (`adjusts`), credits, and commitments that were bought or that
nobody used. Commitments that were used are units like others, and a sub-type of their item.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from models.category import UNALLOCATED
from models.money import MONEY
from models.period import Month
from reconcile.actuals import COST, MONTH, rated

PRIOR: Final = "prior_period"
CREDITS: Final = "credits"
COMMITMENTS: Final = "commitments"
APART: Final = (PRIOR, CREDITS, COMMITMENTS)
BASE: Final = ""

_CREDITS: Final = ("Credit", "Adjustment", "Refund")
_TAX: Final = "Tax"
_COMMITTED: Final = "Committed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Charges of one item and month that are alike in all that a price depends on.

    Attributes:
        apart: Which of APART it is; empty for what quantities may explain.
        tax: Whether it is tax, which counts nothing.
        currency: Of the bill.
        rated: The month at whose rate of exchange it is converted.
        cost: Effective cost, in that currency.
        listed: The same at list prices.
        unit: Of the quantity, as billed.
    """

    item: str
    apart: str
    tax: bool
    currency: str
    rated: Month
    unit: str | None
    pricing: str | None
    gpu: str | None
    cost: Decimal
    listed: Decimal
    quantity: Decimal


Cell = tuple[str, str, Month]  # project, category, month
_KEYS: Final = (
    *("project", "category", "month", "item", "apart", "tax", "currency", "rated"),
    *("consumed_unit", "pricing_category", "gpu_type"),
)
_SUMS: Final = ("cost", "list_cost", "consumed_quantity")


def lots(spend: pl.DataFrame, last: Month) -> dict[Cell, list[Lot]]:
    """Return what was charged to projects up to a month, by project, category and month.

    Args:
        spend: In the schema `models.spend.RECOGNISED`.
        last: The last month.
    """
    found: dict[Cell, list[Lot]] = {}
    for project, category, month, lot in _rows(_summed(spend, last)):
        found.setdefault((project, category, month), []).append(lot)
    return found


def _summed(spend: pl.DataFrame, last: Month) -> pl.DataFrame:
    named = spend.lazy().select(
        *("project", "category", "currency"),
        *("consumed_unit", "pricing_category", "gpu_type", "list_cost", "consumed_quantity"),
        MONTH["effective"].alias("month"),
        rated(spend, MONTH["effective"]),
        pl.col("item").fill_null(""),
        _apart().alias("apart"),
        pl.col("charge_category").eq_missing(pl.lit(_TAX)).alias("tax"),
        pl.col(COST["effective"]).alias("cost"),
    )
    mine = (pl.col("project") != UNALLOCATED) & (pl.col("month") <= str(last))
    sums = [pl.col(name).sum().cast(MONEY) for name in _SUMS]
    return named.filter(mine).group_by(_KEYS).agg(sums).sort(_KEYS).collect()


def _apart() -> pl.Expr:
    status, pricing = pl.col("commitment_discount_status"), pl.col("pricing_category")
    bought = (pl.col("charge_category") == "Purchase") & (pricing == _COMMITTED)
    return (
        pl.when(pl.col("adjusts").is_not_null())
        .then(pl.lit(PRIOR))
        .when(pl.col("charge_category").is_in(_CREDITS))
        .then(pl.lit(CREDITS))
        .when(bought | (status == "Unused"))
        .then(pl.lit(COMMITMENTS))
        .when(_given_back())
        .then(pl.lit(CREDITS))
        .otherwise(pl.lit(BASE))
    )


def _given_back() -> pl.Expr:
    """Say whether a row gives money back and counts nothing: a refund, a discount of its own.

    An accrual that takes back does not: it is what an invoice has of other months.
    """
    is_tax = pl.col("charge_category").eq_missing(pl.lit(_TAX))
    counts = pl.col("consumed_quantity").fill_null(0) != 0
    is_billed = pl.col("lines") > 0  # accruals have none
    return (pl.col(COST["effective"]) < 0) & ~counts & ~is_tax & is_billed


def _rows(frame: pl.DataFrame) -> Iterator[tuple[str, str, Month, Lot]]:
    for row in frame.iter_rows(named=True):
        lot = Lot(
            item=row["item"],
            apart=row["apart"],
            tax=row["tax"],
            currency=row["currency"],
            rated=Month.parse(row["rated"]),
            unit=row["consumed_unit"],
            pricing=row["pricing_category"],
            gpu=row["gpu_type"],
            cost=row["cost"],
            listed=row["list_cost"],
            quantity=row["consumed_quantity"],
        )
        yield row["project"], row["category"], Month.parse(row["month"]), lot
