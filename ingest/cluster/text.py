"""Text on its way into the archive, and its lines as cells: strict, each with its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from ingest.bucket import Body
from ingest.structure import Text
from models.errors import BrokenError
from models.form import FormError

LIMIT: Final = 256 << 20  # bytes; a file is read as a whole


class TextError(ValueError):
    """A file cannot be read as declared; line and column count from 1, 0 for all of it."""

    def __init__(self, detail: str, line: int = 0, column: int = 0) -> None:
        """Keep the place apart from what is wrong there."""
        self.detail, self.line, self.column = detail, line, column
        super().__init__(detail)

    def place(self, name: str) -> str:
        """Return `file:line:column`, as far as it is known."""
        return ":".join([name, *(str(part) for part in (self.line, self.column) if part)])


@dataclass(frozen=True, slots=True)
class Lines:
    """Records that end with their line; what is in them is for their reader."""

    def cut(self, text: str) -> int:
        """Return where the last line ends."""
        return text.rfind("\n") + 1

    def check(self, text: str, line: int) -> None:
        """Ask nothing of a line."""


def lines(body: Body, source: str, name: str) -> Iterator[bytes]:
    """Pass bytes on, and make sure that they are UTF-8 text, not cut short and not huge.

    Raises:
        BrokenError: when they are not.
    """
    watch, size = Text(Lines()), 0
    try:
        for chunk in body.chunks:
            size += len(chunk)
            _refuse_huge(size)
            watch.feed(chunk)
            yield chunk
        watch.end()
    except FormError as error:
        raise BrokenError(source, name, str(error)) from error
    if not size:
        raise BrokenError(source, name, "is empty (0 bytes); write it again")


def _refuse_huge(size: int) -> None:
    if size > LIMIT:
        raise FormError(f"is larger than {LIMIT >> 20} MiB; write one file a month")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `row` 1 is the first below the headings. Cells are trimmed."""

    row: int
    line: int
    cells: Mapping[str, str]  # by what they hold


def table(data: bytes, named: Mapping[str, str], delimiter: str) -> Iterator[Row]:
    """Yield the lines of a CSV that hold anything, with the cells that are asked for.

    Args:
        data: The file, UTF-8.
        named: Headings by what they hold.
        delimiter: Mark between cells.

    Raises:
        TextError: when a heading is missing or doubled, or a line is no record of the table.
    """
    reader = csv.reader(
        io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True
    )
    number = 0
    try:
        headings = next(reader, [])
        places = {field: _at(headings, heading, field) for field, heading in named.items()}
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            number += 1
            _refuse_other_width(cells, headings, reader.line_num, delimiter)
            trimmed = {field: cells[place].strip() for field, place in places.items()}
            yield Row(number, reader.line_num, trimmed)
    except csv.Error as error:
        raise TextError(f"is not CSV: {error}; write it again", reader.line_num) from error


def _at(headings: Sequence[str], heading: str, field: str) -> int:
    there = [name.strip() for name in headings]
    if there.count(heading) > 1:
        column = there.index(heading, there.index(heading) + 1) + 1
        raise TextError(f"heading {heading!r} is there twice; rename one", 1, column)
    if heading in there:
        return there.index(heading)
    near = get_close_matches(heading, there, 1)
    hint = f"the nearest is {near[0]!r}" if near else f"there are {', '.join(there)}"
    raise TextError(f"has no heading {heading!r} for {field}; {hint}", 1)


def _refuse_other_width(
    cells: Sequence[str], headings: Sequence[str], line: int, delimiter: str
) -> None:
    if len(cells) != len(headings):
        raise TextError(
            f"has {len(cells)} cells where the headings are {len(headings)}; is the delimiter "
            f"{delimiter!r}?",
            line,
        )
