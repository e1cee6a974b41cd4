"""Prior-period adjustments: what a month bears for one that is closed, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, Final

import polars as pl

from models.money import MONEY, WIDE, ZERO, stored
from models.period import Month
from models.purchase import SOURCE as ACCRUALS
from reconcile.actuals import COST, Converter
from reconcile.figure import PORTFOLIO, Figure, Figures, scope

CREDIT: Final = "Credit"  # as charges call it
_KEY: Final = ("adjusts", "period", "source", "project", "category", "credit", "currency")
ADJUSTMENTS: Final = pl.Schema(
    {
        **dict.fromkeys(("month", "posted", "source", "project", "category"), pl.String()),
        **dict.fromkeys(("reason", "delivery", "run"), pl.String()),
        "at": pl.Date(),
        **dict.fromkeys(("billed_cost", "effective_cost"), MONEY),
        "currency": pl.String(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What a cause is asked of.

    Attributes:
        source: Whose cost it is.
        month: The closed month that it is late for.
        posted: The month that bears it.
        shared: Whether all of it is parts of what several projects share.
    """

    source: str
    month: Month
    posted: Month
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a source says another cost of a closed month than its books hold.

    Attributes:
        reason: In words: late lines, restated delivery, late invoice, shared anew, purchases edited
            or program; empty where nothing is to be said.
        delivery: Id of the delivery that says it; empty where none does.
        at: Day on which it was loaded, or the file was edited as a run noted it.
        run: That run.
    """

    reason: str
    delivery: str = ""
    at: date | None = None
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What one month bears for another, of one source, project and category.

    Attributes:
        month: The closed month that it is late for.
        posted: The month that bears it.
        cause: Why; for accruals and credits the reason says that.
        billed: Billed cost in the reporting currency, at the rate of `month`.
        effective: Effective cost, likewise; + is more cost.
        currency: That of the bill.
    """

    month: Month
    posted: Month
    source: str
    project: str
    category: str
    currency: str
    cause: Cause
    billed: Decimal
    effective: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentLine:
    """An adjustment as a report shows it."""

    adjustment: Adjustment
    billed: Figure
    effective: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """The adjustments that a month bears, and their sums.

    Attributes:
        known: Those of all months.
    """

    known: tuple[Adjustment, ...]
    lines: tuple[AdjustmentLine, ...]
    billed: Figure
    effective: Figure


def adjustments(
    spend: pl.DataFrame,
    cause: Callable[[Late], Cause],
    rates: Converter,
    currency: str,
) -> list[Adjustment]:
    """Return every adjustment, by the month that bears it; what cancels out is none.

    Args:
        spend: What each month bears, in the schema RECOGNISED.
        cause: Why a source is late for a month.
        rates: Dated exchange rates.
        currency: The reporting currency.
    """
    late = spend.filter(pl.col("adjusts").is_not_null())
    costs = pl.col(COST["billed"], COST["effective"])
    sums = (
        late.with_columns(credit=(pl.col("charge_category") == CREDIT).fill_null(value=False))
        .group_by(_KEY)
        .agg(costs.sum().cast(MONEY), shared=pl.col("path").is_not_null().all())
        .filter(pl.any_horizontal(costs != 0))
        .sort("period", *_KEY)
    )
    with localcontext(prec=WIDE):
        rows = sums.iter_rows(named=True)
        return [_adjustment(row, cause, rates, currency) for row in rows]


def adjusted(found: Iterable[Adjustment], figures: Figures, month: Month) -> Adjusted:
    """Return the adjustments that a month bears, every number a figure."""
    known = tuple(found)
    mine = [each for each in known if each.posted == month]

    def total(measure: str, amounts: Iterable[Decimal]) -> Figure:
        return figures.add(PORTFOLIO, str(month), measure, sum(amounts, ZERO))

    with localcontext(prec=WIDE):
        return Adjusted(
            known=known,
            lines=tuple(_line(figures, each) for each in mine),
            billed=total("adjusted_billed", (each.billed for each in mine)),
            effective=total("adjusted", (each.effective for each in mine)),
        )


def frame(found: Iterable[Adjustment], currency: str) -> pl.DataFrame:
    """Return adjustments as the warehouse has them, amounts in the reporting currency."""
    rows = [(*_words(each), each.cause.at, each.billed, each.effective, currency) for each in found]
    return pl.DataFrame(rows, schema=ADJUSTMENTS, orient="row")


def _words(each: Adjustment) -> Iterator[str]:
    yield from (str(each.month), str(each.posted), each.source, each.project, each.category)
    yield from (each.cause.reason, each.cause.delivery, each.cause.run)


def _adjustment(
    row: Mapping[str, Any], cause: Callable[[Late], Cause], rates: Converter, currency: str
) -> Adjustment:
    late = Late(
        source=row["source"],
        month=Month.parse(row["adjusts"]),
        posted=Month.parse(row["period"]),
        shared=row["shared"],
    )
    billed, effective = (
        stored(rates.convert(row[COST[basis]], row["currency"], currency, late.month))
        for basis in ("billed", "effective")
    )
    return Adjustment(
        month=late.month,
        posted=late.posted,
        source=late.source,
        project=row["project"],
        category=row["category"],
        currency=row["currency"],
        cause=_reasoned(cause(late), late.source, effective, credit=row["credit"]),
        billed=billed,
        effective=effective,
    )


def _reasoned(why: Cause, source: str, effective: Decimal, *, credit: bool) -> Cause:
    """Return the cause with what the rows themselves say of it."""
    if source == ACCRUALS:
        said = "accrual reversed" if effective < 0 else "late accrual"
        return replace(why, reason=f"{said}, {why.reason}" if why.reason else said)
    return replace(why, reason="credit") if credit else why


def _line(figures: Figures, each: Adjustment) -> AdjustmentLine:
    names = str(each.month), each.source, each.project, each.category
    where = scope("adjustment", *names, each.cause.reason, each.currency)

    def add(measure: str, value: Decimal) -> Figure:
        return figures.add(where, str(each.posted), measure, value)

    return AdjustmentLine(
        adjustment=each,
        billed=add("adjusted_billed", each.billed),
        effective=add("adjusted", each.effective),
    )
