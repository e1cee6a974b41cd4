"""Headings of a plan's sheet: names that are known, and months however they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from models.period import Month
from models.plan.grid import Cell

# field of an item: how the headings of sheets name it, as `folded` writes them
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "item", "item id", "line", "line item"),
    "category": ("category", "tco category", "tco term"),
    "term": ("term", "sub term", "subcategory", "sub category"),
    "amount": ("amount", "total", "cost", "budget", "total cost", "planned amount"),
    "quantity": ("quantity", "qty"),
    "unit": ("unit", "uom"),
    "unit_price": ("unit price", "price", "unit cost", "rate"),
    "currency": ("currency", "ccy"),
    "price_basis": ("price basis",),
    "phasing": ("phasing", "method"),
    "role": ("role",),
    "po": ("po", "purchase order"),
    "levers": ("levers",),
    "assumed": ("assumed",),
    "note": ("note", "notes", "comment", "comments"),
}
KNOWN: Final = {name: field for field, names in NAMES.items() for name in names}
FACTOR: Final = "quantity."  # begins the heading of a factor, as in quantity.runs

_DAY_ZERO: Final = date(1899, 12, 30)  # of serials, from March 1900 on
_SERIALS: Final = (36_526, 73_050)  # the years 2000 to 2099
_ENGLISH: Final = ("jan", "feb", "mar", "apr", "may", "jun",
                   "jul", "aug", "sep", "oct", "nov", "dec")  # fmt: skip
_GERMAN: Final = {"mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}
_WORDS: Final = {**{name: number for number, name in enumerate(_ENGLISH, 1)}, **_GERMAN}
_NUMBERED: Final = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]0?1)?|(\d{1,2})[-/.](\d{4})", re.ASCII)
_NAMED: Final = re.compile(r"([^\W\d]{3,9})\.?[ -/']*((?:20)?\d{2})")
_CENTURY: Final = 2000


def folded(text: str) -> str:
    """Return a heading as it is compared: small letters, one space between words."""
    return " ".join(re.split(r"[\s_-]+", text.strip().casefold()))


def serial(text: str) -> date | None:
    """Return the day that a whole number is to a spreadsheet, if it is one of this century."""
    if not re.fullmatch(r"\d{5}", text, re.ASCII) or not _SERIALS[0] <= int(text) <= _SERIALS[1]:
        return None
    return _DAY_ZERO + timedelta(days=int(text))


def month_of(cell: Cell) -> Month | None:
    """Return the month that a heading means, however it is written; None for another heading."""
    day = serial(cell.text)
    if day is None and cell.kind == "date":
        day = date.fromisoformat(cell.text[:10])
    if day is not None:
        return Month.of(day) if day.day == 1 else None
    return _month(cell.text.strip().casefold())


def _month(text: str) -> Month | None:
    numbered = _NUMBERED.fullmatch(text)
    if numbered:
        year, number = numbered[1] or numbered[4], numbered[2] or numbered[3]
        return _valid(int(year), int(number))
    named = _NAMED.fullmatch(text)
    number = _WORDS.get(named[1][:3], 0) if named else 0
    return _valid(int(named[2]) % 100 + _CENTURY, number) if named else None


def _valid(year: int, number: int) -> Month | None:
    return Month(year, number) if 1 <= number <= 12 else None  # noqa: PLR2004 - months in a year
