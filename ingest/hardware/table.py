"""A register in CSV as lines, each cell with its place: line, and column of the table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.hardware.settings import Columns, Settings
from models.wording import suggestion

KNOWN: Final = tuple(Columns.model_fields)
NEEDED: Final = ("asset_id", "in_service_date")


class TableError(ValueError):
    """The table cannot be read; line and column count from 1."""

    def __init__(self, detail: str, line: int, column: int = 1) -> None:
        """Keep the place apart from what is wrong there."""
        self.detail, self.line, self.column = detail, line, column
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Line:
    """One asset as text: cells by field, trimmed, and their places; the empty field is all."""

    cells: Mapping[str, str]
    places: Mapping[str, tuple[int, int]]


def lines(data: bytes, named: Mapping[str, str] | None, settings: Settings) -> list[Line]:
    """Return the lines that hold anything.

    Args:
        data: The file.
        named: Headings by field; None for the names of this program, and no others.
        settings: Its delimiter.

    Raises:
        TableError: when it is not as declared.
    """
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    reader = csv.reader(text, delimiter=settings.delimiter, strict=True)
    found: list[Line] = []
    try:
        headings = [heading.strip() for heading in next(reader, [])]
        columns = _own(headings) if named is None else _mapped(headings, named)
        before = reader.line_num
        for cells in reader:
            first, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                found.append(_line(cells, len(headings), columns, first, settings.delimiter))
    except csv.Error as error:
        raise TableError(f"is not CSV: {error}", reader.line_num) from error
    if not found:
        raise TableError("holds no asset; add one, or remove the source", 1)
    return found


def _line(
    cells: Sequence[str], width: int, columns: Mapping[str, int], line: int, delimiter: str
) -> Line:
    if len(cells) != width:
        said = f"has {len(cells)} cells where the headings are {width}; is the delimiter "
        raise TableError(f"{said}{delimiter!r}?", line)
    texts = {field: cells[at].strip() for field, at in columns.items()}
    return Line(texts, {"": (line, 1)} | {f: (line, at + 1) for f, at in columns.items()})


def _own(headings: Sequence[str]) -> dict[str, int]:
    _refuse_doubled(headings)
    for column, heading in enumerate(headings, start=1):
        if heading not in KNOWN:
            said = f"heading {heading!r} is not known. {suggestion(heading, KNOWN, 'known')}"
            raise TableError(f"{said}; other headings are declared in columns", 1, column)
    for heading in NEEDED:
        if heading not in headings:
            raise TableError(f"has no heading {heading!r}; add it, or declare columns", 1)
    return {heading: at for at, heading in enumerate(headings)}


def _mapped(headings: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    _refuse_doubled(headings)
    for field, heading in named.items():
        if heading not in headings:
            said = f"has no heading {heading!r} for {field}."
            raise TableError(f"{said} {suggestion(heading, headings, 'there are')}", 1)
    return {field: headings.index(heading) for field, heading in named.items()}


def _refuse_doubled(headings: Sequence[str]) -> None:
    for column, heading in enumerate(headings, start=1):
        if heading and headings.index(heading) != column - 1:
            raise TableError(f"heading {heading!r} is there twice; rename one", 1, column)
