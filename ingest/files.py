"""Deliveries that are files of a name pattern: no manifest says what belongs to a month."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ingest.arrival import whole
from ingest.bucket import Body, Place
from ingest.source import Document
from models.archive import Archive, ArrivalError
from models.errors import BrokenError
from models.period import Month

MONTH: Final = "{month}"  # 2026-08
COMPACT: Final = "{yyyymm}"  # 202608

Check = Callable[[Body, str, str], Iterator[bytes]]


def names_month(pattern: str) -> bool:
    """Say whether a pattern has one set of files a month, instead of one for all months."""
    return MONTH in pattern or COMPACT in pattern


def found(place: Place, pattern: str, period: Month) -> list[str]:
    """Return the keys of a month's files, in order.

    Args:
        place: Where they lie.
        pattern: Key with `*` and `?`, and the month as `{month}` or `{yyyymm}`.
        period: The billing month.

    Raises:
        SourceError: when the place cannot be listed.
    """
    wanted = pattern.replace(MONTH, str(period)).replace(COMPACT, str(period).replace("-", ""))
    fixed = wanted[: min((wanted.index(mark) for mark in "*?" if mark in wanted), default=None)]
    glob = wanted.replace("[", "[[]")
    return sorted(key for key in place.keys(fixed) if fnmatch.fnmatchcase(key, glob))


def stored(
    place: Place, keys: Sequence[str], archive: Archive, source: str, check: Check = whole
) -> tuple[Document, ...]:
    """Bring objects into the archive, each checked on its way.

    Raises:
        SourceError: when one is not there, not whole, or not what the place says it is.
    """
    return tuple(_stored(place, key, archive, source, check) for key in keys)


def _stored(place: Place, key: str, archive: Archive, source: str, check: Check) -> Document:
    body = place.read(key)
    try:
        kept = archive.put(
            check(body, source, key),
            size=body.size,
            sha256=body.sha256 or None,
            md5=body.md5 or None,
        )
    except ArrivalError as error:
        raise BrokenError(source, key, error.detail) from error
    return Document(key, kept.sha256, kept.size)
