"""Clocks of a cluster: local times without a zone, as instants."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WRITTEN: Final = "2026-01-31T23:59:59"
_FORM: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}", re.ASCII)
_SECOND: Final = timedelta(seconds=1)


class ClockError(ValueError):
    """A time is none, or two times and their distance contradict each other."""


class Clock:
    """Reads the local times of one zone."""

    def __init__(self, zone: str) -> None:
        """Load the zone once for all times."""
        self._zone, self._name = ZoneInfo(zone), zone

    def instants(self, text: str) -> tuple[datetime, ...]:
        """Return the instants that a local time may be: two in the hour that comes twice.

        Raises:
            ClockError: for another form, or a time that the clocks leaped over.
        """
        local = _local(text)
        before, after = (local.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        if before.utcoffset() == after.utcoffset():
            return (before.astimezone(UTC),)
        both = (before.astimezone(UTC), after.astimezone(UTC))
        found = sorted({at for at in both if self._shown(at) == local})
        if not found:
            raise ClockError(f"is a time that the clocks of {self._name} leaped over")
        return tuple(found)

    def span(self, start: str, end: str | None, elapsed: int) -> tuple[datetime, datetime]:
        """Return when a job started and ended, of which `elapsed` seconds it ran.

        Of a time that comes twice the one counts that fits the seconds best. What has not
        ended lasted until now, which the seconds say.

        Raises:
            ClockError: when a time is none, or the job ran for longer than there was time.
        """
        starts, least = self.instants(start), max(0, elapsed - 1) * _SECOND
        if end is None:
            return starts[0], starts[0] + elapsed * _SECOND
        pairs = [(first, last) for first in starts for last in self.instants(end)]
        possible = [pair for pair in pairs if pair[1] - pair[0] >= least]
        if not possible:
            raise ClockError(f"is longer than from {start} to {end}")
        return min(possible, key=lambda pair: (pair[1] - pair[0], pair))

    def _shown(self, at: datetime) -> datetime:
        return at.astimezone(self._zone).replace(tzinfo=None)


def _local(text: str) -> datetime:
    try:
        if _FORM.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # a day that is in no calendar
        pass
    raise ClockError(f"is not a time written like {WRITTEN}")
