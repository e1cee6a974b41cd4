"""A plan from a finance workbook: how all of it is read, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.category import CONTINGENCY
from models.errors import ConfigError, Mistake
from models.money import ZERO
from models.period import Month
from models.plangrid import Cell, Grid
from models.planguess import field_of, month_meant
from models.planline import Asked, Column, Line, Row

SCAN: Final = 60  # rows in which the headings stand


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole workbook as it is read.

    Attributes:
        columns: All of them.
        months: Months of the plan.
        lines: Rows that become items, or contingency.
        total: Sum of the items, without contingency.
        reserve: Sum of the rows of contingency.
        stated: Totals that the sheet states, by row.
        left_out: Rows that are neither, with the reason.
    """

    columns: tuple[Column, ...]
    months: tuple[Month, ...]
    lines: tuple[Line, ...]
    stated: tuple[tuple[int, Decimal], ...]
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
    columns = _columns(grid.rows[at], asked)
    months = _months(grid, columns, asked)
    mistakes: list[Mistake] = []
    lines: list[Line] = []
    stated: list[tuple[int, Decimal]] = []
    left_out: list[tuple[int, str]] = []
    for row in grid.rows[at + 1 :]:
        found = Row(grid, row, columns, months, asked)
        if found.is_total:
            stated.append((found.line, found.whole(mistakes)))
        elif not found.name:
            left_out.append((found.line, "has no name"))
        elif not found.is_filled:
            left_out.append((found.line, f"{found.name!r} has no amount"))
        else:
            lines.append(found.read(mistakes, {line.id for line in lines}))
    if not lines and not mistakes:
        mistakes.append(Mistake(grid.file, 1, 1, "has no line with a name and an amount"))
    if mistakes:
        raise ConfigError(*dict.fromkeys(mistakes))
    return Reading(columns, months, tuple(lines), tuple(stated), tuple(left_out))


def _head(grid: Grid, asked: Asked) -> int:
    """Return the index of the row with the most headings."""
    scores = [_score(row, asked) for row in grid.rows[:SCAN]]
    if not scores or max(scores) == 0:
        said = "has no row of headings with an item and an amount or months; name them so"
        raise ConfigError(Mistake(grid.file, 1, 1, said))
    return scores.index(max(scores))


def _score(row: Mapping[int, Cell], asked: Asked) -> int:
    meanings = [column.meaning for column in _columns(row, asked) if column.meaning]
    dated = [each for each in meanings if each[:1].isdigit()]
    is_one = "id" in meanings or "category" in meanings
    return len(meanings) if is_one and (dated or {"amount", "unit_price"} & {*meanings}) else 0


def _columns(row: Mapping[int, Cell], asked: Asked) -> tuple[Column, ...]:
    return tuple(_column(cell, asked) for cell in row.values())


def _column(cell: Cell, asked: Asked) -> Column:
    month = month_meant(cell, asked.start)
    if month is not None:
        return Column(cell, str(month))
    meant = field_of(cell)
    return Column(cell, *meant) if meant else Column(cell, "")


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
