"""Tables of invoices and of what they are made of, as text for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconcile.invoice import InvoiceLine, PartLine
from reconcile.report.number import exactly, plain

HEADS: Final = (
    *("Invoice", "Month", "Source", "Verdict", "Lines"),
    *("Billed", "Invoiced", "Difference", "Tolerance", "Tax difference"),
)
PART_HEADS: Final = ("Part", "Invoice", "Lines", "Billed", "Invoiced", "Difference")
WORDS: Final = 4  # columns of words, which stand left
PART_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row; `fails` says that it wants a person."""

    cells: tuple[str, ...]
    fails: bool


def rows(lines: Iterable[InvoiceLine]) -> Iterator[Row]:
    """Yield a row an invoice under HEADS; differences are exact, amounts in cents."""
    for line in lines:
        each = line.assertion
        cells = (
            line.title,
            str(each.month),
            each.source,
            each.verdict.value,
            plain(line.rows, 0),
            plain(line.billed) if each.billed is None else f"{plain(line.billed)} {each.currency}",
            plain(line.stated),
            exactly(line.difference),
            exactly(line.tolerance),
            exactly(line.tax_difference),
        )
        yield Row(cells, each.verdict.fails)


def part_rows(lines: Iterable[InvoiceLine]) -> Iterator[Row]:
    """Yield a row a part under PART_HEADS, of the invoices whose parts are shown."""
    for line in lines:
        for part in line.parts:
            yield Row(_part(line, part), line.assertion.verdict.fails)


def _part(line: InvoiceLine, part: PartLine) -> tuple[str, ...]:
    printed = part.stated.value is not None  # else the invoice says nothing about parts
    stated = (plain(part.stated), exactly(part.difference)) if printed else ("", "")
    return part.name, line.title, plain(part.rows, 0), plain(part.billed), *stated
