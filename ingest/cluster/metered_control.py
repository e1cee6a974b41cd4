"""The second reader of tables of usage: other means for cells, and only the totals."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal

from ingest.cluster.settings import UsageSettings
from ingest.cluster.told import Counted, told
from ingest.source import Control
from models.period import Month


def control(
    data: bytes, settings: UsageSettings, month: Month, *, aside: Collection[int]
) -> Control:
    """State what the rows of a month must become.

    Args:
        data: The file.
        settings: How it is written.
        month: The month of the delivery.
        aside: Rows that are set aside.
    """
    return told(_rows(data, settings, month, aside), len(aside))


def _rows(
    data: bytes, settings: UsageSettings, month: Month, aside: Collection[int]
) -> Iterator[Counted]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    filled = (
        line for line in csv.reader(text, delimiter=settings.delimiter) if "".join(line).strip()
    )
    headings = [heading.strip() for heading in next(filled, [])]
    columns = settings.columns
    for row, line in enumerate(filled, start=1):
        cells = dict(zip(headings, (cell.strip() for cell in line), strict=True))
        if row not in aside and _inside(cells[columns.day], settings.dates, month):
            driver = settings.driver or cells[columns.driver or ""]
            printed = cells[columns.quantity] if columns.quantity else "1"
            yield row, driver, _number(printed, settings)


def _inside(text: str, dates: str, month: Month) -> bool:
    day = datetime.strptime(text, dates).date()  # noqa: DTZ007 - a day has no zone
    return (day.year, day.month) == (month.year, month.month)


def _number(text: str, settings: UsageSettings) -> Decimal:
    digits = "".join(text.split())
    if settings.thousands:
        digits = digits.replace(settings.thousands, "")
    return Decimal(digits.replace(settings.decimal, "."))
