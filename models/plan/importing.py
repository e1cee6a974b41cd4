"""A plan from a finance workbook: how all of it is read, before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from models.category import CONTINGENCY
from models.errors import ConfigError, Mistake
from models.money import ZERO
from models.period import Month
from models.plan.doubt import doubted
from models.plan.grid import Cell, Grid, letters
from models.plan.guess import LOOSE, field_of, month_meant
from models.plan.line import Asked, Column, Line, Stated
from models.plan.row import Row

SCAN: Final = 60  # rows in which the headings stand


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole workbook as it is read.

    Attributes:
        columns: All of them, those without a heading last.
        months: Months of the plan.
        lines: Rows that become items, or contingency.
        total: Sum of the items, without contingency.
        reserve: Sum of the rows of contingency.
        stated: Totals that the sheet states, which become nothing.
        left_out: Rows that are neither, with the reason; hidden ones and those above the headings
            among them.
    """

    columns: tuple[Column, ...]
    months: tuple[Month, ...]
    lines: tuple[Line, ...]
    stated: tuple[Stated, ...]
    left_out: tuple[tuple[int, str], ...]

    @property
    def total(self) -> Decimal:
        """Sum of the items, without contingency."""
        return sum((line.amount for line in self.lines if line.category != CONTINGENCY), ZERO)

    @property
    def reserve(self) -> Decimal | None:
        """Sum of the rows of contingency; None when there is none."""
        found = [line.amount for line in self.lines if line.category == CONTINGENCY]
        return sum(found, ZERO) if found else None


def reading(grid: Grid, asked: Asked) -> Reading:
    """Return how a workbook is read.

    Raises:
        ConfigError: when it has no headings, or with every cell that cannot be read.
    """
    at = _head(grid, asked)
    columns = _columns(grid, grid.rows[at], asked)
    months = _months(grid, columns, asked)
    sorted_out = _Sorting(left_out=[*_unread(grid, at)])
    for row in grid.rows[at + 1 :]:
        sorted_out.take(Row(grid, row, columns, months, asked))
    if not sorted_out.lines and not sorted_out.mistakes:
        said = "has no line with a name and an amount"
        raise ConfigError(Mistake(grid.file, 1, 1, said))
    if sorted_out.mistakes:
        raise ConfigError(*dict.fromkeys(sorted_out.mistakes))
    return Reading(
        (*columns, *_headless(grid, at)),
        months,
        doubted(sorted_out.lines),
        tuple(sorted_out.stated),
        tuple(sorted(sorted_out.left_out)),
    )


@dataclass(slots=True)
class _Sorting:
    """Rows as they are told apart, one after the other; `since` is where the last total stood."""

    lines: list[Line] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    since: int = 0

    def take(self, row: Row) -> None:
        """Take one row as a total, an item, or neither."""
        if row.is_total:
            above = sum((line.amount for line in self.lines[self.since :]), ZERO)
            self.stated.append(Stated(row.line, row.name, row.whole(self.mistakes), above))
            self.since = len(self.lines)
        elif not row.name:
            self.left_out.append((row.line, "has no name"))
        elif not row.is_filled:
            self.left_out.append((row.line, f"{row.name!r} has no amount"))
        else:
            self.lines.append(row.read(self.mistakes, {line.id for line in self.lines}))


def _unread(grid: Grid, head: int) -> Iterator[tuple[int, str]]:
    """Yield the rows that are not read at all: hidden ones, and those above the headings."""
    for row in grid.rows[:head]:
        yield _named(row, "stands above the headings")
    for row in grid.hidden:
        yield _named(row, "is hidden")


def _named(row: Mapping[int, Cell], why: str) -> tuple[int, str]:
    first = next(iter(row.values()))
    return first.line, f"{first.text!r} {why}"


def _head(grid: Grid, asked: Asked) -> int:
    """Return the index of the row with the most headings."""
    scores = [_score(grid, row, asked) for row in grid.rows[:SCAN]]
    if not scores or max(scores) == 0:
        said = "has no row of headings with an item and an amount or months; name them so"
        raise ConfigError(Mistake(grid.file, 1, 1, said))
    return scores.index(max(scores))


def _score(grid: Grid, row: Mapping[int, Cell], asked: Asked) -> int:
    meanings = [column.meaning for column in _columns(grid, row, asked) if column.meaning]
    dated = [each for each in meanings if each[:1].isdigit()]
    is_one = "id" in meanings or "category" in meanings
    return len(meanings) if is_one and (dated or {"amount", "unit_price"} & {*meanings}) else 0


def _columns(grid: Grid, row: Mapping[int, Cell], asked: Asked) -> tuple[Column, ...]:
    """Return how each heading is read; of two that mean the same the first counts."""
    first: dict[str, Cell] = {}
    found: list[Column] = []
    for cell in row.values():
        column = _column(cell, asked, grid.hidden_columns)
        known = first.setdefault(column.meaning, cell)
        if known is not cell and column.meaning in LOOSE:
            why = f"{column.meaning} is column {letters(known.column)}"
            column = Column(cell, "", why=why)
        found.append(column)
    return tuple(found)


def _column(cell: Cell, asked: Asked, hidden: Collection[int]) -> Column:
    if cell.column in hidden:
        return Column(cell, "", why="hidden")
    month = month_meant(cell, asked.start)
    if month is not None:
        return Column(cell, str(month))
    meant = field_of(cell)
    return Column(cell, *meant) if meant else Column(cell, "")


def _headless(grid: Grid, head: int) -> Iterator[Column]:
    """Yield the columns that have cells and no heading, in order."""
    known = {cell.column for cell in grid.rows[head].values()}
    filled = {cell.column for row in grid.rows[head + 1 :] for cell in row.values()}
    line = next(iter(grid.rows[head].values())).line
    for column in sorted(filled - known):
        yield Column(Cell(line, column, ""), "", why="no heading")


def _months(grid: Grid, columns: Sequence[Column], asked: Asked) -> tuple[Month, ...]:
    found = sorted(Month.parse(each.meaning) for each in columns if each.meaning[:1].isdigit())
    first = next(iter(columns)).cell
    if len({*found}) != len(found):
        raise ConfigError(grid.mistake(first, "two columns are the same month; keep one"))
    horizon = asked.horizon or (found[-1] - asked.start + 1 if found else 0)
    last = asked.start + (horizon - 1)
    if found and not asked.start <= found[0] <= found[-1] <= last:
        said = f"columns are of {found[0]} to {found[-1]}, the plan of {asked.start} to {last}; "
        raise ConfigError(grid.mistake(first, f"{said}change --start or --months"))
    if horizon < 1:
        raise ConfigError(grid.mistake(first, "no column is a month; say how many with --months"))
    return tuple(asked.start + n for n in range(horizon))
