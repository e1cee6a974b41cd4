"""A grid whose rows are of several types, each with headings of its own, as rows of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.invoice.columns import Columns
from ingest.invoice.form import RowType
from ingest.invoice.grid import Grid, NoLineError, Record, SheetError
from ingest.invoice.settings import Settings
from ingest.invoice.table import Places, Row, Table, places, row

# what a header says of the whole invoice, and no line takes from it
_OF_LINES: Final = {"amount", "tax", "tax_rate", "line", "quantity", "unit_price", "price_base"}


def table(grid: Grid, settings: Settings) -> Table:
    """Return lines, each with what the header above it says.

    The first row of a type holds its headings, unless one row of headings, which begins with
    `type_column`, holds for all. Tax of a header counts where no row below states any.

    Raises:
        SheetError: for a type that `rows` does not name, or a line without a header.
        NoLineError: when there is no line.
    """
    reader = _Reader(grid, settings)
    found = list(reader.rows())
    if not found:
        raise NoLineError("has headings and no line; deliver it again, or remove it")
    return Table(found, reader.others)


@dataclass(slots=True)
class _Reader:
    """What is known while rows pass: places of cells by type, and the last header."""

    grid: Grid
    settings: Settings
    known: dict[str, Places] = field(default_factory=dict)
    common: Sequence[str] = ()
    header: tuple[int, Record, Places] | None = None
    has_tax: bool = False
    others: Counter[str] = field(default_factory=Counter)

    def rows(self) -> Iterator[Row]:
        for number, record in enumerate(self.grid.records):
            name = record.cells[0]
            if name == self.settings.type_column:
                self._take_headings(record)
            elif (kind := self.settings.rows.get(name)) is None:
                wanted = "say in `rows` what it holds"
                raise SheetError(f"has a row of type {name!r}; {wanted}", record.line, 1)
            elif self.common or name in self.known:
                yield from self._of(number, record, kind)
            else:
                self.known[name] = self._places(record.cells, kind)
        yield from self._header_tax()

    def _of(self, number: int, record: Record, kind: RowType) -> Iterator[Row]:
        name = record.cells[0]
        own = self.known.setdefault(name, self._places(self.common, kind))
        if kind.holds == "ignored":
            self.others[f"of type {name!r}"] += 1
        elif kind.holds == "header":
            yield from self._header_tax()
            self.header, self.has_tax = (number, record, own), False
        else:
            is_tax = kind.holds == "tax"
            self.has_tax = self.has_tax or is_tax
            yield row(number, [*self._above(record), (record, own)], self.grid, is_tax=is_tax)

    def _above(self, record: Record) -> list[tuple[Record, Places]]:
        """Return what the header says of each line."""
        if self.header is None:
            raise SheetError(f"is of type {record.cells[0]!r}, and no header is above", record.line)
        _, head, known = self.header
        return [(head, {name: at for name, at in known.items() if name not in _OF_LINES})]

    def _header_tax(self) -> Iterator[Row]:
        """Yield the tax of the whole invoice as a row, unless rows state the tax."""
        if self.header is None or self.has_tax:
            return
        number, head, known = self.header
        place = known.get("tax", len(head.cells))
        if place < len(head.cells) and head.cells[place]:
            parts = [*self._above(head), (head, {"amount": place})]
            yield row(number, parts, self.grid, is_tax=True)

    def _take_headings(self, record: Record) -> None:
        if self.common or self.known:
            raise SheetError(
                f"is a second row of headings that begins with {record.cells[0]!r}; let each "
                f"begin with its type, such as {next(iter(self.settings.rows))!r}",
                record.line,
            )
        self.common = record.cells

    def _places(self, headings: Sequence[str], kind: RowType) -> Places:
        columns = Columns.model_construct(
            **{**dict(self.settings.columns), **_stated(kind.columns)}
        )
        return places(headings, columns)


def _stated(columns: Columns) -> dict[str, object]:
    return {name: getattr(columns, name) for name in columns.model_fields_set}
