"""Loading documents on an engine: each apart, and what they became put together again."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.load import Loaded, LoadedDelivery, load_document, together
from ingest.source import Delivery, Document, Source
from models.archive import Archive
from models.depot import Depot
from models.errors import SourceError, StoreError
from models.lake import Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """One document to load, with all that another process needs for it."""

    source: Source
    document: Document
    delivery: Delivery
    archive: Archive
    lake: Lake

    @property
    def name(self) -> str:
        """Source and document."""
        return f"{self.source.name}: {self.document.name}"

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return self.document.size


def load(task: Loading) -> Loaded | SourceError:
    """Return what a document became; why it was refused is an answer, others go on.

    Raises:
        StoreError: when the document is damaged, or the lake cannot be written.
    """
    archive, lake = near_archive(task.archive), near_lake(task.lake)
    try:
        return load_document(task.source, task.document, task.delivery, archive, lake)
    except SourceError as error:
        return error


def near_archive(archive: Archive) -> Archive:
    """Return the archive as this machine has it: a folder of the project, or a cache of its own.

    Raises:
        StoreError: when this machine has no way to the documents.
    """
    cache = _cache(archive.folder, archive.depot)
    return Archive(cache, archive.depot) if cache else archive


def near_lake(lake: Lake) -> Lake:
    """Return the lake as this machine has it; see `near_archive`."""
    cache = _cache(lake.folder, lake.depot)
    return Lake(cache, lake.depot) if cache else lake


def _cache(folder: Path, depot: Depot | None) -> Path | None:
    """Return a folder of this machine, where the one of the project is not; else None."""
    if folder.parent.is_dir():
        return None
    if depot is None:
        raise StoreError(
            f"{folder}: is not on the machine {os.uname().nodename}; write `storage` into "
            "trueup.yaml, or share the folder"
        )
    return Path(tempfile.gettempdir()) / f"trueup-{os.getuid()}-{depot.id}" / folder.name


@dataclass(slots=True, eq=False)
class Arrival:
    """A delivery while its documents are loaded, in order.

    Attributes:
        asked: Documents handed to the engine.
        is_whole: Whether no other will be.
        error: Why one of them was refused; the others do not matter then.
    """

    delivery: Delivery
    asked: int = 0
    is_whole: bool = False
    answers: list[Loaded] = field(default_factory=list)
    error: SourceError | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is under way."""
        is_asked = self.is_whole or self.error is not None
        return is_asked and (self.error is not None or len(self.answers) == self.asked)

    def loaded(self) -> LoadedDelivery:
        """Return what it became.

        Raises:
            SourceError: when a document was refused, or is listed twice.
        """
        if self.error is not None:
            raise self.error
        return together(self.delivery, self.answers)


class Arrivals:
    """Deliveries in the order in which they came, each until all of it is loaded."""

    def __init__(self, archive: Archive, lake: Lake) -> None:
        """Load documents from the archive into the lake."""
        self.archive, self.lake = archive, lake
        self._waiting = deque[Arrival]()
        self._asked = deque[Arrival]()

    def tasks(self, source: Source, delivery: Delivery) -> Iterator[Loading]:
        """Yield its documents; none after one that was refused."""
        self._waiting.append(arrival := Arrival(delivery))
        arrival.is_whole = not delivery.documents
        for count, document in enumerate(delivery.documents, 1):
            if arrival.error is not None:
                break
            arrival.asked, arrival.is_whole = count, count == len(delivery.documents)
            self._asked.append(arrival)
            yield self._task(source, document, delivery)

    def take(self, answer: Loaded | SourceError) -> None:
        """Keep the answer to the oldest task without one."""
        arrival = self._asked.popleft()
        if isinstance(answer, Loaded):
            arrival.answers.append(answer)
        else:
            arrival.error = arrival.error or answer

    def over(self) -> Iterator[Arrival]:
        """Yield the deliveries that are over, as far as none before them is under way."""
        while self._waiting and self._waiting[0].is_over:
            yield self._waiting.popleft()

    def _task(self, source: Source, document: Document, delivery: Delivery) -> Loading:
        return Loading(
            source=source,
            document=document,
            delivery=delivery,
            archive=self.archive,
            lake=self.lake,
        )
