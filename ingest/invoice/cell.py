"""One cell, read strictly as declared: a number of one locale, a date of one format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from models.money import SCALE, exact

WHOLE_DIGITS: Final = 18  # a bill beyond this is a slip; Decimal(38, 18) could hold two more
_SPACES: Final = str.maketrans({"\u00a0": " ", "\u202f": " "})
_CENTURY: Final = 2000
# where a sign may stand beside a currency and the digits; a plus only in front
_FORMS: Final = {
    "plain": ("[+]?{left}{digits}{right}",),
    "minus": ("(?P<minus>-)?{left}{digits}{right}", "{left}(?P<minus>-)?{digits}{right}"),
    "trailing": ("{left}{digits}(?P<minus>-)?{right}", "{left}{digits}{right}(?P<minus>-)?"),
    "parentheses": (
        r"(?P<paren>\(){left}{digits}{right}\)",
        r"{left}(?P<paren>\(){digits}\){right}",
    ),
}
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

    def __init__(
        self, settings: Locale, negative: Sequence[str] = ("minus",), signs: Sequence[str] = ()
    ) -> None:
        """Compile the patterns once for all cells.

        Args:
            settings: How numbers and dates are written.
            negative: How negative numbers are: `minus`, `trailing`, `parentheses`.
            signs: Signs of currencies that may stand before or after an amount.
        """
        self._thousands, self._decimal = settings.thousands, settings.decimal
        self._number = re.compile(_number_pattern(settings, negative, signs), re.ASCII)
        self._date = re.compile(_date_pattern(settings.dates), re.ASCII)
        self._dates = settings.dates
        self._shown = _example(settings, negative)

    def number(self, field: str, value: str) -> Decimal:
        """Return a number exactly as printed, its sign only where it is declared to stand.

        Raises:
            CellError: for anything else, an exponent or an undeclared currency sign included.
        """
        found = self._number.fullmatch(value.translate(_SPACES))
        if not found:
            raise CellError(field, value, f"is not a number written like {self._shown}")
        parts = {
            name.rstrip("0123456789"): part for name, part in found.groupdict().items() if part
        }
        digits = (
            parts["digits"].replace(self._thousands, "") if self._thousands else parts["digits"]
        )
        number = within(field, value, exact(digits.replace(self._decimal, ".")))
        return number.copy_negate() if parts.get("minus") == "-" or "paren" in parts else number

    def sign(self, value: str) -> str:
        """Return the currency sign in an amount; empty for none."""
        found = self._number.fullmatch(value.translate(_SPACES))
        parts = found.groupdict() if found else {}
        return next((part for name, part in parts.items() if part and name.startswith("sign")), "")

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


def within(field: str, value: str, number: Decimal) -> Decimal:
    """Return a number that has no more digits than money has in frames.

    Raises:
        CellError: for one that has.
    """
    if -int(number.as_tuple().exponent) > SCALE or number.adjusted() >= WHOLE_DIGITS:
        raise CellError(field, value, f"has more than {SCALE} digits before or after the mark")
    return number


def _number_pattern(settings: Locale, negative: Sequence[str], signs: Sequence[str]) -> str:
    """Return one alternative for each way in which a sign and a currency may stand."""
    mark, decimal = re.escape(settings.thousands), re.escape(settings.decimal)
    grouped = f"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|" if mark else ""
    digits = f"(?:{grouped}[0-9]+)(?:{decimal}[0-9]+)?|{decimal}[0-9]+"
    known = "|".join(re.escape(sign.translate(_SPACES)) for sign in signs)
    before, after = (
        (f"(?:(?P<sign>{known}) ?)?", f"(?: ?(?P<sign>{known}))?") if known else ("", "")
    )
    forms = [form for name in ("plain", *negative) for form in _FORMS[name]]
    ways = []
    for number, form in enumerate(dict.fromkeys(forms)):
        for side, (left, right) in enumerate(((before, ""), ("", after))):
            text = form.format(left=left, right=right, digits=f"(?P<digits>{digits})")
            ways.append(re.sub(r"\(\?P<([a-z]+)>", rf"(?P<\g<1>{number}{side}>", text))
    return "|".join(ways)


def _example(settings: Locale, negative: Sequence[str]) -> str:
    """Return a number as it should be written; a negative one where those are special."""
    shown = f"1{settings.thousands}234{settings.decimal}56"
    ends = {"trailing": ("", "-"), "parentheses": ("(", ")")}
    ways = [f"{ends[each][0]}{shown}{ends[each][1]}" for each in negative if each in ends]
    return " or ".join([shown, *ways])


def _date_pattern(dates: str) -> str:
    pattern = re.escape(dates.removesuffix("*"))
    for directive, cells in _DATE_CELLS.items():
        pattern = pattern.replace(re.escape(directive), cells)
    return f"{pattern}(?:[T ][0-9:.+Z -]*)?" if dates.endswith("*") else pattern
