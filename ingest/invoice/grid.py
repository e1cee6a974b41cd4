"""A table as cells of text, wherever it comes from, and what is wrong with a file of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LIMIT: Final = 32 << 20  # bytes, about 300,000 lines; it is read as a whole
_LETTERS: Final = 26


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
class Record:
    """One line that holds anything, cells trimmed.

    Attributes:
        line: Line of the file, or row of the sheet, counted from 1.
        cells: Text; of typed cells a plain decimal, or an ISO date.
        typed: Positions of cells that are numbers or dates by type, not by their looks.
    """

    line: int
    cells: Sequence[str]
    typed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Grid:
    """The records of a file, or of one sheet.

    Attributes:
        records: In order; what holds nothing is none.
        sheet: Its name; empty for a file of text.
        shift: Columns of the sheet before the first that is used; None when not known.
    """

    records: Sequence[Record]
    sheet: str = ""
    shift: int | None = 0

    def place(self, line: int, column: int) -> str:
        """Return where a cell is as a person finds it; `column` counts from 0."""
        if not self.sheet:
            return f"{line}:{column + 1}"
        if self.shift is None:
            return f"{self.sheet}:row {line}"
        return f"{self.sheet}:{letters(column + self.shift)}{line}"


def letters(column: int) -> str:
    """Return what a sheet calls a column that is counted from 0: A, Z, AA."""
    name, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, _LETTERS)
        name = chr(ord("A") + letter) + name
    return name
