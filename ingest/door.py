"""Doors: what a place can tell about the way in, asked without reading or writing anything."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol


class Door(Protocol):
    """The way into a place that lies on a server."""

    def identity(self) -> str:
        """Return who we are there, as the provider names it; empty when it does not tell.

        Raises:
            SourceError: when the credentials are refused.
        """
        ...

    def clock(self) -> datetime | None:
        """Return what time it is there; None when the server does not tell."""
        ...

    def writable(self) -> bool | None:
        """Say whether we could write there; None when only writing would tell."""
        ...


def server_time(date: str) -> datetime | None:
    """Return the moment of a `Date` header, which is in UTC; None for what is no date."""
    try:
        return parsedate_to_datetime(date).replace(tzinfo=UTC)
    except ValueError:
        return None
