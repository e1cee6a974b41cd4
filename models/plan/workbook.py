"""A workbook beside a plan as a grid: what cannot be seen, or is no value, is refused by cell."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from numbers import Real
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from models.errors import ConfigError, Mistake
from models.money import plain
from models.plan.grid import COLUMNS, ROWS, Cell, Grid, Kind

INFLATED: Final = 32 << 20  # bytes of all its parts
_DIGITS: Final = Context(prec=15, rounding=ROUND_HALF_UP)  # a double has no more that are its own
_FAULTS: Final = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError),
    *(KeyError, ValueError, TypeError, AttributeError, EOFError, OSError, IndexError),
)


def grid(raw: bytes, file: str, sheet: str | None = None, *, is_lenient: bool = False) -> Grid:
    """Return the rows of one sheet that hold anything.

    Args:
        raw: The file.
        file: How messages name it.
        sheet: The sheet; None for the only one that can be seen and holds anything.
        is_lenient: Set hidden rows and columns apart and take merged cells apart, as an import with
            a preview may.

    Raises:
        ConfigError: when it is no plain workbook, or a cell is hidden, merged, an error or a
            formula without a value; with every such cell.
    """
    formulas, values = _opened(raw, file)
    name = _sheet(values, file, sheet)
    rows, columns = values[name].max_row or 0, values[name].max_column or 0
    if rows > ROWS or columns > COLUMNS:
        said = f"{name}: has cells as far as row {rows}, column {columns}; "
        raise ConfigError(Mistake(file, 1, 1, f"{said}a plan has {ROWS} of {COLUMNS} at most"))
    found = Grid(file, tuple(_rows(formulas[name], values[name])), name)
    if is_lenient:
        found = _seen(found, values[name])
    mistakes = [*_unsound(found)]
    if not is_lenient:
        mistakes += [*_unseen(found, values[name]), *_merged(found, values[name])]
    if mistakes:
        raise ConfigError(*mistakes)
    return found


def _opened(raw: bytes, file: str) -> tuple[Any, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            if sum(part.file_size for part in archive.infolist()) > INFLATED:
                said = f"holds more than {INFLATED >> 20} MiB, as no plan does"
                raise ConfigError(Mistake(file, 1, 1, said))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that hold no values
            return (
                openpyxl.load_workbook(io.BytesIO(raw)),
                openpyxl.load_workbook(io.BytesIO(raw), data_only=True),
            )
    except _FAULTS as error:
        said = f"is not a readable workbook: {' '.join(str(error).split())}; save it as .xlsx"
        raise ConfigError(Mistake(file, 1, 1, said)) from error


def _sheet(book: Any, file: str, wanted: str | None) -> str:  # noqa: ANN401 - a workbook has no types
    seen = [each.title for each in book.worksheets if each.sheet_state == "visible"]
    if wanted is not None and wanted not in seen:
        said = f"has no sheet {wanted!r} that can be seen; there are {', '.join(seen)}"
        raise ConfigError(Mistake(file, 1, 1, said))
    filled = [wanted] if wanted else [name for name in seen if any(_values(book[name]))]
    if len(filled) != 1:
        said = f"has values on {', '.join(filled) or 'no sheet'}; name one: "
        way = "lines: {file: FILE, sheet: NAME}, or --sheet NAME of an import"
        raise ConfigError(Mistake(file, 1, 1, f"{said}{way}"))
    return filled[0]


def _values(sheet: Any) -> Iterator[bool]:  # noqa: ANN401
    return (value is not None for row in sheet.iter_rows(values_only=True) for value in row)


def _rows(formulas: Any, values: Any) -> Iterator[dict[int, Cell]]:  # noqa: ANN401
    for written, shown in zip(formulas.iter_rows(), values.iter_rows(), strict=True):
        cells = (_cell(*pair) for pair in zip(written, shown, strict=True))
        row = {cell.column: cell for cell in cells if cell is not None}
        if row:
            yield row


def _cell(written: Any, shown: Any) -> Cell | None:  # noqa: ANN401
    value, place = shown.value, (written.row, written.column)
    kind: Kind
    if value is None:
        return Cell(*place, "", "unvalued") if written.data_type == "f" else None
    text, kind = (str(value), "error") if shown.data_type == "e" else _told(value)
    return Cell(*place, text, kind, str(shown.number_format)) if text else None


def _told(value: object) -> tuple[str, Kind]:
    """Return a value as text, and what it is by its type."""
    if isinstance(value, bool):
        return str(value).upper(), "truth"
    if isinstance(value, datetime):
        whole = value.time() == datetime.min.time()
        return str(value.date() if whole else value), "date"
    if isinstance(value, date):
        return str(value), "date"
    if isinstance(value, Real):
        return plain(_DIGITS.plus(Decimal(str(value)))), "number"
    return str(value).strip(), "text"


def _seen(found: Grid, sheet: Any) -> Grid:  # noqa: ANN401
    """Return a grid that knows what of it is hidden, so that a preview can tell."""
    hidden = {_line(row) for row in found.rows if _is_hidden(sheet, _line(row))}
    return replace(
        found,
        rows=tuple(row for row in found.rows if _line(row) not in hidden),
        hidden=tuple(row for row in found.rows if _line(row) in hidden),
        hidden_columns=frozenset(_hidden_columns(sheet)),
    )


def _line(row: Mapping[int, Cell]) -> int:
    return next(iter(row.values())).line


def _is_hidden(sheet: Any, line: int) -> bool:  # noqa: ANN401
    return bool(sheet.row_dimensions[line].hidden)


def _hidden_columns(sheet: Any) -> set[int]:  # noqa: ANN401
    return {
        column
        for each in sheet.column_dimensions.values()
        if each.hidden and each.min and each.max
        for column in range(each.min, min(each.max, COLUMNS) + 1)
    }


def _unsound(found: Grid) -> Iterator[Mistake]:
    for cell in found.cells():
        if cell.kind == "unvalued":
            said = "is a formula without a value; calculate and save the workbook, or write it"
            yield found.mistake(cell, said)
        elif cell.kind == "error":
            yield found.mistake(cell, f"{cell.text} is an error of the workbook; mend the formula")


def _unseen(found: Grid, sheet: Any) -> Iterator[Mistake]:  # noqa: ANN401
    columns = _hidden_columns(sheet)
    for row in found.rows:
        first = next(iter(row.values()))
        if _is_hidden(sheet, first.line):
            said = f"row {first.line} is hidden; show it, or delete it"
            yield found.mistake(first, said)
    for column in sorted(columns & {cell.column for cell in found.cells()}):
        first = next(cell for cell in found.cells() if cell.column == column)
        yield found.mistake(first, "its column is hidden; show it, or delete it")


def _merged(found: Grid, sheet: Any) -> Iterator[Mistake]:  # noqa: ANN401
    for each in sheet.merged_cells.ranges:
        cell = Cell(each.min_row, each.min_col, "")
        yield found.mistake(cell, f"cells {each.coord} are merged; part them")
