"""Rows of a table gathered into invoices, by number; sound or set aside as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Final

from ingest.invoice.cell import CellError
from ingest.invoice.head import Head
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
    """Return the invoices of a file in order of issuer and number.

    An invoice whose date of issue cannot be read belongs to the earliest month that the
    file does tell, so that its rows are shown somewhere.

    Raises:
        SheetError: when no row of the file has a date of issue that can be read.
    """
    days = {row.row: lines.issued(row) for row in rows}
    known = [day for day in days.values() if day is not None]
    if not known:
        value = rows[0].cells.get("issued", "")
        raise SheetError(
            f"no line has a date of issue as declared; the first holds {value!r}; "
            "set `dates` of the source"
        )
    ordered = sorted(rows, key=lines.identity)  # stable: rows stay in order
    return [
        _invoice(list(group), lines, days, Month.of(min(known)))
        for _, group in groupby(ordered, key=lines.identity)
    ]


def _invoice(
    rows: list[Row], lines: Lines, days: dict[int, date | None], fallback: Month
) -> Invoice:
    read, faults, head = _read(rows, lines)
    own = [day for row in rows if (day := days[row.row]) is not None]
    period = Month.of(min(own)) if own else fallback
    _, number, apart = lines.identity(rows[0])
    places = tuple(row.row for row in rows)
    if faults:
        return Invoice(number, period, places, (), tuple(_all(rows, faults)))
    invoice = Invoice(
        number,
        period,
        places,
        tuple(read),
        head=head,
        apart=apart,
        is_void=lines.is_void(rows[0]),
    )
    found = next(_contradictions(rows, read, lines), None)
    return invoice.refused(*found) if found else invoice


def _read(rows: list[Row], lines: Lines) -> tuple[list[Line], dict[int, Fault], Head | None]:
    read: list[Line] = []
    faults: dict[int, Fault] = {}
    for row in rows:
        try:
            read.append(lines.line(row))
        except CellError as error:
            faults[row.row] = Fault(row.row, error.field, error.reason, error.value)
    try:
        return read, faults, lines.head(rows, read) if read else None
    except CellError as error:
        fault = Fault(rows[0].row, error.field, error.reason, error.value)
        return read, {**faults, rows[0].row: fault}, None


def _all(rows: list[Row], faults: dict[int, Fault]) -> Iterator[Fault]:
    """Yield a reason for every row of an invoice that has a bad one."""
    first = min(faults)
    beside = f"row {first} of the same invoice is bad; no part of an invoice is booked"
    for row in rows:
        yield faults.get(row.row, Fault(row.row, "number", beside, row.cells.get("number", "")))


def _contradictions(
    rows: Sequence[Row], read: Sequence[Line], lines: Lines
) -> Iterator[tuple[str, str, str]]:
    """Yield reason, value and column of what lines that are sound alone make together."""
    for column, values in (
        ("issued", {line.issued.isoformat() for line in read}),
        ("currency", {line.currency for line in read}),
        *((name, {row.cells.get(name, "") for row in rows}) for name in ("due", "status")),
    ):
        if len(values) > 1:
            yield f"differs between lines of one invoice: {', '.join(sorted(values))}", "", column
    ids = Counter(line.texts["line"] for line in read if "line" in line.texts and not line.is_tax)
    if twice := [name for name, count in ids.items() if count > 1]:
        yield "is on two lines of one invoice; remove one of them", twice[0], "line"
    if status := lines.open_status(rows[0]):
        yield "is not settled yet; it counts once it is", status, "status"
    yield from _sums(read, lines)


def _sums(read: Sequence[Line], lines: Lines) -> Iterator[tuple[str, str, str]]:
    stated = lines.stated(read)
    for total in sorted({line.total for line in read if line.total is not None}):
        if total != stated:
            yield (
                f"is stated, the lines add up to {stated:f}, {stated - total:f} apart",
                f"{total:f}",
                "total",
            )
    credit = sum((line.amount for line in read if line.is_credit), Decimal(0))
    if credit > 0:
        yield _ADDING_CREDIT, f"{credit:f}", "amount"
