"""How exports lay their runs: what the path of a file tells about its month and run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ingest.azure.manifest import NAME
from models.period import Month

_RANGE: Final = re.compile(r"(\d{8})-(\d{8})", re.ASCII)
_TIME: Final = re.compile(r"\d{12}", re.ASCII)
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_PART: Final = re.compile(r"(part[_-]?)?\d[\d_-]*", re.ASCII | re.IGNORECASE)
_DATA: Final = (".csv", ".csv.gz", ".parquet")
_NO_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an export, as its folder shows it.

    Attributes:
        home: The path without the folders of month and run: what names the export. The
            two documented orders, name before month and month before name, come out alike.
        time: From its folder `yyyyMMddHHmm`; the earliest moment where it has none.
        keys: Its manifest alone, or its data files in order where none has a manifest.
    """

    home: str
    time: datetime
    keys: tuple[str, ...]

    @property
    def is_dated(self) -> bool:
        """Whether its folder tells when it ran."""
        return self.time > _NO_TIME


def delivered(keys: Iterable[str], period: Month) -> list[Run]:
    """Return the runs of a month that have a manifest.

    Args:
        keys: What lies in the place, in order.
        period: The billing month; a path without a month may be of any.
    """
    found = (key for key in keys if is_manifest(key) and month_of(key) in {period, None})
    return [_run(key.split("/")[:-1], (key,)) for key in found]


def bare(keys: Iterable[str], period: Month) -> list[Run]:
    """Return the runs of a month by their folders, for exports that write no manifest."""
    folders: dict[str, list[str]] = {}
    for key in keys:
        if key.lower().endswith(_DATA) and month_of(key) == period:
            folders.setdefault(key.rpartition("/")[0], []).append(key)
    return [
        _run(folder.split("/"), part) for folder, held in folders.items() for part in _parts(held)
    ]


def is_manifest(key: str) -> bool:
    """Say whether a file is the manifest of a run."""
    return key.rpartition("/")[2].lower() == NAME


def _parts(keys: list[str]) -> list[tuple[str, ...]]:
    """Return numbered partitions as one run; another name is a run of its own."""
    stems = [key.rpartition("/")[2].partition(".")[0] for key in keys]
    if all(_PART.fullmatch(stem) for stem in stems):
        return [tuple(keys)]
    return [(key,) for key in keys]


def _run(folders: list[str], keys: tuple[str, ...]) -> Run:
    times = [folder for folder in folders if _TIME.fullmatch(folder)]
    home = [f for f in folders if not any(p.fullmatch(f) for p in (_RANGE, _TIME, _ID))]
    return Run("/".join(home), _time(times[-1]) if times else _NO_TIME, keys)


def _time(folder: str) -> datetime:
    try:
        return datetime.strptime(folder, "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return _NO_TIME


def month_of(key: str) -> Month | None:
    """Return the month that a folder `yyyyMMdd-yyyyMMdd` of the path spans, if it has one."""
    found = [match for folder in key.split("/") if (match := _RANGE.fullmatch(folder))]
    return month(*(_day(text) for text in found[-1].groups())) if found else None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def month(first: date | None, last: date | None) -> Month | None:
    """Return the month that lies from its first day to a later one of it, or to its end.

    The end of a month to date is any day of it, and some exports write the day after it.
    """
    if first is None or last is None or first.day != 1:
        return None
    inside = first <= last <= Month.of(first).last + timedelta(days=1)
    return Month.of(first) if inside else None
