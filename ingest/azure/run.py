"""The newest run of a month: what one export delivered, before its data is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ingest.azure import layout
from ingest.azure.manifest import LIMIT, Manifest, key, parse
from ingest.bucket import Place
from ingest.files import found
from models.errors import AbsentError, BrokenError
from models.period import Month

_HINT: Final = "; data lies there without a manifest.json: if none ever comes, set manifest: false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run, as its manifest states it, or as its folder shows it.

    Attributes:
        address: Key of the manifest, or of the folder where there is none.
        manifest: The manifest's bytes; empty where there is none.
        version: The provider's id of the run, else its folder.
        keys: Data files in order.
        sizes, rows: What the manifest states of them, by key.
    """

    address: str
    manifest: bytes
    version: str
    keys: tuple[str, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stated:
    """A manifest that was read."""

    key: str
    home: str
    folder_time: datetime
    data: bytes
    content: Manifest

    @property
    def scope(self) -> str:
        """What was exported; two exports of the same are runs of one thing."""
        return self.content.scope or self.home

    @property
    def time(self) -> datetime:
        """When it ran."""
        return self.content.submitted or self.folder_time


@dataclass(frozen=True, slots=True)
class Export:
    """One place in which runs of one dataset lie.

    Attributes:
        source: Name of the source, for messages.
        dataset: `focus`, `actual` or `amortized`.
        place: Where.
        manifest: Whether runs have one, and count only then.
        files: Pattern of the names of files that are no run; empty for runs.
    """

    source: str
    dataset: str
    place: Place
    manifest: bool = True
    files: str = ""

    def listing(self) -> list[str]:
        """Return all keys of the place, by which runs are found.

        Raises:
            SourceError: when it cannot be listed.
        """
        return [] if self.files else list(self.place.keys(""))

    def newest(self, keys: Sequence[str], period: Month) -> Run:
        """Return the newest run of a month.

        Args:
            keys: The listing.
            period: The billing month.

        Raises:
            SourceError: when there is none, or nothing tells which one counts.
        """
        if self.files:
            return self._of_files(period)
        runs = layout.delivered(keys, period) if self.manifest else layout.bare(keys, period)
        newest = self._of_manifest(runs, period) if self.manifest else self._of_folder(runs, period)
        if newest:
            return newest
        hint = _HINT if self.manifest and layout.bare(keys, period) else ""
        raise AbsentError(self.source, self._named, f"nothing is delivered for {period}{hint}")

    def stands(self, run: Run, period: Month) -> bool:
        """Say whether a run that was found still lies there as it did.

        Raises:
            SourceError: when the place cannot be read any more.
        """
        if not run.manifest:
            return self.newest(self.listing(), period).keys == run.keys
        try:
            return self.read(run.address) == run.manifest
        except AbsentError:
            return False

    def read(self, address: str) -> bytes:
        """Return the bytes of a manifest; a huge one is refused before it fills the memory.

        Raises:
            SourceError: when it cannot be read.
        """
        data = bytearray()
        for chunk in self.place.read(address).chunks:
            data += chunk
            if len(data) > LIMIT:
                detail = f"the manifest is larger than {LIMIT} bytes"
                raise BrokenError(self.source, address, detail)
        return bytes(data)

    @property
    def _named(self) -> str:
        return f"{self.dataset} cost"

    def _of_files(self, period: Month) -> Run:
        keys = found(self.place, self.files, period)
        if not keys:
            raise AbsentError(self.source, self.files, f"no file has such a name for {period}")
        return Run(address=self.files, manifest=b"", version="", keys=tuple(keys))

    def _of_folder(self, runs: Sequence[layout.Run], period: Month) -> Run | None:
        """Return a run without a manifest: the newest folder, or the only one."""
        dated = all(run.is_dated for run in runs)
        if len({run.home for run in runs}) > 1 or (len(runs) > 1 and not dated):
            names = " and ".join(sorted(run.keys[0] for run in runs)[:2])
            detail = f"nothing tells whether {names} counts; name the right one with files"
            raise BrokenError(self.source, f"{self._named} of {period}", detail)
        newest = max(runs, key=lambda run: run.time, default=None)
        if newest is None:
            return None
        address = newest.keys[0].rpartition("/")[0]
        return Run(address=address, manifest=b"", version=address, keys=newest.keys)

    def _of_manifest(self, runs: Sequence[layout.Run], period: Month) -> Run | None:
        homes = sorted({run.home for run in runs})
        stated = [
            newest
            for home in homes
            if (newest := self._newest_of([run for run in runs if run.home == home], period))
        ]
        scopes = sorted({each.scope for each in stated})
        if len(scopes) > 1:
            detail = f"exports of {scopes[0]} and {scopes[1]} lie there; point at one of them"
            raise BrokenError(self.source, self._named, detail)
        newest = max(stated, key=lambda each: (each.time, each.key), default=None)
        return self._run(newest) if newest else None

    def _newest_of(self, runs: Sequence[layout.Run], period: Month) -> _Stated | None:
        """Return the newest manifest of one export that is of the dataset and month.

        Folders that tell their time are read from the newest one on, until one fits.
        """
        if all(run.is_dated for run in runs):
            newest_first = sorted(runs, key=lambda run: run.time, reverse=True)
            for run in newest_first:
                stated = self._stated(run)
                if self._fits(stated, period):
                    return stated
                if stated.content.dataset not in {"", self.dataset}:
                    return None  # an export is of one dataset
            return None
        fitting = [each for run in runs if self._fits(each := self._stated(run), period)]
        undated = [each for each in fitting if not each.content.submitted]
        if len(fitting) > 1 and undated:
            detail = "does not say when it was submitted, and others are of the same month"
            raise BrokenError(self.source, undated[0].key, f"the manifest {detail}")
        return max(fitting, key=lambda each: (each.time, each.key), default=None)

    def _stated(self, run: layout.Run) -> _Stated:
        address = run.keys[0]
        data = self.read(address)
        try:
            return _Stated(address, run.home, run.time, data, parse(data))
        except ValueError as error:
            raise BrokenError(self.source, address, f"the manifest {error}") from error

    def _fits(self, stated: _Stated, period: Month) -> bool:
        """Say whether a manifest is of the dataset and month; one of 2021 says neither."""
        content = stated.content
        if content.dataset and content.dataset != self.dataset:
            return False
        if content.first is None or content.last is None:
            return layout.month_of(stated.key) == period
        return layout.month(content.first.date(), content.last.date()) == period

    def _run(self, stated: _Stated) -> Run:
        try:
            blobs = {
                key(blob.name, stated.key): blob
                for blob in stated.content.blobs
                if blob.size or blob.rows or blob.size is None  # a part without any byte
            }
        except ValueError as error:
            raise BrokenError(self.source, stated.key, f"the manifest {error}") from error
        return Run(
            address=stated.key,
            manifest=stated.data,
            version=stated.content.run or stated.key.rpartition("/")[0],
            keys=tuple(blobs),
            sizes={name: blob.size for name, blob in blobs.items() if blob.size is not None},
            rows={name: blob.rows for name, blob in blobs.items() if blob.rows is not None},
        )
