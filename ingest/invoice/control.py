"""The second reader: the same file through Python's own CSV reader, and only its totals.

Which invoices count is decided once, in `invoice` and `decision`. What they add up to is
read here anew: cells, numbers, signs, tax and days, with nothing of `sheet`, `cell`, `line`
and `charge`.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ingest.invoice.proof import Amounts
from ingest.invoice.settings import Settings
from ingest.invoice.taken import Taken
from ingest.source import Control, Total

Key = tuple[str, str]
_CENT: Final = Decimal("0.01")


def control(
    data: bytes, settings: Settings, *, counting: Collection[int], aside: Collection[int]
) -> Control:
    """State what the counting rows of a file must become, and how many there are in all.

    Args:
        data: The file.
        settings: How the vendor writes.
        counting: Rows of invoices that count.
        aside: Rows that are set aside.
    """
    sums: defaultdict[Key, list[Decimal]] = defaultdict(list)
    days: list[date] = []
    for number, cells in enumerate(_filled(data, settings), start=1):
        if number in counting:
            days += (months := _months(cells, settings))
            currency = cells[settings.columns.currency].strip()
            for category, amount in _amounts(cells, settings):
                sums[currency, category] += [amount, *[Decimal(0)] * (len(months) - 1)]
    totals = tuple(_total(key, amounts) for key, amounts in sorted(sums.items()))
    first, last = (min(days).isoformat(), max(days).isoformat()) if days else ("", "")
    return Control(rows=len(counting) + len(aside), totals=totals, first=first, last=last)


def amounts(data: bytes, settings: Settings, taken: Taken) -> Amounts:
    """State what one invoice adds up to; nothing of one that could not be read."""
    if taken.invoice.faults:
        return Amounts(currency="XXX")
    found = [_filled(data, settings)[row - 1] for row in taken.invoice.rows]
    said = [amount for cells in found for amount in _amounts(cells, settings)]
    net = sum((amount for category, amount in said if category != "Tax"), Decimal(0))
    tax = sum((amount for category, amount in said if category == "Tax"), Decimal(0))
    currency = found[0][settings.columns.currency].strip()
    return Amounts(currency=currency, net=net, tax=tax, payable=net + tax, rows=len(found))


def _filled(data: bytes, settings: Settings) -> list[dict[str, str]]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    reader = csv.DictReader(text, delimiter=settings.delimiter, strict=True)
    return [cells for cells in reader if any((cell or "").strip() for cell in cells.values())]


def _total(key: Key, amounts: list[Decimal]) -> Total:
    cost = f"{sum(amounts, Decimal(0)):f}"
    return Total(*key, len(amounts), cost, cost)


def _amounts(cells: Mapping[str, str], settings: Settings) -> list[tuple[str, Decimal]]:
    """Return charge category and amount of a line, and of its tax."""
    columns = settings.columns
    kind = cells[columns.kind].strip().casefold() if columns.kind else ""
    credit = kind in {known.strip().casefold() for known in settings.credit_kinds}
    sign = -1 if credit and settings.credit_sign == "negate" else 1
    amount = _number(cells[columns.amount], settings)
    if kind in {known.strip().casefold() for known in settings.tax_kinds}:
        return [("Tax", sign * amount)]
    if columns.tax:
        tax = _number(cells[columns.tax], settings)
    else:
        rate = _number(cells[columns.tax_rate], settings) if columns.tax_rate else Decimal(0)
        tax = (amount * rate / 100).quantize(_CENT, ROUND_HALF_UP)
    return [("Usage", sign * amount), *([("Tax", sign * tax)] if tax else [])]


def _number(cell: str, settings: Settings) -> Decimal:
    """Return what is left when spaces and the thousands mark are dropped; empty is 0."""
    digits = "".join(cell.split())
    if settings.thousands:
        digits = digits.replace(settings.thousands, "")
    return Decimal(digits.replace(settings.decimal, ".") or 0)


def _months(cells: Mapping[str, str], settings: Settings) -> list[date]:
    """Return the first day of the work in each of its months."""
    columns, issued = settings.columns, cells[settings.columns.issued]
    start = cells[columns.service_start].strip() if columns.service_start else ""
    end = cells[columns.service_end].strip() if columns.service_end else ""
    first, last = (_day(cell or issued, settings) for cell in (start, end))
    later = range(first.year * 12 + first.month, last.year * 12 + last.month)
    return [first, *(date(month // 12, month % 12 + 1, 1) for month in later)]


def _day(cell: str, settings: Settings) -> date:
    return datetime.strptime(cell.strip(), settings.dates).date()  # noqa: DTZ007 - a day has no zone
