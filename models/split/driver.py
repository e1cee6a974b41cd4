"""Drivers: what each project used and spent in each billing month, as splits weigh it.

What is of a month is what deliveries of that billing month state, and nothing else: so a closed
month is weighed by what it was closed with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from functools import cached_property
from typing import Any, Final

import polars as pl

from models.canonical import canonical_value
from models.category import UNALLOCATED
from models.currency import Rates
from models.money import QUANTITY, SCALE, WIDE, stored
from models.period import Month
from models.split.split import Spend, Usage

UNIT: Final = 10**SCALE  # of what is weighed, in which weights are whole numbers
_IDLE_UNIT: Final = "__idle__"  # what schedulers call hours that nobody asked for
_EXACT: Final = Context(prec=WIDE)
_BY: Final = ("period", "driver", "x_source", "cluster", "project", "idle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a driver measured in a month, in units of UNIT.

    Attributes:
        projects: By project; corrections may make it negative.
        nobody: By units that are no project.
        idle: Told as idle by the source itself.
        told: Whether anything was told at all.
        unit: What it is measured in.
    """

    projects: Mapping[str, int]
    unit: str
    nobody: int = 0
    idle: int = 0
    told: bool = False


@dataclass(frozen=True)
class Drivers:
    """What was used and spent, by billing month.

    Attributes:
        direct: Direct spend of all deliveries, in the schema SPEND.
        usage: What was used, with the project of each row, in the schema OWNED.
        rates: Rates into `currency`.
        currency: In which spend is weighed, where that of a month is in several.
    """

    direct: pl.DataFrame
    usage: pl.DataFrame
    rates: Rates
    currency: str

    def measured(self, by: Usage | Spend, month: str) -> Measured:
        """Return what counts for a method in a month.

        Raises:
            RateError: when spend of another currency has no rate.
        """
        if (by, month) not in self._measured:
            found = self._used(by, month) if isinstance(by, Usage) else self._spent(month)
            self._measured[by, month] = found
        return self._measured[by, month]

    def days(self, month: str) -> int:
        """Return how many days of a month, from its first, there is anything told of."""
        return self._last.get(month, Month.parse(month).first).day

    def _used(self, by: Usage, month: str) -> Measured:
        rows = [row for row in self._usage.get((month, by.driver), ()) if _counts(row, by)]
        projects: Counter[str] = Counter()
        idle = nobody = 0
        for row in rows:
            if row["idle"]:
                idle += row["units"]
            elif row["project"] == UNALLOCATED:
                nobody += row["units"]
            else:
                projects[row["project"]] += row["units"]
        return Measured(
            projects=projects,
            unit=by.driver,
            nobody=max(nobody, 0),
            idle=max(idle, 0),
            told=bool(rows),
        )

    def _spent(self, month: str) -> Measured:
        rows = self._spend.get(month, {})
        currencies = {currency for _, currency in rows}
        unit = self.currency if len(currencies) > 1 else "".join(currencies)
        projects: Counter[str] = Counter()
        for (project, currency), amount in rows.items():
            found = self.rates.convert(amount, currency, unit, Month.parse(month))
            projects[project] += int(stored(found).scaleb(SCALE, _EXACT))
        return Measured(projects=projects, unit=unit, told=bool(rows))

    @cached_property
    def _measured(self) -> dict[tuple[Usage | Spend, str], Measured]:
        """What was asked for before; each pool of a month asks again."""
        return {}

    @cached_property
    def _usage(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        """What was used, by month and driver, in units."""
        idle = (pl.col("detail") == "idle") | pl.col("unit").str.contains(_IDLE_UNIT, literal=True)
        named = self.usage.with_columns(idle=idle.fill_null(value=False))
        sums = named.group_by(_BY).agg(units=pl.col("quantity").sum().cast(QUANTITY).to_physical())
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in sums.iter_rows(named=True):
            found.setdefault((row["period"], row["driver"]), []).append(row)
        return found

    @cached_property
    def _spend(self) -> dict[str, dict[tuple[str, str], Decimal]]:
        """Direct spend by month, project and currency; what is shared or nobody's is left out."""
        mine = pl.col("path").is_null() & (pl.col("project") != UNALLOCATED)
        sums = self.direct.lazy().filter(mine).group_by("period", "project", "currency")
        found: dict[str, dict[tuple[str, str], Decimal]] = {}
        for period, *key, amount in sums.agg(pl.col("tco_cost").sum()).collect().iter_rows():
            found.setdefault(period, {})[key[0], key[1]] = amount
        return found

    @cached_property
    def _last(self) -> dict[str, date]:
        """The last day of each month that its own deliveries tell of."""
        days = pl.concat(
            [each.lazy().select("period", "day") for each in (self.direct, self.usage)]
        )
        mine = days.filter(pl.col("day").dt.strftime("%Y-%m") == pl.col("period"))
        return dict(mine.group_by("period").agg(pl.col("day").max()).collect().iter_rows())


def _counts(row: Mapping[str, Any], by: Usage) -> bool:
    """Return whether a row passes the filters of a method."""
    return _among(row["x_source"], by.source) and _among(row["cluster"], by.cluster)


def _among(text: str | None, texts: tuple[str, ...]) -> bool:
    return not texts or canonical_value(text or "") in set(map(canonical_value, texts))
