"""A sheet of a plan as cells that know where they stand, whatever its form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from models.errors import Mistake

Kind = Literal["text", "number", "date", "truth", "error", "unvalued"]

LIMIT: Final = 1_000_000  # bytes of a file; a plan has some hundred lines
ROWS: Final = 5_000
COLUMNS: Final = 200
_LETTERS: Final = 26


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that holds anything.

    Attributes:
        line: Line of the file, or row of the sheet, counted from 1.
        column: Counted from 1.
        text: Trimmed; of a typed number plain digits, of a typed day `YYYY-MM-DD`.
        kind: What it is by its type; every cell of a CSV file is text. `unvalued` is a
            formula that was never calculated.
        shown: How a workbook shows a number, for example `0%`.
    """

    line: int
    column: int
    text: str
    kind: Kind = "text"
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of a file, or of one sheet of a workbook, that hold anything.

    Attributes:
        file: As people are shown it.
        rows: Cells by column, row by row.
        sheet: Its name; empty for a file of text.
        hidden: Rows that a workbook hides, which are not among `rows`.
        hidden_columns: Numbers of the columns that it hides; their cells are among `rows`.
    """

    file: str
    rows: tuple[dict[int, Cell], ...]
    sheet: str = ""
    hidden: tuple[dict[int, Cell], ...] = ()
    hidden_columns: frozenset[int] = frozenset()

    def mistake(self, cell: Cell, message: str) -> Mistake:
        """Return a mistake at a cell; of a workbook it says what the workbook calls the cell."""
        return Mistake(self.file, cell.line, cell.column, f"{self.name(cell)}{message}")

    def name(self, cell: Cell) -> str:
        """Return `Plan!B7: ` for a cell of a workbook, nothing for one of a file of text."""
        return f"{self.sheet}!{letters(cell.column)}{cell.line}: " if self.sheet else ""

    def cells(self) -> Iterator[Cell]:
        """Yield every cell that can be seen, row by row."""
        return (
            cell
            for row in self.rows
            for cell in row.values()
            if cell.column not in self.hidden_columns
        )


def letters(column: int) -> str:
    """Return what a workbook calls a column that is counted from 1: A, Z, AA."""
    name, rest = "", column
    while rest:
        rest, letter = divmod(rest - 1, _LETTERS)
        name = chr(ord("A") + letter) + name
    return name
