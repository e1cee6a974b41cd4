"""A CSV file beside a plan as a grid: UTF-8, one delimiter, every line as wide as the first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from models.errors import ConfigError, Mistake
from models.plan.grid import COLUMNS, ROWS, Cell, Grid

DELIMITERS: Final = (",", ";", "\t")
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")


def grid(raw: bytes, file: str) -> Grid:
    """Return the lines of a CSV file that hold anything.

    Raises:
        ConfigError: says what is wrong, where, and what to do.
    """
    text = _decoded(raw, file)
    delimiter = _delimiter(text, file)
    try:
        lines = list(_lines(text, delimiter))
    except csv.Error as error:
        raise ConfigError(Mistake(file, 1, 1, f"is not CSV: {error}; save it again")) from error
    filled = [(line, cells) for line, cells in lines if any(map(str.strip, cells))]
    mistakes = tuple(_uneven(filled, file))
    if mistakes:
        raise ConfigError(*mistakes)
    return Grid(file, tuple(_row(line, cells) for line, cells in filled))


def _decoded(raw: bytes, file: str) -> str:
    if raw.startswith(_WIDE):
        raise ConfigError(Mistake(file, 1, 1, "is UTF-16; save it as CSV UTF-8"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
        said = f"byte 0x{raw[error.start]:02x} is not UTF-8; save it as CSV UTF-8"
        raise ConfigError(Mistake(file, line, column, said)) from error
    if not text.strip():
        raise ConfigError(Mistake(file, 1, 1, "is empty; write headings and one row an item"))
    return text


def _delimiter(text: str, file: str) -> str:
    """Return the one sign between the headings."""
    first = next(line for line in text.splitlines() if line.strip())
    found = [sign for sign in DELIMITERS if sign in first]
    if len(found) > 1:
        said = "has commas, semicolons or tabs between its headings; use one of them"
        raise ConfigError(Mistake(file, 1, 1, said))
    return found[0] if found else ","


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of every record."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def _uneven(lines: list[tuple[int, list[str]]], file: str) -> Iterator[Mistake]:
    width = len(lines[0][1])
    if width > COLUMNS or len(lines) > ROWS:
        said = f"has {len(lines)} rows of {width} columns; a plan has {ROWS} of {COLUMNS} at most"
        yield Mistake(file, 1, 1, said)
    for line, cells in lines:
        if len(cells) != width:
            said = (
                f"has {len(cells)} cells, the headings have {width}; quote cells with a delimiter"
            )
            yield Mistake(file, line, 1, said)


def _row(line: int, cells: list[str]) -> dict[int, Cell]:
    return {
        column: Cell(line, column, text.strip())
        for column, text in enumerate(cells, start=1)
        if text.strip()
    }
