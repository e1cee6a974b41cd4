"""Tables of plain text: columns aligned by the width a terminal gives them, colour by code."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from reconcile.report.escape import visible
from reconcile.report.number import MINUS, NONE

NAME_WIDTH: Final = 24
TAIL_WIDTH: Final = 40
NUMERIC: Final = f"0123456789+n{MINUS}{NONE}"
_CODES: Final = {"red": "31", "green": "32", "amber": "33", "grey": "90", "bold": "1"}

Cell = tuple[str, str]  # text, colour or ""
Row = Sequence[Cell]


def aligned(rows: Sequence[Row], *, colour: bool) -> list[str]:
    """Return rows with columns aligned: the first and the words left, numbers right."""
    if not rows:
        return []
    columns = range(max(map(len, rows)))
    widths = [max((_width(row[i][0]) for row in rows if i < len(row)), default=0) for i in columns]
    left = [_is_words(rows, i) for i in columns]
    return [_line(row, widths, left, colour=colour) for row in rows]


def _is_words(rows: Sequence[Row], column: int) -> bool:
    texts = [row[column][0] for row in rows[1:] if column < len(row) and row[column][0]]
    return column == 0 or not all(text[0] in NUMERIC for text in texts)


def _line(row: Row, widths: Sequence[int], left: Sequence[bool], *, colour: bool) -> str:
    cells = []
    for index, (text, paint) in enumerate(row):
        space = " " * (widths[index] - _width(text))
        shown = painted(text, paint if colour else "")
        cells.append(shown + space if left[index] else space + shown)
    return "  ".join(cells).rstrip()


def painted(text: str, colour: str) -> str:
    """Return text in a colour, or bold; as it is where none is named."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if colour else text


def short(text: str) -> str:
    """Return the beginning of a name that is too long."""
    clean = visible(text)
    return clean if _width(clean) <= NAME_WIDTH else clean[: NAME_WIDTH - 1] + "…"


def tail(text: str) -> str:
    """Return the end of a text that is too long, where it differs from others."""
    return text if len(text) <= TAIL_WIDTH else f"…{text[1 - TAIL_WIDTH :]}"


def _width(text: str) -> int:
    """Return how many columns a terminal needs for text."""
    return sum(_columns(text))


def _columns(text: str) -> Iterable[int]:
    for char in text:
        if not unicodedata.combining(char):
            yield 2 if unicodedata.east_asian_width(char) in "WF" else 1
