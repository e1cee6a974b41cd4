"""The second reader's tables: the same bytes through other engines, and nothing of the first.

Text goes through Python's own CSV reader, workbooks through openpyxl. What is a row, and what
its cells hold, is found here anew.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import openpyxl

from ingest.invoice.columns import Columns
from ingest.invoice.grid import SheetError
from ingest.invoice.settings import Settings

Value = str | Decimal | date
Cells = Sequence[Value]
_CODECS: Final = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
_PLACES: Final = 12
_FAULTS: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
    *(zipfile.BadZipFile, SyntaxError, OSError),
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One row: its cells by what they hold, and whether all of it is tax."""

    cells: Mapping[str, Value]
    is_tax: bool = False

    def text(self, field: str) -> str:
        """Return a cell as text; empty when it is not there."""
        return str(self.cells.get(field, ""))


def recounted(data: bytes, settings: Settings) -> dict[int, Counted]:
    """Return the rows of a file by their number, from 1 for the first below the headings.

    Raises:
        SheetError: when this reader cannot read what the first one could.
    """
    try:
        if data.startswith(b"PK"):
            return _of_workbook(data, settings)
        text = io.StringIO(data.decode(_CODECS[settings.encoding]), newline="")
        records = csv.reader(text, delimiter=settings.delimiter, strict=True)
        return _rows([[cell.strip() for cell in cells] for cells in records], settings) or {}
    except _FAULTS as error:
        said = " ".join(str(error).split())
        raise SheetError(f"cannot be read by a second reader ({said}); save it again") from error


def _of_workbook(data: bytes, settings: Settings) -> dict[int, Counted]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions, which hold no values
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [book[settings.sheet]] if settings.sheet else book.worksheets
        for sheet in sheets:
            sheet.reset_dimensions()  # which it only claims
            found = _rows([_values(cells) for cells in sheet.iter_rows(values_only=True)], settings)
            if found is not None:
                return found
    return {}


def _values(cells: Iterable[object]) -> list[Value]:
    return [_value(cell) for cell in cells]


def _value(cell: object) -> Value:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return _number(Decimal(str(cell)))
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time() else str(cell)
    return "" if cell is None else str(cell).strip()


def _number(number: Decimal) -> Decimal:
    """Return what a double was before it became one: at most 15 digits and 12 places."""
    digits = min(15 - number.adjusted() - 1, _PLACES)
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _rows(records: Sequence[Cells], settings: Settings) -> dict[int, Counted] | None:
    filled = [cells for cells in records if any(cell != "" for cell in cells)]
    if settings.rows:
        return dict(_of_types(filled, settings)) or None
    wanted = [set(names) for names in settings.required.values()]
    heads = (n for n, cells in enumerate(filled) if all(w & _texts(cells) for w in wanted))
    at = next(heads, None)
    if at is None:
        return None
    rows = enumerate(filled[at + 1 :], start=1)
    return {
        n: Counted(
            _by_field(filled[at], cells, settings.columns) | _pairs(filled[at], cells, settings)
        )
        for n, cells in rows
    }


def _texts(cells: Cells) -> set[str]:
    return {cell for cell in cells if isinstance(cell, str)}


def _by_field(headings: Cells, cells: Cells, columns: Columns) -> dict[str, Value]:
    """Return cells by field, of the first heading of each that is there."""
    under = dict(
        zip(
            reversed(headings),
            reversed([*cells, *[""] * len(headings)][: len(headings)]),
            strict=True,
        )
    )
    return {
        field: next(under[name] for name in names if name in under)
        for field, names in columns.fields()
        if set(names) & under.keys()
    }


def _pairs(headings: Cells, cells: Cells, settings: Settings) -> dict[str, Value]:
    under = dict(zip(headings, cells, strict=False))
    return {
        f"tags.{under[name]}": under.get(value, "")
        for name, value in settings.tag_pairs
        if under.get(name)
    }


def _of_types(filled: Sequence[Cells], settings: Settings) -> Iterator[tuple[int, Counted]]:
    """Yield rows under their header; a header that states the tax is a row of tax as well."""
    headings: dict[Value, Cells] = {}
    header: dict[str, Value] = {}
    for number, cells in enumerate(filled):
        kind = settings.rows.get(str(cells[0]))
        known = headings.get(cells[0], headings.get(settings.type_column or ""))
        if kind is None or known is None:
            headings[cells[0]] = cells
            continue
        own = _by_field(known, cells, _merged(settings.columns, kind.columns))
        if kind.holds == "header":
            tax = own.pop("tax", "")
            header = {name: value for name, value in own.items() if name != "amount"}
            yield number, Counted({**header, "amount": tax}, is_tax=True)
        elif kind.holds != "ignored":
            said = {name: cell for name, cell in own.items() if cell != "" or name not in header}
            yield number, Counted({**header, **said}, is_tax=kind.holds == "tax")


def _merged(columns: Columns, own: Columns) -> Columns:
    stated = {name: getattr(own, name) for name in own.model_fields_set}
    return columns.model_copy(update=stated)
