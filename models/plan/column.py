"""Columns of a plan's sheet: what each means, and what stands in it that must not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from models.errors import Mistake
from models.period import Month
from models.plan.grid import Cell, Grid
from models.plan.heading import FACTOR, KNOWN, NAMES, folded, month_of, serial
from models.wording import suggestion

_SIGNS: Final[Mapping[str, tuple[str, ...]]] = {
    "$": ("USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "₩": ("KRW",),
}
_STATED: Final = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")  # a currency, with its locale
_CODE: Final = re.compile(r"\b[A-Z]{3}\b")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plan says before its items; None where it says nothing that can be read."""

    currency: str | None
    months: tuple[Month, ...] | None


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column of a sheet means, by its number."""

    fields: Mapping[int, str]
    months: Mapping[int, Month]
    heads: Mapping[int, Cell]


def columns(grid: Grid, frame: Frame) -> tuple[Columns, list[Mistake]]:
    """Return what the headings of a sheet mean, and what is wrong with them."""
    fields: dict[int, str] = {}
    months: dict[int, Month] = {}
    mistakes: list[Mistake] = []
    for column, cell in grid.rows[0].items():
        field, month = _field(cell), _exact_month(cell)
        if field is not None:
            fields[column] = field
        elif month is not None:
            months[column] = month
        else:
            mistakes.append(grid.mistake(cell, _unknown(cell)))
    found = Columns(fields, months, grid.rows[0])
    return found, [*mistakes, *_incomplete(grid, found, frame)]


def _field(cell: Cell) -> str | None:
    text = cell.text.strip()
    return text if text.startswith(FACTOR) and text != FACTOR else KNOWN.get(folded(text))


def _exact_month(cell: Cell) -> Month | None:
    """Return the month of a heading that is one without a guess: typed, or `YYYY-MM`."""
    is_exact = cell.kind == "date" or re.fullmatch(r"\d{4}-\d{2}", cell.text, re.ASCII)
    return month_of(cell) if is_exact else None


def _unknown(cell: Cell) -> str:
    day, month = serial(cell.text), month_of(cell)
    if day is not None:
        return f"{cell.text} is how a spreadsheet keeps {day}; write {Month.of(day)}"
    if cell.kind == "date":
        return f"{cell.text} is no first day of a month; write {cell.text[:7]}"
    if month is not None:
        return f"{cell.text!r} is no month as it is written here; write {month}"
    known = NAMES if not get_close_matches(folded(cell.text), KNOWN, 1) else KNOWN
    near = suggestion(cell.text, (*known, f"{FACTOR}NAME", "YYYY-MM"), "known headings")
    return f"unknown heading {cell.text!r}. {near}"


def _incomplete(grid: Grid, found: Columns, frame: Frame) -> Iterator[Mistake]:
    seen: dict[object, Cell] = {}
    for column, meaning in (*found.fields.items(), *found.months.items()):
        cell = found.heads[column]
        if meaning in seen:
            said = f"{cell.text!r} is {meaning} again, as {seen[meaning].text!r} in column "
            yield grid.mistake(cell, f"{said}{seen[meaning].column}; keep one")
        seen.setdefault(meaning, cell)
    first = next(iter(found.heads.values()))
    for field in ("id", "category"):
        if field not in seen:
            said = f"no column '{field}'; known headings of it: {', '.join(NAMES[field])}"
            yield grid.mistake(first, said)
    if found.months and frame.months:
        yield from _horizon(grid, found, frame.months)


def _horizon(grid: Grid, found: Columns, months: Sequence[Month]) -> Iterator[Mistake]:
    for column, month in found.months.items():
        if month not in months:
            said = f"{month} is not a month of the plan, {months[0]} to {months[-1]}; "
            yield grid.mistake(found.heads[column], f"{said}change the column or the plan")
    missing = [str(month) for month in months if month not in found.months.values()]
    if missing:
        said = f"no column for {', '.join(missing)}; write 0 where nothing is planned"
        yield grid.mistake(found.heads[min(found.months)], said)


def misplaced(
    grid: Grid, row: Mapping[int, Cell], found: Columns, frame: Frame
) -> Iterator[Mistake]:
    """Yield what the cells of a row are, that they must not be."""
    for column, cell in row.items():
        field = found.fields.get(column)
        if column not in found.heads:
            yield grid.mistake(cell, f"{cell.text!r} has no heading above it; write one")
        elif cell.kind == "date":
            said = f"{cell.text} is a day by its type; format the cell as text or number"
            yield grid.mistake(cell, f"{said}, and write it again")
        elif field == "po" and cell.kind == "number":
            said = f"{cell.text} is a number by its type, which loses zeros; format it as text"
            yield grid.mistake(cell, said)
        elif cell.kind == "number":
            yield from _shown(grid, cell, frame)
        elif field == "currency" and frame.currency and cell.text != frame.currency:
            said = f"{cell.text} is not the plan's {frame.currency}; convert the row, or part "
            yield grid.mistake(cell, f"{said}the plan")


def _shown(grid: Grid, cell: Cell, frame: Frame) -> Iterator[Mistake]:
    """Yield where a workbook shows a number as something else than the plan counts."""
    if "%" in cell.shown:
        yield grid.mistake(cell, f"{cell.text} is shown as percent; format it as a number")
    stated, rest = " ".join(_STATED.findall(cell.shown)), _STATED.sub("", cell.shown)
    codes = {*_CODE.findall(stated), *_CODE.findall(rest)}
    signs = [sign for sign in _SIGNS if sign in stated + rest]
    meant = {code for sign in signs for code in _SIGNS[sign]} | codes
    if frame.currency and meant and frame.currency not in meant:
        shown = ", ".join(sorted(codes) or signs)
        said = f"{cell.text} is shown in {shown}, the plan is in {frame.currency}; convert it"
        yield grid.mistake(cell, said)
