"""Rows of text as aligned columns, for a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Container, Sequence


def aligned(rows: Sequence[Sequence[str]], numbers: Container[int]) -> list[str]:
    """Return one line a row: columns of numbers stand right, all others left.

    Args:
        rows: Rows of as many cells, the head among them.
        numbers: Positions of the columns of numbers.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [_line(row, widths, numbers) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int], numbers: Container[int]) -> str:
    cells = (
        text.rjust(width) if index in numbers else text.ljust(width)
        for index, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()
