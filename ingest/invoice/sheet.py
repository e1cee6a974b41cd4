"""The file as rows of text: refused unless it is whole, UTF-8, and has the headings declared."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from ingest.invoice.settings import Settings

LIMIT: Final = 32 << 20  # bytes, about 300,000 lines; it is read as a whole
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SheetError(ValueError):
    """The file cannot be read as declared; line and column count from 1, 0 for all of it."""

    def __init__(self, detail: str, line: int = 0, column: int = 0) -> None:
        """Keep the place apart from what is wrong there."""
        self.detail, self.line, self.column = detail, line, column
        super().__init__(detail)

    def place(self, name: str) -> str:
        """Return `file:line:column`, as far as it is known."""
        return ":".join([name, *(str(part) for part in (self.line, self.column) if part)])


class NoLineError(SheetError):
    """The file is whole, and there is no line in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; `row` 1 is the first below the headings. Cells are trimmed."""

    row: int
    cells: Mapping[str, str]  # by the field of `Columns`; tags as `tags.name`


def rows(data: bytes, settings: Settings) -> list[Row]:
    """Return the lines that hold anything, every cell as text.

    Raises:
        SheetError: when the file is cut short, not UTF-8, or not as declared.
    """
    text = checked(data, settings)
    try:
        frame = pl.read_csv(text.encode(), separator=settings.delimiter, infer_schema=False)
    except PolarsError as error:
        raise SheetError(
            "a quotation mark stands inside a cell; put the cell into quotation marks and "
            f"double it ({' '.join(str(error).split())})"
        ) from error
    return numbered(frame.fill_null("").iter_rows(), frame.columns, settings)


def numbered(
    lines: Iterator[Sequence[str]], headings: Sequence[str], settings: Settings
) -> list[Row]:
    """Return the lines that hold anything as rows; a line of empty cells is no row."""
    places = [(field, headings.index(name)) for field, name in settings.columns.named()]
    filled = (line for line in lines if any(cell.strip() for cell in line))
    return [
        Row(row, {field: line[place].strip() for field, place in places})
        for row, line in enumerate(filled, start=1)
    ]


def checked(data: bytes, settings: Settings) -> str:
    """Return the text of the file, once its shape is proved.

    Raises:
        SheetError: says what is wrong, where, and what to do.
    """
    text = _decoded(data)
    try:
        _check_lines(text, settings)
    except csv.Error as error:
        raise SheetError(f"is not CSV: {error}; deliver it again") from error
    return text


def _decoded(data: bytes) -> str:
    if not data:
        raise SheetError("is empty (0 bytes); deliver it again")
    if len(data) > LIMIT:
        raise SheetError(f"is larger than {LIMIT >> 20} MiB; deliver one file a month")
    if data.startswith(_WIDE):
        raise SheetError("is UTF-16; save it as UTF-8", 1, 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start])
        raise SheetError(
            f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8", line, column
        ) from error
    for mark, name in (("\0", "a NUL"), ("\r", "a lone carriage return")):
        if (at := text.replace("\r\n", "\n").find(mark)) >= 0:
            line, column = _position(text.replace("\r\n", "\n")[:at].encode())
            raise SheetError(f"holds {name}; save the file as plain CSV", line, column)
    if not text.endswith("\n"):
        line = text.count("\n") + 1
        raise SheetError("ends in the middle of a line; deliver the whole file again", line)
    return text


def _position(before: bytes) -> tuple[int, int]:
    return before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1


def _check_lines(text: str, settings: Settings) -> None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter, strict=True)
    headings = next(reader, [])
    _check_headings(headings, settings)
    held = 0
    for cells in reader:
        if cells and len(cells) != len(headings):
            raise SheetError(
                f"has {len(cells)} cells where the headings are {len(headings)}; "
                f"is the delimiter {settings.delimiter!r}?",
                reader.line_num,
            )
        held += any(cell.strip() for cell in cells)
    if not held:
        raise NoLineError("has headings and no line; deliver it again, or remove it")


def _check_headings(headings: Sequence[str], settings: Settings) -> None:
    counts = Counter(heading.casefold() for heading in headings)
    for column, heading in enumerate(headings, start=1):
        if heading and counts[heading.casefold()] > 1:
            raise SheetError(
                f"heading {heading!r} is there {counts[heading.casefold()]} times, capitals "
                "or not; rename one",
                1,
                column,
            )
    for field, heading in settings.columns.named():
        if heading not in headings:
            near = get_close_matches(heading, headings, 1)
            hint = f"the nearest is {near[0]!r}" if near else f"there are {', '.join(headings)}"
            raise SheetError(f"has no heading {heading!r} for {field}; {hint}", 1)
