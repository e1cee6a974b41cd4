"""A CSV file as a grid: refused unless it is whole, in its encoding, and even."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from ingest.invoice.form import Form
from ingest.invoice.grid import LIMIT, Grid, Record, SheetError

_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CODECS: Final = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "windows-1252"}
_SHOWN: Final = {"utf-8": "UTF-8", "utf-16": "UTF-16", "windows-1252": "Windows-1252"}
_ENCODED: Final = "or set `encoding` of the source"


def grid(data: bytes, form: Form) -> Grid:
    """Return the lines of a CSV file that hold anything.

    Raises:
        SheetError: says what is wrong, where, and what to do.
    """
    text = decoded(data, form.encoding)
    try:
        lines = list(_lines(text, form.delimiter))
    except csv.Error as error:
        raise SheetError(f"is not CSV: {error}; deliver it again") from error
    width = max((cells for _, cells in lines), default=1)
    names = form.delimiter.join(str(column) for column in range(width))  # as wide as any line
    try:
        frame = pl.read_csv(
            f"{names}\n{text}".encode(), separator=form.delimiter, infer_schema=False
        )
    except PolarsError as error:
        raise SheetError(
            "a quotation mark stands inside a cell; put the cell into quotation marks and "
            f"double it ({' '.join(str(error).split())})"
        ) from error
    filled = [cells for cells in frame.fill_null("").iter_rows() if any(map(str.strip, cells))]
    if len(filled) != len(lines):
        raise SheetError("is read as other lines by a second reader; deliver it as plain CSV")
    return Grid(
        [
            Record(line, [cell.strip() for cell in cells[:count]])
            for (line, count), cells in zip(lines, filled, strict=True)
        ]
    )


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Yield first line and number of cells of every record that holds anything."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, len(cells)
        line = reader.line_num + 1


def decoded(data: bytes, encoding: str) -> str:
    """Return the text of a file in the encoding that is declared.

    Raises:
        SheetError: when it is empty, too large, in another encoding, or cut short.
    """
    if not data:
        raise SheetError("is empty (0 bytes); deliver it again")
    if len(data) > LIMIT:
        raise SheetError(f"is larger than {LIMIT >> 20} MiB; deliver one file a month")
    if data.startswith(_WIDE) != (encoding == "utf-16"):
        raise _other(data, encoding)
    try:
        text = data.decode(_CODECS[encoding])
    except UnicodeDecodeError as error:
        raise _undecoded(data, error, encoding) from error
    _check_signs(text)
    if not text.endswith("\n"):
        line = text.count("\n") + 1
        raise SheetError("ends in the middle of a line; deliver the whole file again", line)
    return text


def _other(data: bytes, encoding: str) -> SheetError:
    if data.startswith(_WIDE):
        return SheetError(f"is UTF-16; save it as {_SHOWN[encoding]}, {_ENCODED}", 1, 1)
    return SheetError(f"has no byte order mark of UTF-16; save it so, {_ENCODED}", 1, 1)


def _undecoded(data: bytes, error: UnicodeDecodeError, encoding: str) -> SheetError:
    line, column = _position(data[: error.start])
    way = f"save the file as {_SHOWN[encoding]}, {_ENCODED}"
    return SheetError(
        f"byte 0x{data[error.start]:02x} is not {_SHOWN[encoding]}; {way}", line, column
    )


def _check_signs(text: str) -> None:
    plain = text.replace("\r\n", "\n")
    for mark, name in (("\0", "a NUL"), ("\r", "a lone carriage return")):
        if (at := plain.find(mark)) >= 0:
            line, column = _position(plain[:at].encode())
            raise SheetError(f"holds {name}; save the file as plain CSV", line, column)


def _position(before: bytes) -> tuple[int, int]:
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
