"""A grid as rows: the headings found by a scan, cells by what they hold, totals left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from ingest.invoice.columns import Columns
from ingest.invoice.grid import Grid, NoLineError, Record, SheetError
from ingest.invoice.settings import Settings

SCAN: Final = 50  # lines among which the headings are
Places = Mapping[str, int]  # position of a cell by the field of `Columns`; tags as `tags.name`


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file; `row` 1 is the first below the headings. Cells are trimmed.

    Attributes:
        row: Position below the headings among the lines that hold anything.
        cells: By the field of `Columns`; tags as `tags.name`.
        typed: Fields whose cell is a number or a date by its type: a plain decimal, an ISO date.
        is_tax: Rows of its type are tax.
        parts, grid: Lines of the file it was made of, and where their cells are.
    """

    row: int
    cells: Mapping[str, str]
    typed: Collection[str] = frozenset()
    is_tax: bool = False
    parts: Sequence[tuple[int, Places]] = ()
    grid: Grid | None = None

    def place(self, name: str) -> str:
        """Return where the cell of a field is, as a person finds it; empty for nowhere."""
        for line, places in reversed(self.parts):
            if name in places and self.grid:
                return self.grid.place(line, places[name])
        return ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, and how many others there are, by what they are."""

    rows: Sequence[Row]
    others: Mapping[str, int] = field(default_factory=dict)


def table(grid: Grid, settings: Settings) -> Table:
    """Return the lines below the headings as rows.

    Raises:
        SheetError: when the headings are not those declared, or a line is of another width.
        NoLineError: when there is no line.
    """
    at = head(grid, settings)
    headings = grid.records[at].cells
    _check_headings(headings, settings, grid.records[at].line)
    known, pairs = places(headings, settings.columns), _pairs(headings, settings)
    totals = _total_cells(headings, settings)
    found, others = [], Counter[str]()
    for number, record in enumerate(grid.records[at + 1 :], start=1):
        if not grid.sheet:
            _check_width(record, headings, settings)
        if any(_at(record, place).casefold() in said for place, said in totals):
            others["that `total_rows` names"] += 1
        else:
            found.append(row(number, [(record, known)], grid, pairs))
    if not found:
        raise NoLineError("has headings and no line; deliver it again, or remove it")
    return Table(found, others)


def head(grid: Grid, settings: Settings) -> int:
    """Return the position of the headings: the first line that has all, else the nearest."""
    alternatives = list(settings.required.values())
    counts = [
        sum(any(name in record.cells for name in names) for names in alternatives)
        for record in grid.records[:SCAN]
    ]
    if not counts:
        raise SheetError("holds nothing; deliver it again")
    return counts.index(max(counts))


def row(
    number: int,
    parts: Sequence[tuple[Record, Places]],
    grid: Grid,
    pairs: Sequence[tuple[int, int]] = (),
    *,
    is_tax: bool = False,
) -> Row:
    """Return the cells of one or more records as one row; what is said later counts."""
    cells: dict[str, str] = {}
    typed: set[str] = set()
    for record, known in parts:
        for name, place in known.items():
            if (said := _at(record, place)) or name not in cells:
                cells[name] = said
                (typed.add if place in record.typed else typed.discard)(name)
        for place, beside in pairs:
            if (tag := _at(record, place)) and (said := _at(record, beside)):
                cells[f"tags.{tag}"] = said
    lines = [(record.line, known) for record, known in parts]
    return Row(number, cells, frozenset(typed), is_tax, lines, grid)


def _at(record: Record, place: int) -> str:
    return record.cells[place] if place < len(record.cells) else ""


def places(headings: Sequence[str], columns: Columns) -> dict[str, int]:
    """Return where each field is: under the first of its headings that is there."""
    found = {}
    for name, names in columns.fields():
        here = [heading for heading in names if heading in headings]
        if here:
            found[name] = headings.index(here[0])
    return found


def _pairs(headings: Sequence[str], settings: Settings) -> list[tuple[int, int]]:
    return [
        (headings.index(name), headings.index(value))
        for name, value in settings.tag_pairs
        if name in headings and value in headings
    ]


def _total_cells(headings: Sequence[str], settings: Settings) -> list[tuple[int, set[str]]]:
    missing = [heading for heading in settings.total_rows if heading not in headings]
    if missing:
        raise _no_heading(headings, (missing[0],), "total_rows", 1)
    return [
        (headings.index(heading), {text.casefold() for text in texts})
        for heading, texts in settings.total_rows.items()
    ]


def _check_width(record: Record, headings: Sequence[str], settings: Settings) -> None:
    if len(record.cells) != len(headings):
        raise SheetError(
            f"has {len(record.cells)} cells where the headings are {len(headings)}; "
            f"is the delimiter {settings.delimiter!r}?",
            record.line,
        )


def _check_headings(headings: Sequence[str], settings: Settings, line: int) -> None:
    counts = Counter(heading.casefold() for heading in headings)
    for column, heading in enumerate(headings, start=1):
        if heading and counts[heading.casefold()] > 1:
            raise SheetError(
                f"heading {heading!r} is there {counts[heading.casefold()]} times, capitals "
                "or not; rename one",
                line,
                column,
            )
    for name, names in settings.required.items():
        if not set(names) & set(headings):
            raise _no_heading(headings, names, name, line)
    if settings.currency is None and not set(settings.columns.currency or ()) & set(headings):
        raise SheetError("has no column of the currency; set `currency` of the source", line)


def _no_heading(
    headings: Sequence[str], names: Sequence[str], field_: str, line: int
) -> SheetError:
    shown = [heading for heading in headings if heading]
    near = get_close_matches(names[0], shown, 1)
    hint = f"the nearest is {near[0]!r}" if near else f"there are {', '.join(shown)}"
    wanted = " or ".join(repr(name) for name in names)
    return SheetError(f"has no heading {wanted} for {field_}; {hint}", line)
