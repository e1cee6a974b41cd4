"""Rows of a table gathered into invoices, by number; sound or set aside as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Final

from ingest.invoice.cell import CellError
from ingest.invoice.invoice import Fault, Invoice
from ingest.invoice.line import Line
from ingest.invoice.reading import Lines
from ingest.invoice.sheet import Row, SheetError
from models.period import Month

_ADDING_CREDIT: Final = (
    "is what credit notes would add to the cost; set credit_sign to `negate` when they are "
    "printed without a minus, to `as_printed` when with one"
)


def invoices(rows: Sequence[Row], lines: Lines) -> list[Invoice]:
    """Return the invoices of a file in order of number.

    An invoice whose date of issue cannot be read belongs to the earliest month that the
    file does tell, so that its rows are shown somewhere.

    Raises:
        SheetError: when no row of the file has a date of issue that can be read.
    """
    days = {row.row: lines.issued(row) for row in rows}
    known = [day for day in days.values() if day is not None]
    if not known:
        value = rows[0].cells["issued"]
        raise SheetError(
            f"no line has a date of issue as declared; the first holds {value!r}; "
            "set `dates` of the source"
        )
    ordered = sorted(rows, key=lambda row: row.cells["number"])  # stable: rows stay in order
    return [
        _invoice(number, list(group), lines, days, Month.of(min(known)))
        for number, group in groupby(ordered, key=lambda row: row.cells["number"])
    ]


def _invoice(
    number: str, rows: list[Row], lines: Lines, days: dict[int, date | None], fallback: Month
) -> Invoice:
    read, faults = _read(rows, lines)
    own = [day for row in rows if (day := days[row.row]) is not None]
    period = Month.of(min(own)) if own else fallback
    places = tuple(row.row for row in rows)
    if faults:
        return Invoice(number, period, places, (), tuple(_all(rows, faults)))
    invoice = Invoice(number, period, places, tuple(read))
    found = next(_contradictions(invoice.lines), None)
    return invoice.refused(*found) if found else invoice


def _read(rows: list[Row], lines: Lines) -> tuple[list[Line], dict[int, Fault]]:
    read, faults = [], {}
    for row in rows:
        try:
            read.append(lines.line(row))
        except CellError as error:
            faults[row.row] = Fault(row.row, error.field, error.reason, error.value)
    return read, faults


def _all(rows: list[Row], faults: dict[int, Fault]) -> Iterator[Fault]:
    """Yield a reason for every row of an invoice that has a bad one."""
    first = min(faults)
    beside = f"row {first} of the same invoice is bad; no part of an invoice is booked"
    for row in rows:
        yield faults.get(row.row, Fault(row.row, "number", beside, row.cells["number"]))


def _contradictions(lines: Sequence[Line]) -> Iterator[tuple[str, str, str]]:
    """Yield reason, value and column of what lines that are sound alone make together."""
    for column, values in (
        ("issued", {line.issued.isoformat() for line in lines}),
        ("currency", {line.currency for line in lines}),
    ):
        if len(values) > 1:
            yield f"differs between lines of one invoice: {', '.join(sorted(values))}", "", column
    ids = Counter(line.texts["line"] for line in lines if "line" in line.texts)
    if twice := [name for name, count in ids.items() if count > 1]:
        yield "is on two lines of one invoice; remove one of them", twice[0], "line"
    yield from _sums(lines)


def _sums(lines: Sequence[Line]) -> Iterator[tuple[str, str, str]]:
    net = sum((line.printed for line in lines if not line.is_tax), Decimal(0))
    for total in sorted({line.total for line in lines if line.total is not None}):
        if total != net:
            yield (
                f"is stated, the lines add up to {net:f}, {net - total:f} apart",
                f"{total:f}",
                "total",
            )
    credit = sum((line.amount for line in lines if line.is_credit), Decimal(0))
    if credit > 0:
        yield _ADDING_CREDIT, f"{credit:f}", "amount"
