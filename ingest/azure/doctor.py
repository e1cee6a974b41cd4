"""What `trueup doctor` asks of exports."""

from __future__ import annotations

from collections.abc import Callable, Generator

from ingest.azure.run import Export
from ingest.bucket import Place
from ingest.probe import Look, Probe
from ingest.source import Source
from models.errors import EmptyError
from models.period import Month


def probe(source: Source, opened: Callable[[], Export]) -> Probe:
    """Return the probe of the export of one dataset."""
    found: list[Export] = []

    def place() -> Place:
        found.append(opened())
        return found[-1].place

    def look(_: Place, month: Month) -> Look:
        return _look(found[-1], month)

    return Probe(source=source, opened=place, look=look)


def _look(export: Export, month: Month) -> Look:
    run = export.newest(export.listing(), month)
    if not run.keys:
        raise EmptyError(export.source, run.address, "the manifest lists no data")
    body = export.place.read(run.address if run.manifest else run.keys[-1])
    next(body.chunks, b"")
    if isinstance(body.chunks, Generator):
        body.chunks.close()  # and the connection with it
    return Look(document=run.address, data=run.keys[-1], modified=body.modified)
