"""A workbook as a grid: values alone, typed cells as what they are, one sheet of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

import fastexcel
import polars as pl
from fastexcel import DType, ExcelReader

from ingest.invoice.grid import LIMIT, Grid, Record, SheetError
from ingest.invoice.package import SIGN, Extent, checked
from models.money import DOUBLE_PLACES

SCAN: Final = 60  # rows of every sheet that are read to find the headings
_DIGITS: Final = Context(prec=15, rounding=ROUND_HALF_UP)  # a double has no more that are its own
_PLACES: Final = Decimal(1).scaleb(-DOUBLE_PLACES)
_EPOCH: Final = date(1970, 1, 1)
_DAY: Final = 24 * 60 * 60 * 1000  # milliseconds
_DAYS: Final = 500_000  # around the epoch that are dates to Python
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMS: Final = (
    (b"%PDF", "is a PDF, and no table; see docs/invoice-tables.md for what reads it"),
    (b"\x1f\x8b", "is gzip; unpack it"),
    (b"<?xml", "is XML, and no table; see docs/invoice-tables.md for what reads it"),
    (b"{", "is JSON, and no table; see docs/invoice-tables.md for what reads it"),
)

Loads = list[list[tuple[Any, ...]]]


def is_one(data: bytes) -> bool:
    """Say whether a file is an archive, as workbooks are, by its first bytes."""
    return data.startswith((SIGN, b"PK\x05\x06"))


def refuse_others(data: bytes) -> None:
    """Refuse by name what is neither a workbook nor text.

    Raises:
        SheetError: says what it is, and what to do.
    """
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise SheetError("is encrypted; save it without a password")
        raise SheetError("is a workbook of the old form (.xls); save it as .xlsx")
    for sign, fault in _FORMS:
        if data.startswith(sign):
            raise SheetError(fault)


def grid(data: bytes, sheet: str | None, is_headed: Callable[[Grid], bool]) -> Grid:
    """Return the rows of a sheet that hold anything.

    Args:
        data: The file.
        sheet: Its name; None for the only one that has the headings.
        is_headed: Whether the first rows of a sheet have them.

    Raises:
        SheetError: when it is no plain workbook, or the sheet cannot be told.
    """
    if len(data) > LIMIT:
        raise SheetError(f"is larger than {LIMIT >> 20} MiB; deliver one file a month")
    extents = checked(data)
    try:
        book = fastexcel.read_excel(data)
        name = _sheet(book, sheet, is_headed)
        return _read(book, name, _shift(extents))
    except fastexcel.FastExcelError as error:
        said = " ".join(str(error).split())
        raise SheetError(f"is not a readable workbook: {said}; save it again") from error


def _sheet(book: ExcelReader, sheet: str | None, is_headed: Callable[[Grid], bool]) -> str:
    names = book.sheet_names
    if sheet is not None:
        if sheet not in names:
            raise SheetError(f"has no sheet {sheet!r}; there are {', '.join(names)}")
        return sheet
    headed = [name for name in names if is_headed(_read(book, name, None, SCAN))]
    if len(headed) > 1:
        raise SheetError(f"has the headings on {', '.join(headed)}; set `sheet` of the source")
    return headed[0] if headed else names[0]


def _shift(extents: Sequence[Extent]) -> int | None:
    """Return how many columns are unused on the left; None when sheets differ."""
    found = {extent.left - 1 for extent in extents if extent.left}
    return found.pop() if len(found) == 1 else None


def _read(book: ExcelReader, name: str, shift: int | None, most: int | None = None) -> Grid:
    """Return a sheet; the engine is asked for each type, since it turns any into any other."""
    loads = [
        _load(book, name, kind, most).rows() for kind in ("string", "float", "boolean", "datetime")
    ]
    return Grid(list(_records(loads)), name, shift)


def _load(book: ExcelReader, name: str, kind: DType, most: int | None) -> pl.DataFrame:
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, n_rows=most, dtypes=kind)
    # any number is a day to the engine, and few of them are one to Python
    return sheet.to_polars().cast({pl.Datetime("ms"): pl.Int64})


def _records(loads: Loads) -> Iterator[Record]:
    for line, rows in enumerate(zip(*loads, strict=True), start=1):
        cells = [_cell(*values) for values in zip(*rows, strict=True)]
        if any(text for text, _ in cells):
            typed = frozenset(place for place, (_, is_typed) in enumerate(cells) if is_typed)
            yield Record(line, [text for text, _ in cells], typed)


def _cell(text: str | None, number: object, truth: object, moment: int | None) -> tuple[str, bool]:
    """Return one cell as text, and whether it is a number or a date by its type.

    The engine reads text such as 1.234 as a number too, but never as a truth or a day.
    """
    if text is None or text in {"true", "false"}:
        return (text or "").strip(), False
    if truth is not None and number is not None:
        return plain(Decimal(str(number))), True
    if number is None and moment is not None and truth is None:
        days, rest = divmod(moment, _DAY)
        return text.strip() if rest or abs(days) > _DAYS else str(_EPOCH + timedelta(days)), True
    return text.strip(), False


def plain(number: Decimal) -> str:
    """Return a binary double without the noise in its last digits, as plain digits."""
    found = _DIGITS.plus(number)
    if -int(found.as_tuple().exponent) > DOUBLE_PLACES:
        found = found.quantize(_PLACES, ROUND_HALF_UP)
    return f"{found.normalize() if found else Decimal(0):f}"
