"""The second reader: FOCUS stated once more, in SQL, and only its totals.

It shares no code with `convert` on purpose: two statements that agree to the last digit are
evidence, one statement that agrees with itself is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from ingest.counted import counted
from ingest.focus.dialect import Dialect
from ingest.focus.month import Taken
from ingest.source import Control
from ingest.verify import Amount
from models.lockdown import text
from models.scan import columns, money, rows

_READ: Final = (
    *("BilledCost", "BillingCurrency", "BillingPeriodStart"),
    *("ChargeCategory", "ChargePeriodStart", "EffectiveCost"),
)
_SHORT: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d")
_PLAIN: Final = Dialect()


def control(path: Path, dialect: Dialect = _PLAIN, *, taken: Taken | None = None) -> Control:
    """State what a document must become.

    Args:
        path: The archived document.
        dialect: How its exporter writes.
        taken: Which rows the delivery is about; None for all of them.

    Raises:
        ScanError: when the document cannot be read.
    """
    there = _there(path)
    sql = _sql({name: dtype for name, (_, dtype) in there.items()}, dialect.moments, taken)
    names = {actual: name for name, (actual, _) in there.items()}
    groups = rows(path, sql, names=names, nulls=dialect.nulls)
    held = [group for group in groups if group[0] or (taken and taken.alone)]
    return counted([group[1:] for group in groups if group[0]], sum(group[3] for group in held))


def amounts(path: Path, dialect: Dialect = _PLAIN) -> Iterator[Amount]:
    """Yield what each row of a document says it costs, of whatever month.

    Raises:
        ScanError: when the document cannot be read.
    """
    there = _there(path)
    types = {name: dtype for name, (_, dtype) in there.items()}
    sql = f"""
        SELECT row_number() OVER (), coalesce(CAST(BillingCurrency AS VARCHAR), ''),
            {_money("BilledCost", types)}, {_money("EffectiveCost", types)}
        FROM document"""  # noqa: S608 - no word of it came in
    names = {actual: name for name, (actual, _) in there.items()}
    for row, currency, billed, effective in rows(path, sql, names=names, nulls=dialect.nulls):
        yield Amount(row, currency, billed or Decimal(0), effective or Decimal(0))


def _there(path: Path) -> dict[str, tuple[str, str]]:
    """Return the columns that are read: how the document writes each, and its type."""
    types = {name.lower(): (name, dtype) for name, dtype in columns(path).items()}
    return {name: types[name.lower()] for name in _READ if name.lower() in types}


def _sql(types: Mapping[str, str], forms: Sequence[str], taken: Taken | None) -> str:
    """Return one row for each currency and category, apart for rows of other months."""
    period = _moment("BillingPeriodStart", types, forms)
    inside = "TRUE"
    if taken:
        first, end = (text(f"{month}-01") for month in (taken.month, taken.month + 1))
        inside = f"coalesce({period} >= DATE {first} AND {period} < DATE {end}, TRUE)"
    return f"""
        SELECT {inside} AS inside, coalesce(CAST(BillingCurrency AS VARCHAR), ''),
            coalesce(CAST(ChargeCategory AS VARCHAR), ''), count(*),
            sum({_money("BilledCost", types)}), sum({_money("EffectiveCost", types)}),
            min({_moment("ChargePeriodStart", types, forms)}::DATE),
            max({_moment("ChargePeriodStart", types, forms)}::DATE)
        FROM document GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""  # noqa: S608 - no word of it came in


def _money(name: str, types: Mapping[str, str]) -> str:
    """Return a column as money: a double by its shortest text and 12 places, as on entry."""
    dtype = types[name]
    if dtype == "VARCHAR":
        return money(name)
    if dtype == "DOUBLE":
        exact = f"CAST(CAST({name} AS VARCHAR) AS DECIMAL(38, 18))"
        return f"CAST(CAST({exact} AS DECIMAL(38, 12)) AS DECIMAL(38, 18))"
    return f"CAST({name} AS DECIMAL(38, 18))"


def _moment(name: str, types: Mapping[str, str], forms: Sequence[str]) -> str:
    """Return a column as a moment in UTC, which one without a zone is already."""
    if types[name] == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {name})"
    if types[name] != "VARCHAR":
        return f"CAST({name} AS TIMESTAMP)"
    bare = f"regexp_replace({name}, '(Z| UTC|\\+00:00)$', '')"
    listed = ", ".join(text(form) for form in (*_SHORT, *forms))
    return f"coalesce(TRY_CAST({bare} AS TIMESTAMP), try_strptime({bare}, [{listed}]))"
