"""The table of restatements, as text for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconcile.report.number import day, exactly, plain
from reconcile.restatement import RestatedLine

HEADS: Final = ("Restated", "Month", "Was", "On", "Currency", "Rows", "Billed", "Effective")
WORDS: Final = 5  # columns of words, which stand left


def rows(lines: Iterable[RestatedLine]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a row a restatement under HEADS; differences are exact and signed."""
    for line in lines:
        each = line.restated
        yield (
            each.source,
            str(each.month),
            each.was,
            day(each.at),
            each.currency,
            plain(line.rows, 0),
            exactly(line.billed),
            exactly(line.effective),
        )
