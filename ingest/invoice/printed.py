"""Amounts and dates as they are printed in text of no declared locale: only what is certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("jan january januar jän jänner", "feb february februar", "mar march märz mär mrz"),
            *("apr april", "may mai", "jun june juni", "jul july juli", "aug august"),
            *("sep sept september", "oct october okt oktober", "nov november"),
            "dec december dez dezember",
        ),
        start=1,
    )
    for name in names.split()
}
_AMOUNT: Final = re.compile(
    r"(?<![\w.,'-])-?\d{1,3}(?:(?P<mark>[.,' \u00a0\u202f])\d{3})(?:(?P=mark)\d{3}){0,4}"
    r"(?:[.,]\d{2})?(?![\w]|[.,']\d)|(?<![\w.,'-])-?\d{1,15}(?:[.,]\d{2})?(?![\w]|[.,']\d)"
)
_ISO: Final = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", re.ASCII)
_DOTS: Final = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)", re.ASCII)
_SLASHES: Final = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)", re.ASCII)
_DAY_FIRST: Final = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|\.)? ([^\W\d]{3,9})\.?,? (\d{4})(?!\d)"
)
_MONTH_FIRST: Final = re.compile(r"\b([^\W\d]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?!\d)")


def amounts(text: str) -> Iterator[Decimal]:
    """Yield every amount that a text may show; one that can be read in two ways, both.

    `1.234` is a thousand and more, or one and a bit; `1.234,56` is certain.
    """
    for found in _AMOUNT.finditer(text):
        yield from _readings(found[0])
        parts = found[0].split()  # two columns, or one number with a space in it
        if len(parts) > 1:
            yield from (reading for part in parts for reading in _readings(part))


def _readings(printed: str) -> Iterator[Decimal]:
    digits = re.sub(r"[\s'\u00a0\u202f]", "", printed)
    head, mark, tail = digits[:-3], digits[-3:-2], digits[-2:]
    if mark in (".", ","):  # two digits behind the last mark
        yield Decimal(f"{head.replace('.', '').replace(',', '')}.{tail}")
        return
    yield Decimal(digits.replace(".", "").replace(",", ""))
    if len(re.findall("[.,]", digits)) == 1:
        yield Decimal(digits.replace(",", "."))


def days(text: str) -> Iterator[date]:
    """Yield the dates of a text in order; `03/04/2026`, which is two, is left out."""
    found = sorted(_found(text))
    yield from (day for _, day in found)


def _found(text: str) -> Iterator[tuple[int, date]]:
    for pattern, order in ((_ISO, (1, 2, 3)), (_DOTS, (3, 2, 1))):
        for each in pattern.finditer(text):
            yield from _dated(each, *(int(each[place]) for place in order))
    for each in _SLASHES.finditer(text):
        one, other, year = int(each[1]), int(each[2]), int(each[3])
        if one > 12 or other > 12 or one == other:  # noqa: PLR2004 - months
            yield from _dated(each, year, min(one, other), max(one, other))
    for pattern, name, day in ((_DAY_FIRST, 2, 1), (_MONTH_FIRST, 1, 2)):
        for each in pattern.finditer(text):
            if month := MONTHS.get(each[name].casefold()):
                yield from _dated(each, int(each[3]), month, int(each[day]))


def _dated(found: re.Match[str], year: int, month: int, day: int) -> Iterator[tuple[int, date]]:
    try:
        yield found.start(), date(year, month, day)
    except ValueError:
        return
