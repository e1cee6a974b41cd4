"""A timesheet as rows of text; what is wrong with one is told by its place, never its content.

Cells hold names, notes and pay. No message of this module repeats one, a heading of the file
included: where headings are missing, the first line is somebody's entry.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.labor.settings import Settings

LIMIT: Final = 32 << 20  # bytes, about 200,000 entries; it is read as a whole
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class SheetError(ValueError):
    """The file cannot be read as declared; `row` 1 is the first below the headings."""

    def __init__(self, detail: str, row: int = 0, heading: str = "") -> None:
        """Keep the place apart from what is wrong there."""
        self.detail, self.row, self.heading = detail, row, heading
        super().__init__(detail)

    @property
    def place(self) -> str:
        """Row and column, as far as they are known."""
        parts = [f"row {self.row}"] if self.row else []
        return ", ".join([*parts, self.heading] if self.heading else parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file, its cells trimmed; `is_total` when it sums the others."""

    row: int
    cells: Mapping[str, str]  # by the field of `Columns`
    is_total: bool = False


def rows(data: bytes, settings: Settings) -> list[Row]:
    """Return the lines that hold anything.

    Raises:
        SheetError: when the file is cut short, not UTF-8, or not as declared.
    """
    text = io.StringIO(_decoded(data), newline="")
    reader = csv.reader(text, delimiter=settings.delimiter, strict=True)
    try:
        headings = next(reader, [])
        places = _places(headings, settings)
        lines = list(_filled(reader, len(headings), settings))
    except csv.Error as error:
        detail = "is not CSV: a stray quotation mark, or a cell without end; export it again"
        raise SheetError(detail) from error
    last = len(lines)
    return [
        Row(
            number,
            {field: cells[place].strip() for field, place in places},
            number == last and _sums_up(cells, places, settings),
        )
        for number, cells in enumerate(lines, start=1)
    ]


def _decoded(data: bytes) -> str:
    if not data:
        raise SheetError("is empty (0 bytes); export it again")
    if len(data) > LIMIT:
        raise SheetError(f"is larger than {LIMIT >> 20} MiB; export one month a file")
    if data.startswith(_WIDE):
        raise SheetError("is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        # Without its cause, which holds the whole file.
        raise SheetError(f"line {line} is not UTF-8; save the file as UTF-8") from None
    if "\0" in text or "\r" in text.replace("\r\n", "\n"):
        raise SheetError("holds a NUL or a lone carriage return; save the file as plain CSV")
    if not text.endswith("\n"):
        raise SheetError("ends in the middle of a line; export the whole file again")
    return text


def _filled(
    reader: Iterator[Sequence[str]], width: int, settings: Settings
) -> Iterator[Sequence[str]]:
    filled = (cells for cells in reader if any(cell.strip() for cell in cells))
    for number, cells in enumerate(filled, start=1):
        if len(cells) != width:
            raise SheetError(
                f"has {len(cells)} cells where the headings are {width}; "
                f"is the delimiter {settings.delimiter!r}?",
                number,
            )
        yield cells


def _places(headings: Sequence[str], settings: Settings) -> list[tuple[str, int]]:
    """Return the position of each field whose heading is there."""
    layout = settings.layout
    counts = Counter(heading.casefold() for heading in headings)
    found = []
    for field, heading in layout.columns.named():
        if heading in headings and counts[heading.casefold()] == 1:
            found.append((field, headings.index(heading)))
        elif heading in headings:
            raise SheetError("is a heading twice, capitals or not; rename one", 0, heading)
        elif field not in layout.optional:
            raise SheetError(_lacking(field, heading))
    return found


def _lacking(field: str, heading: str) -> str:
    said = f"has no heading {heading!r} for {field} in its first line"
    if field == "approved":
        return f"{said}; export it, or set approved_only: false to count every entry"
    return f"{said}; export it with this column, or name the headings under format: generic"


def _sums_up(cells: Sequence[str], places: list[tuple[str, int]], settings: Settings) -> bool:
    """Say whether a line sums the others: it says so, and is of no day."""
    day = "start_day" if settings.layout.columns.is_timed else "day"
    is_dated = bool(cells[dict(places)[day]].strip())
    wanted = settings.total_row.strip().casefold()
    return not is_dated and wanted in {cell.strip().casefold() for cell in cells}
