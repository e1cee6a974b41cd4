"""The months of the demonstration, relative to a given day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from models.period import Month, months

HORIZON: Final = 12  # months of every plan
CLOSED: Final = 8  # of which have ended


@dataclass(frozen=True, slots=True)
class Calendar:
    """Eight ended months, one that runs up to yesterday, three to come."""

    today: date

    @property
    def last(self) -> Month:
        """The last month that has ended."""
        return Month.of(self.today) + -1

    @property
    def start(self) -> Month:
        """The first month of every plan."""
        return self.last + (1 - CLOSED)

    @property
    def billed(self) -> tuple[Month, ...]:
        """The months of which there are bills: the ended ones, and this one."""
        return months(self.start, CLOSED + 1)

    def number(self, month: Month) -> int:
        """Return how many months after the start a month is; 7 is the last that has ended."""
        return month - self.start

    def days(self, month: Month) -> tuple[date, ...]:
        """Return the days of a month up to yesterday."""
        every = (date(month.year, month.month, day) for day in range(1, month.days + 1))
        return tuple(day for day in every if day < self.today)
