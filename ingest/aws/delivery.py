"""Deliveries by manifest: read it, read what it lists, and read it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ingest.aws.layout import Layout
from ingest.aws.manifest import LIMIT, SUFFIX, Manifest
from ingest.bucket import Body, ChangedError, Place
from ingest.files import stored
from ingest.probe import Look
from ingest.source import Delivery, Document
from ingest.unpack import is_packed, unpacked
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError, SourceError
from models.period import Month

TRIES: Final = 3  # deliveries are hours apart: three changes in one read are no accident

Told = Callable[[Manifest, Document, Archive], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """All months of one report at one place.

    Attributes:
        source: Its name in the configuration.
        layout: How it is laid out.
        place: Where it lies.
        told: Tells the table of a delivery by its manifest, else by its first document.
    """

    source: str
    layout: Layout
    place: Place
    told: Told

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Bring the newest delivery of each period, as its manifest states it, or say why not."""
        for period in periods:
            try:
                if not self._is_known(period, known):
                    yield self._delivery(period, archive)
            except SourceError as error:
                yield error.of(period)

    def look(self, period: Month) -> Look:
        """Return what the newest manifest of a month states, and read no data.

        Raises:
            SourceError: when there is none, or it is not sound.
        """
        address, data = self._manifest(period)
        manifest = self._parsed(period, address, data)
        return Look(document=address, data=manifest.files[0], columns=manifest.columns)

    def _is_known(self, period: Month, known: Mapping[Month, str]) -> bool:
        """Say whether the manifest is the one that was loaded: then no data is read again."""
        if period not in known:
            return False
        return sha256(self._manifest(period)[1]).hexdigest() == known[period]

    def _delivery(self, period: Month, archive: Archive) -> Delivery:
        """Read manifest, data, and manifest again: a delivery that moved meanwhile is dropped."""
        address = ""
        for _ in range(TRIES):
            address, data = self._manifest(period)
            try:
                delivery = self._stored(period, archive, address, data)
            except ChangedError:
                continue
            except AbsentError as error:
                if self._manifest(period) != (address, data):
                    continue
                raise BrokenError(
                    self.source, error.document, f"{error.detail}, but the manifest lists it"
                ) from error
            if self._manifest(period) == (address, data):
                return delivery
        raise BrokenError(
            self.source, address, f"kept changing while it was read, {TRIES} times; run again later"
        )

    def _manifest(self, period: Month) -> tuple[str, bytes]:
        """Return the manifest of a period with its key: the report's own, else the only one."""
        home = self.layout.home(period)
        usual = f"{home}{self.layout.name}-{SUFFIX}"
        try:
            return usual, self._whole(usual)
        except AbsentError as error:
            others = [
                name
                for name in self.place.keys(home)
                if name.endswith(SUFFIX) and "/" not in name.removeprefix(home)
            ]
            if not others:
                raise AbsentError(
                    self.source, usual, "nothing is delivered for the month"
                ) from error
        if len(others) > 1:
            raise BrokenError(self.source, home, f"holds several manifests: {', '.join(others)}")
        return others[0], self._whole(others[0])

    def _whole(self, name: str) -> bytes:
        """Return a small object; a huge one is refused before it fills the memory."""
        body: Body = self.place.read(name)
        data = bytearray()
        for chunk in body.chunks:
            data += chunk
            if len(data) > LIMIT:
                raise BrokenError(self.source, name, f"the manifest is larger than {LIMIT} bytes")
        return bytes(data)

    def _parsed(self, period: Month, address: str, data: bytes) -> Manifest:
        try:
            manifest = self.layout.read(data, self.place.root, period)
        except ValueError as error:
            raise BrokenError(self.source, address, f"the manifest {error}") from error
        if not manifest.files:
            raise EmptyError(self.source, address, "the manifest lists no data file")
        return manifest

    def _stored(self, period: Month, archive: Archive, address: str, data: bytes) -> Delivery:
        manifest = self._parsed(period, address, data)
        kept = archive.put([data])
        documents = tuple(self._documents(manifest.files, archive))
        return Delivery(
            source=self.source,
            period=period,
            version=manifest.version,
            documents=documents,
            manifest=Document(address, kept.sha256, kept.size),
            table=self.told(manifest, documents[0], archive),
        )

    def _documents(self, keys: Sequence[str], archive: Archive) -> Iterator[Document]:
        for key in keys:
            if is_packed(key):
                yield from unpacked(self.place, key, archive, self.source)
            else:
                yield from stored(self.place, [key], archive, self.source)
