"""Months: UTC calendar months, half-open, the grain of plans and actuals."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

_TEXT = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One UTC calendar month, [first 00:00Z, next first 00:00Z)."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `YYYY-MM`.

        Raises:
            ValueError: if the text is not a month.
        """
        found = _TEXT.fullmatch(text)
        if not found or not 1 <= int(found[2]) <= 12:  # noqa: PLR2004 - months in a year
            raise ValueError(f"{text!r} is not a month; write YYYY-MM, for example 2026-10")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> Month:
        """Return the month that holds a day."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        """Return `YYYY-MM`."""
        return f"{self.year:04d}-{self.month:02d}"

    def __add__(self, months: int) -> Month:
        """Return the month that many months later; negative goes back."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __sub__(self, other: Month) -> int:
        """Return the number of months from `other` to this one."""
        return (self.year - other.year) * 12 + self.month - other.month

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """The last day, inclusive."""
        return date(self.year, self.month, self.days)

    @property
    def days(self) -> int:
        """How many days the month has."""
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def start(self) -> datetime:
        """The first instant, UTC."""
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first instant of the next month, UTC; exclusive."""
        return (self + 1).start


def months(first: Month, count: int) -> tuple[Month, ...]:
    """Return `count` consecutive months from the first."""
    return tuple(first + n for n in range(count))


def between(first: Month, last: Month) -> Iterator[Month]:
    """Yield the months from first to last, both included; nothing when last is earlier."""
    return (first + n for n in range(last - first + 1))
