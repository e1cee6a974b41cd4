"""One cell, read strictly as declared: a number of one locale, a date of one format."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from models.money import SCALE, exact

WHOLE_DIGITS: Final = 18  # a bill beyond this is a slip; Decimal(38, 18) could hold two more
_SPACES: Final = str.maketrans({"\u00a0": " ", "\u202f": " "})
_CENTURY: Final = 2000
_DATE_CELLS: Final = {
    "%d": "(?P<day>[0-9]{1,2})",
    "%m": "(?P<month>[0-9]{1,2})",
    "%Y": "(?P<year>[0-9]{4})",
    "%y": "(?P<short>[0-9]{2})",
}


class CellError(ValueError):
    """A cell does not hold what its column promises; `field` names the column's meaning."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        """Keep place, value and reason apart, for the table of rejected rows."""
        self.field, self.value, self.reason = field, value, reason
        super().__init__(f"{field}: {value!r} {reason}")


class Locale(Protocol):
    """How one source writes numbers and dates."""

    @property
    def decimal(self) -> str:
        """Mark before the decimals."""
        ...

    @property
    def thousands(self) -> str:
        """Mark between thousands; empty for none."""
        ...

    @property
    def dates(self) -> str:
        """Format of dates, of %d, %m and %Y or %y."""
        ...


class Cells:
    """Reads cells by the locale of one source."""

    def __init__(self, settings: Locale) -> None:
        """Compile the patterns once for all cells."""
        self._thousands, self._decimal = settings.thousands, settings.decimal
        self._number = re.compile(_number_pattern(settings), re.ASCII)
        self._date = re.compile(_date_pattern(settings.dates), re.ASCII)
        self._dates = settings.dates

    def number(self, field: str, value: str) -> Decimal:
        """Return a number exactly as printed; a sign is only known in front of it.

        Raises:
            CellError: for anything else, an exponent or a currency sign included.
        """
        text = value.translate(_SPACES) if self._thousands == " " else value
        if not self._number.fullmatch(text):
            shown = f"1{self._thousands}234{self._decimal}56"
            raise CellError(field, value, f"is not a number written like {shown}")
        plain = text.replace(self._thousands, "") if self._thousands else text
        number = exact(plain.replace(self._decimal, "."))
        if -number.as_tuple().exponent > SCALE or number.adjusted() >= WHOLE_DIGITS:  # type: ignore[operator]  # exact is finite
            raise CellError(field, value, f"has more than {SCALE} digits before or after the mark")
        return number

    def day(self, field: str, value: str) -> date:
        """Return a date.

        Raises:
            CellError: for another format, or a day that is in no calendar.
        """
        found = self._date.fullmatch(value)
        if found is None:
            raise CellError(field, value, f"is not a date written like {self._dates}")
        parts = found.groupdict()
        year = int(parts["year"]) if "year" in parts else _CENTURY + int(parts["short"])
        try:
            return date(year, int(parts["month"]), int(parts["day"]))
        except ValueError as error:
            raise CellError(field, value, "is a day that is in no calendar") from error


def _number_pattern(settings: Locale) -> str:
    mark, decimal = re.escape(settings.thousands), re.escape(settings.decimal)
    grouped = f"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|" if mark else ""
    return f"[+-]?(?:(?:{grouped}[0-9]+)(?:{decimal}[0-9]+)?|{decimal}[0-9]+)"


def _date_pattern(dates: str) -> str:
    pattern = re.escape(dates)
    for directive, cells in _DATE_CELLS.items():
        pattern = pattern.replace(re.escape(directive), cells)
    return pattern
