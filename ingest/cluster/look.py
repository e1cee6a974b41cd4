"""Doctor's look into the newest file of usage: can it be read as it is declared?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from ingest.bucket import Place
from ingest.cluster.settings import Files
from ingest.cluster.text import TextError, lines
from ingest.files import found
from ingest.probe import Probe, failed, newest_file
from ingest.source import Finding, Source
from models.errors import BrokenError, SourceError
from models.period import Month

Count = Callable[[bytes], tuple[int, str]]  # how many rows, and what is wrong with one of them


def findings(
    source: Source,
    settings: Files,
    folder: Path,
    *,
    periods: Sequence[Month],
    at: datetime,
    count: Count,
) -> Iterator[Finding]:
    """Yield what was found at a place of files, and in the newest of them.

    Args:
        source: The source.
        settings: Its files.
        folder: The project folder.
        periods: Months of which the newest file is looked for.
        at: The present instant.
        count: Reads a file; raises TextError when it is not as declared.
    """

    def opened() -> Place:
        return settings.place(source.name, folder)

    look = newest_file(source.name, settings.pattern)
    yield from Probe(source=source, opened=opened, look=look).findings(periods, at)
    try:
        place = opened()
        months = sorted(periods, reverse=True)
        newest = next((keys[-1] for m in months if (keys := found(place, settings.pattern, m))), "")
        if newest:
            yield _schema(source.name, place, newest, count)
    except SourceError as error:
        yield failed("schema", error)


def _schema(source: str, place: Place, key: str, count: Count) -> Finding:
    data = b"".join(lines(place.read(key), source, key))
    try:
        rows, wrong = count(data)
    except TextError as error:
        raise BrokenError(source, error.place(key), error.detail) from error
    if wrong:
        return Finding("schema", "warn", f"{key}: {wrong}", "mend the file, or the settings")
    return Finding("schema", "ok", f"{key}: {rows} rows")
