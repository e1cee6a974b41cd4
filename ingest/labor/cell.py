"""One cell of a timesheet, read strictly as declared; no error repeats what the cell holds."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from ingest.labor.settings import Settings

HOUR: Final = 3600  # seconds
_DIRECTIVES: Final = {
    "%d": "(?P<day>[0-9]{1,2})",
    "%m": "(?P<month>[0-9]{1,2})",
    "%Y": "(?P<year>[0-9]{4})",
    "%y": "(?P<short>[0-9]{2})",
}
_CENTURY: Final = 2000
_HALF_DAY: Final = 12
_DURATIONS: Final = {
    "HH:MM": re.compile("([0-9]{1,4}):([0-5][0-9])"),
    "HH:MM:SS": re.compile("([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])"),
}
_CLOCKS: Final = {
    "24h": re.compile("([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"),
    "12h": re.compile("(0?[1-9]|1[0-2]):([0-5][0-9])(?::([0-5][0-9]))? ?([AaPp])[Mm]"),
}


class CellError(ValueError):
    """A cell does not hold what its column promises; `field` is of `Columns`."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep place and reason apart; the value is nobody's to see."""
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}")


class Cells:
    """Reads cells as one source declares them."""

    def __init__(self, settings: Settings) -> None:
        """Compile the patterns once for all cells."""
        self._settings = settings
        pattern = re.escape(settings.dates)
        for directive, cells in _DIRECTIVES.items():
            pattern = pattern.replace(re.escape(directive), cells)
        self._date = re.compile(pattern)
        self._decimal = re.compile(rf"[0-9]{{1,4}}(?:{re.escape(settings.decimal)}[0-9]{{1,9}})?")

    def day(self, field: str, value: str) -> date:
        """Return a date.

        Raises:
            CellError: for another format, a day that is in no calendar, or a slip in the year.
        """
        found = self._date.fullmatch(value)
        if found is None:
            raise CellError(field, f"is not a date written like {self._settings.dates}")
        parts = found.groupdict()
        year = int(parts["year"]) if "year" in parts else _CENTURY + int(parts["short"])
        if not _CENTURY <= year < _CENTURY + 100:
            raise CellError(field, "is a day of no year from 2000 to 2099")
        try:
            return date(year, int(parts["month"]), int(parts["day"]))
        except ValueError:
            raise CellError(field, "is a day that is in no calendar") from None

    def moment(self, day: str, clock: str, fields: tuple[str, str]) -> datetime:
        """Return a day and a time of day together, of no zone yet.

        Args:
            day: Text of the day.
            clock: Text of the time.
            fields: Names of both.

        Raises:
            CellError: for another format, or no such day.
        """
        found = _CLOCKS[self._settings.clock].fullmatch(clock)
        if found is None:
            shown = "17:30:00" if self._settings.clock == "24h" else "05:30:00 PM"
            raise CellError(fields[1], f"is not a time written like {shown}")
        hour, minute, second, *half = found.groups()
        hours = int(hour) if not half else int(hour) % _HALF_DAY
        later = _HALF_DAY if half and half[0] in "Pp" else 0
        of_day = time(hours + later, int(minute), int(second or 0))
        return datetime.combine(self.day(fields[0], day), of_day)

    def seconds(self, field: str, value: str) -> Decimal:
        """Return a duration, exactly: a third of an hour has no decimal, its seconds have.

        Raises:
            CellError: for another format, a negative number or a sign.
        """
        written = self._settings.layout.durations
        if written == "decimal":
            if not self._decimal.fullmatch(value):
                shown = f"7{self._settings.decimal}25"
                raise CellError(field, f"is not a number of hours written like {shown}")
            return Decimal(value.replace(self._settings.decimal, ".")) * HOUR
        found = _DURATIONS[written].fullmatch(value)
        if found is None:
            raise CellError(field, f"is not a duration written like {written}")
        hours, minutes, seconds = (int(part) for part in (*found.groups(), "0")[:3])
        return Decimal(hours * HOUR + minutes * 60 + seconds)
