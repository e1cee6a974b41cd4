"""Coverage: which share of cost has a project, by cost and never by rows, in one currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Final

import polars as pl

from models.category import UNALLOCATED
from models.money import WIDE, ZERO, rounded, stored
from models.period import Month
from reconcile.actuals import COST, MONTH, Converter, rated
from reconcile.state import PERCENT_PLACES

# what coverage can be asked by: its column in spend
BY: Final = {
    "source": "source",
    "service": "service_name",
    "category": "category",
    "charge": "charge_category",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What has a project and what has none, of one month; amounts in the reporting currency.

    Attributes:
        allocated: Cost with a project, credits counted against it.
        unallocated: Cost without one, credits counted against it.
        open: The same by size: each charge category of a source by its amount without sign, so
            that credits nobody has do not hide cost that nobody has.
        had: Allocated cost by size, of each source.
        tagged: The part of `allocated` that rules gave which look at a tag, by size.
    """

    allocated: Decimal = ZERO
    unallocated: Decimal = ZERO
    open: Decimal = ZERO
    had: Decimal = ZERO
    tagged: Decimal = ZERO

    def __add__(self, other: Share) -> Share:
        """Return both as one."""
        names = self.__slots__
        return Share(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def percent(self) -> Decimal | None:
        """Cost with a project in percent of all cost, from 0 to 100; None where there is none."""
        return _percent(self.had, self.had + self.open)

    @property
    def open_percent(self) -> Decimal | None:
        """Cost without a project in percent of all cost."""
        return _percent(self.open, self.had + self.open)

    @property
    def tagged_percent(self) -> Decimal | None:
        """Cost that a tag gave its project, in percent of all cost."""
        return _percent(self.tagged, self.had + self.open)


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    return rounded(Fraction(part) / Fraction(whole) * 100, PERCENT_PLACES)


Shares = dict[tuple[str, Month], Share]


def shares(
    spend: pl.DataFrame,
    rates: Converter,
    currency: str,
    *,
    by: str = "source",
    tagging: Collection[str] = (),
) -> Shares:
    """Return the shares by name and charge month, on the effective basis.

    What is shared counts as allocated where it reached a project.

    Args:
        spend: The spend of all deliveries, what is shared divided.
        rates: Exchange rates.
        currency: The reporting currency.
        by: One of BY.
        tagging: Ids of the rules that look at a tag.
    """
    month = MONTH["effective"].alias("month")
    sums = (
        spend.lazy()
        .group_by(
            pl.col(BY[by]).fill_null("").alias("name"),
            month,
            rated(spend, MONTH["effective"]),
            "source",
            "charge_category",
            "currency",
            pl.col("project") == UNALLOCATED,
            pl.col("project_rule").is_in([*tagging]).alias("tagged"),
        )
        .agg(pl.col(COST["effective"]).sum().alias("amount"))
        .collect()
    )
    with localcontext(prec=WIDE):
        return _gathered(_converted(sums, rates, currency))


def _converted(
    sums: pl.DataFrame, rates: Converter, currency: str
) -> Iterator[tuple[Mapping[str, Any], Decimal]]:
    """Yield each row with its amount in the reporting currency."""
    for row in sums.iter_rows(named=True):
        month = Month.parse(row["rated"])
        yield row, stored(rates.convert(row["amount"], row["currency"], currency, month))


def _gathered(rows: Iterable[tuple[Mapping[str, Any], Decimal]]) -> Shares:
    """Return the shares of rows: sums first, then their sizes by source and charge category."""
    had, tagged, free = (defaultdict[tuple[str, ...], Decimal](Decimal) for _ in range(3))
    for row, amount in rows:
        at = (row["name"], row["month"], row["source"])
        if row["project"]:
            free[*at, row["charge_category"]] += amount
        else:
            had[at] += amount
            tagged[at] += amount if row["tagged"] else ZERO
    found: dict[tuple[str, Month], Share] = defaultdict(Share)
    for (name, month, *_), amount in free.items():
        found[name, Month.parse(month)] += Share(unallocated=amount, open=abs(amount))
    for (name, month, source), amount in had.items():
        part = min(abs(tagged[name, month, source]), abs(amount))
        found[name, Month.parse(month)] += Share(allocated=amount, had=abs(amount), tagged=part)
    return dict(found)


def total(found: Shares) -> dict[Month, Share]:
    """Return the shares of all names together, by month."""
    whole: dict[Month, Share] = {}
    for (_, month), share in found.items():
        whole[month] = whole.get(month, Share()) + share
    return whole


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return the difference of two percentages in points; None where one is missing."""
    return None if now is None or before is None else now - before
