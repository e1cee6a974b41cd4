"""The month of the work in the words of a line, by a declared pattern such as {Month} {year}."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final

NAMES: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
DIRECTIVES: Final = {
    "{Month}": f"(?P<name>{'|'.join(NAMES)})",
    "{month}": "(?P<month>0?[1-9]|1[0-2])",
    "{year}": "(?P<year>20[0-9]{2})",
}
LONGEST: Final = 40  # of a pattern


def pattern(written: str) -> re.Pattern[str] | None:
    """Return what finds a month that is written so; None when it says none, or two."""
    names = written.count("{Month}") + written.count("{month}")
    if names != 1 or written.count("{year}") != 1 or len(written) > LONGEST:
        return None
    found = re.escape(written)
    for directive, part in DIRECTIVES.items():
        found = found.replace(re.escape(directive), part)
    return re.compile(rf"(?<![0-9A-Za-z]){found}(?![0-9A-Za-z])", re.IGNORECASE | re.ASCII)


def months(written: re.Pattern[str], text: str) -> list[tuple[date, date]]:
    """Return first and last day of every month that a text names, each once."""
    found = {_month(match.groupdict()) for match in written.finditer(text)}
    return [
        (date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        for year, month in sorted(found)
    ]


def _month(parts: dict[str, str]) -> tuple[int, int]:
    name = parts.get("name", "").lower()
    return int(parts["year"]), NAMES.index(name) + 1 if name else int(parts["month"])
