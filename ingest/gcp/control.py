"""The second reader: the mapping stated once more, in SQL, and only its totals.

It shares no code with `charges` and `credit` on purpose: two statements that agree to the
last digit are evidence, one statement that agrees with itself is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ingest.counted import counted
from ingest.source import Control
from ingest.verify import Amount
from models.form import FormError, form
from models.period import Month
from models.scan import ScanError, columns, money, rows

_MEMBERS: Final = {  # of a document of JSON objects, or whose cells are JSON
    "invoice": 'STRUCT("month" VARCHAR)',
    "sku": "STRUCT(id VARCHAR, description VARCHAR)",
    "adjustment_info": 'STRUCT("type" VARCHAR, id VARCHAR)',
    "credits": 'STRUCT("type" VARCHAR, amount VARCHAR)[]',
    "cost_type": "VARCHAR",
    "currency": "VARCHAR",
    "usage_start_time": "VARCHAR",
    "cost": "VARCHAR",
}
_CELLS: Final = {
    "invoice": '{"month": "VARCHAR"}',
    "sku": '{"id": "VARCHAR", "description": "VARCHAR"}',
    "adjustment_info": '{"type": "VARCHAR", "id": "VARCHAR"}',
    "credits": '[{"type": "VARCHAR", "amount": "VARCHAR"}]',
}
_ZERO: Final = "CAST(0 AS DECIMAL(38, 18))"
_PRICES: Final = """('COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
    'DISCOUNT', 'FEE_UTILIZATION_OFFSET', 'FREE_TIER', 'RESELLER_MARGIN',
    'SUBSCRIPTION_BENEFIT', 'SUSTAINED_USAGE_DISCOUNT')"""


def control(path: Path, period: Month) -> Control:
    """State what the rows of an invoice month must become.

    Raises:
        ScanError: when the document cannot be read.
    """
    month = f"{period.year:04d}{period.month:02d}"
    groups = _asked(path, month)
    count = sum(int(group[2]) for group in groups if group[1] != "Credit")
    return counted(((*group[:4], *group[3:]) for group in groups), count)


def amounts(path: Path) -> Iterator[Amount]:
    """Yield what each row of a document comes to, payments included, of whatever month.

    Raises:
        ScanError: when the document cannot be read.
    """
    for row, currency, amount in _rows(path, _each, place="row_number() OVER () AS place, "):
        yield Amount(row, currency, amount, amount)


def _asked(path: Path, month: str) -> list[tuple[Any, ...]]:
    return _rows(path, lambda row: _totals(row, month))


def _rows(path: Path, question: Callable[[str], str], *, place: str = "") -> list[tuple[Any, ...]]:
    """Return the answer to a question about the rows of a document of any form."""
    try:
        layout = form(path).layout
    except FormError as error:
        raise ScanError(str(error)) from error
    if layout == "ndjson":
        return rows(path, question(_row(_MEMBERS, place=place)), members=_MEMBERS)
    types = {name.lower(): dtype for name, dtype in columns(path).items()}
    if layout == "parquet":
        return rows(path, question(_row(types, place=place)))
    return rows(path, question(_row(_MEMBERS, cells=_parsed(types), place=place)))


def _parsed(types: Mapping[str, str]) -> str:
    """Return the columns of a CSV document, whose records are JSON text."""

    def column(name: str) -> str:
        if name not in types:
            return f"CAST(NULL AS {_MEMBERS[name]}) AS {name}"
        return f"from_json({name}, '{_CELLS[name]}') AS {name}" if name in _CELLS else name

    return f"(SELECT {', '.join(map(column, _MEMBERS))} FROM document)"  # noqa: S608 - constants


def _row(types: Mapping[str, str], *, cells: str = "document", place: str = "") -> str:
    """Return SQL for what counts of each row: month, currency, category, day and amounts."""
    kind = "coalesce(nullif(CAST(cost_type AS VARCHAR), ''), 'regular')"
    cause = _text("adjustment_info", "type", types)
    description = f"coalesce({_text('sku', 'description', types)}, '')"
    typed, amount = _credit("type", types), _amount("c.amount", types["credits"])
    kinds = f"[{typed} FOR c IN credits]"
    lowers = f"coalesce({typed}, '') IN {_PRICES}"
    fee = f"""(coalesce({_text("sku", "id", types)}, '') IN ('5515-81A8-03A2', 'B22F-51BE-D599')
        OR description ILIKE 'commitment%' OR list_contains(kinds, 'FEE_UTILIZATION_OFFSET'))"""
    return f"""
        SELECT {"place, " if place else ""}month, currency,
            cost + coalesce(list_sum(lowered), {_ZERO}) AS net,
            coalesce(list_sum(paid), {_ZERO}) AS paid, day,
            CASE WHEN kind = 'tax' THEN 'Tax'
                WHEN kind NOT IN ('regular', 'adjustment') THEN 'Adjustment'
                WHEN (kind = 'adjustment' OR cause <> '') AND coalesce(cause, '') NOT IN
                    ('USAGE_CORRECTION', 'PRICE_CORRECTION', 'METADATA_CORRECTION')
                    THEN 'Adjustment'
                WHEN {fee} THEN 'Purchase' ELSE 'Usage' END AS category
        FROM (
            SELECT {place}{_text("invoice", "month", types)} AS month,
                coalesce(CAST(currency AS VARCHAR), '') AS currency, sku,
                {kind} AS kind, {cause} AS cause, {description} AS description,
                {_amount("cost", types["cost"])} AS cost,
                {_day(types["usage_start_time"])} AS day, {kinds} AS kinds,
                [{amount} FOR c IN credits IF {lowers}] AS lowered,
                [{amount} FOR c IN credits IF NOT {lowers}] AS paid
            FROM {cells})"""  # noqa: S608 - names are constants of this file


def _each(row: str) -> str:
    return f"SELECT place, currency, net + paid FROM ({row})"  # noqa: S608 - from constants


def _totals(row: str, month: str) -> str:
    return f"""
        WITH mine AS (SELECT * FROM ({row}) WHERE month = '{month}')
        SELECT currency, category, count(*), sum(net), min(day), max(day)
        FROM mine GROUP BY ALL
        UNION ALL
        SELECT currency, 'Credit', count(*), sum(paid), min(day), max(day)
        FROM mine WHERE paid <> 0 GROUP BY ALL ORDER BY 1, 2"""  # noqa: S608 - digits


def _text(record: str, member: str, types: Mapping[str, str]) -> str:
    """Return SQL for a member of a record; null where the document has not got it."""
    there = re.search(rf'[( ]"?{member}"? VARCHAR', types.get(record, ""))
    return f"""nullif({record}."{member}", '')""" if there else "CAST(NULL AS VARCHAR)"


def _credit(member: str, types: Mapping[str, str]) -> str:
    there = re.search(rf'[( ]"?{member}"? VARCHAR', types["credits"])
    return f'c."{member}"' if there else "CAST(NULL AS VARCHAR)"


def _amount(place: str, dtype: str) -> str:
    """Return SQL for an amount: a double by its shortest text and 12 places, as on entry."""
    found = re.search(r"(?:amount\"? )?(DOUBLE|DECIMAL\([^)]*\)|VARCHAR)(\)|$)", dtype)
    kind = found[1] if found else "VARCHAR"
    if kind.startswith("DECIMAL"):
        return f"CAST({place} AS DECIMAL(38, 18))"
    exact = money(f"nullif(CAST({place} AS VARCHAR), '')")
    return f"CAST(CAST({exact} AS DECIMAL(38, 12)) AS DECIMAL(38, 18))"


def _day(dtype: str) -> str:
    if dtype == "TIMESTAMP WITH TIME ZONE":
        return "CAST(timezone('UTC', usage_start_time) AS DATE)"
    text = dtype == "VARCHAR"
    return f"CAST({'substr(usage_start_time, 1, 10)' if text else 'usage_start_time'} AS DATE)"
