"""Control totals from what a second reader counted in SQL, by currency and charge category."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from ingest.source import Control, Total
from models.money import WIDE


def counted(groups: Iterable[Sequence[Any]], rows: int | None = None) -> Control:
    """Return control totals.

    Args:
        groups: Currency, charge category, rows, billed and effective cost, first and last day
            of each, sorted; what a group has none of is null.
        rows: Data rows of the document; as many as all groups unless given.
    """
    found = list(groups)
    totals = tuple(
        Total(currency, category, int(n), _text(billed), _text(effective))
        for currency, category, n, billed, effective, _, _ in found
    )
    days: list[date] = [day for group in found for day in group[5:7] if day is not None]
    first, last = (min(days).isoformat(), max(days).isoformat()) if days else ("", "")
    stated = sum(total.rows for total in totals) if rows is None else rows
    return Control(rows=stated, totals=totals, first=first, last=last)


def _text(amount: Decimal | None) -> str:
    with localcontext(prec=WIDE):
        return f"{amount or Decimal(0):.18f}"
