"""The proof of a load: what was written equals what a second reader says, to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Final

import polars as pl

from ingest.normalise import Place
from ingest.source import Control, Total
from models.money import SCALE, WIDE, exact, plain

Key = tuple[str, str]  # currency, charge category
_KEY: Final = ("billing_currency", "charge_category")
_DAY: Final = "day"


@dataclass(frozen=True, slots=True)
class Sums:
    """Charges of one currency and category: their number, and their costs in that currency."""

    rows: int = 0
    billed_cost: Decimal = Decimal(0)
    effective_cost: Decimal = Decimal(0)

    def __add__(self, other: Sums) -> Sums:
        """Return both together."""
        return Sums(
            self.rows + other.rows,
            self.billed_cost + other.billed_cost,
            self.effective_cost + other.effective_cost,
        )


@dataclass(frozen=True, slots=True)
class _Count:
    """What a set of rows holds; `days` the earliest and the latest charge day, if any."""

    rows: int
    sums: Mapping[Key, Sums]
    days: tuple[date, ...]


def agree(
    control: Control,
    charges: pl.LazyFrame,
    rejected: pl.DataFrame,
    told: pl.LazyFrame | None,
    place: Place,
) -> tuple[Total, ...]:
    """Prove that the written charges and the rows set aside are the whole document.

    Rows that broke the contract count with their money. Rows that the source could not
    read count as rows alone, and its control leaves them out of the totals.

    Args:
        control: What the second reader says.
        charges: The charges as written.
        rejected: The rows set aside.
        told: Column `x_row`: rows that say something beside charges, such as usage; None
            when no row does.
        place: Where they come from.

    Returns:
        The totals of the written charges, sorted by currency and category.

    Raises:
        BrokenError: names the currency and category, both figures and their difference.
    """
    written, aside = _counted(charges.with_columns(_day())), _counted(rejected.lazy())
    with localcontext(prec=WIDE):
        apart = _difference(control, written, aside, _only(told, charges))
    if apart:
        raise place.broken(f"{apart}; nothing was loaded, the last good delivery stays")
    return tuple(_total(key, sums) for key, sums in sorted(written.sums.items()))


def agree_reduced(totals: Iterable[Total], facts: pl.LazyFrame, place: Place) -> None:
    """Prove that the facts of a document are its written charges, before they take a name.

    Raises:
        BrokenError: names the measure, both figures and their difference.
    """
    sums = [pl.col("lines").cast(pl.Int64).sum(), pl.col("billed_cost", "effective_cost").sum()]
    ours = Sums(*facts.select(sums).collect(engine="streaming").row(0))
    with localcontext(prec=WIDE):
        stated = sum(map(_sums, totals), Sums())
        apart = _sums_apart(ours, stated)
    if apart:
        raise place.broken(
            f"reduced to {apart.replace('the second reader', 'its charges')}; "
            "nothing was loaded, the last good delivery stays"
        )


def _day() -> pl.Expr:
    return pl.col("charge_period_start").dt.date().alias(_DAY)


def _counted(rows: pl.LazyFrame) -> _Count:
    groups = (
        rows.filter(pl.col("billed_cost").is_not_null() | pl.col(_DAY).is_not_null())
        .group_by(pl.col(_KEY).fill_null(""))
        .agg(
            pl.len().alias("rows"),
            pl.col("billed_cost", "effective_cost").sum(),
            pl.col(_DAY).min().alias("first"),
            pl.col(_DAY).max().alias("last"),
        )
        .collect(engine="streaming")
    )
    sums = {
        (currency, category): Sums(count, billed, effective)
        for currency, category, count, billed, effective, _, _ in groups.iter_rows()
    }
    days = [day for day in (*groups["first"], *groups["last"]) if day is not None]
    return _Count(_source_rows(rows), sums, (min(days), max(days)) if days else ())


def _source_rows(rows: pl.LazyFrame) -> int:
    """Count the rows of the document among charges, without those that were added beside.

    Rows mostly come in the order of the document, and then need not be remembered.
    """
    own = rows.filter(pl.col("x_derived").is_null()).select("x_row")
    back = (pl.col("x_row").diff() <= 0).sum()
    count, backward = own.select(pl.len().alias("n"), back).collect(engine="streaming").row(0)
    if not backward:
        return int(count)
    return int(own.select(pl.col("x_row").n_unique()).collect(engine="streaming").item())


def _only(told: pl.LazyFrame | None, charges: pl.LazyFrame) -> int:
    """Count the rows that are told beside charges, and are none."""
    if told is None:
        return 0
    rows = told.unique().join(charges.select("x_row"), on="x_row", how="anti")
    return int(rows.select(pl.len()).collect(engine="streaming").item())


def _difference(control: Control, written: _Count, aside: _Count, only: int) -> str | None:
    """Return the first figure that differs, in words; None when all are equal."""
    if (found := written.rows + aside.rows + only) != control.rows:
        return _said("rows", Decimal(found), Decimal(control.rows))
    stated = {(total.currency, total.charge_category): _sums(total) for total in control.totals}
    for key in sorted({*stated, *written.sums, *aside.sums}):
        ours = written.sums.get(key, Sums()) + aside.sums.get(key, Sums())
        if said := _sums_apart(ours, stated.get(key, Sums())):
            return f"{key[0]} {key[1]} {said}"
    return _days_apart(control, (*written.days, *aside.days))


def _sums(total: Total) -> Sums:
    return Sums(total.rows, exact(total.billed_cost), exact(total.effective_cost))


def _sums_apart(ours: Sums, stated: Sums) -> str | None:
    for name in ("billed_cost", "effective_cost", "rows"):
        left, right = Decimal(getattr(ours, name)), Decimal(getattr(stated, name))
        if left != right:
            return _said(name, left, right)
    return None


def _days_apart(control: Control, days: Iterable[date]) -> str | None:
    found = sorted(days)
    first, last = (found[0].isoformat(), found[-1].isoformat()) if found else ("", "")
    if (first, last) == (control.first, control.last):
        return None
    stated = f"{control.first or 'none'} to {control.last or 'none'}"
    return f"days: {first or 'none'} to {last or 'none'} here, {stated} by the second reader"


def _said(what: str, ours: Decimal, stated: Decimal) -> str:
    apart = plain(ours - stated)
    return f"{what}: {plain(ours)} here, {plain(stated)} by the second reader, {apart} apart"


def _total(key: Key, sums: Sums) -> Total:
    billed, effective = (f"{cost:.{SCALE}f}" for cost in (sums.billed_cost, sums.effective_cost))
    return Total(*key, sums.rows, billed, effective)
