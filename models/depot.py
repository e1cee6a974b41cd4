"""A depot: files that several machines share, of which the folder of each is a cache.

A file in it has a name that says what it holds, is written once, and is never changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from models.durable import part_in, place, storing
from models.errors import StoreError

_MARK: Final = ".depot"  # names the depot that all files of a folder are in


class Depot(Protocol):
    """Where shared files lie; keys have `/` between their parts. It can be pickled."""

    @property
    def id(self) -> str:
        """What tells it from every other one; a few characters, fit for a name of a folder."""
        ...

    @property
    def root(self) -> str:
        """Its address, for people."""
        ...

    def has(self, key: str) -> bool:
        """Say whether a file is there.

        Raises:
            StoreError: when the depot cannot be asked; so do all of these.
        """
        ...

    def size(self, key: str) -> int:
        """Return the bytes of a file; zero when it is not there."""
        ...

    def fetch(self, key: str, target: Path) -> bool:
        """Write a file's bytes, which are proved; say whether it was there at all."""
        ...

    def put(self, key: str, file: Path) -> bool:
        """Store a file; False, and nothing is changed, when one of that name is there."""
        ...

    def remove(self, key: str) -> None:
        """Remove a file; one that is not there is no fault."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix, in order."""
        ...


class Shelf:
    """One folder of a machine in front of a part of a depot, or the folder alone."""

    def __init__(self, folder: Path, depot: Depot | None, name: str) -> None:
        """Use a folder.

        Args:
            folder: The folder; with a depot it may be deleted at any time.
            depot: The depot, if there is one.
            name: The part of the depot that belongs to the folder.
        """
        self.folder, self.depot, self.name = folder, depot, name

    def fetch(self, path: Path) -> bool:
        """Bring a file of the folder from the depot; say whether it was there."""
        if self.depot is None:
            return False
        with part_in(path.parent) as part:
            if not self.depot.fetch(self._key(path), part):
                return False
            with storing(path):
                place(part, path)
        return True

    def keep(self, part: Path, path: Path) -> None:
        """Give a finished file its name, in the depot first: what is here is there, too.

        Where another machine was quicker its file counts, here as there.
        """
        if self.depot is not None and not self.depot.put(self._key(path), part):
            self.fetch(path)
            return
        place(part, path)

    def has(self, path: Path) -> bool:
        """Say whether a file is here, or in the depot."""
        return path.exists() or (self.depot is not None and self.depot.has(self._key(path)))

    def size(self, path: Path) -> int:
        """Return the bytes of a file that is here, or in the depot."""
        if self.depot is None or path.exists():
            return path.stat().st_size
        return self.depot.size(self._key(path))

    def remove(self, path: Path) -> None:
        """Remove a file from the depot; the folder's own is not looked at."""
        if self.depot is not None:
            self.depot.remove(self._key(path))

    def beginning(self, below: str) -> Iterator[Path]:
        """Yield where files of the depot would lie in the folder."""
        if self.depot is not None:
            for key in self.depot.keys(f"{self.name}/{below}"):
                yield self.folder / key.removeprefix(f"{self.name}/")

    def settle(self, files: Iterator[Path]) -> None:
        """Bring files into the depot that were here before there was one; once a folder.

        Raises:
            StoreError: when the folder is a cache of another depot.
        """
        if self.depot is None:
            return
        mark = self.folder / _MARK
        with storing(mark):
            told = mark.read_text("utf-8") if mark.exists() else ""
            if told and told != self.depot.root:
                raise StoreError(
                    f"{self.folder}: is a cache of {told}, not of {self.depot.root}; "
                    "delete the folder, or correct `storage` in trueup.yaml"
                )
            if not told:
                for path in files:
                    self.depot.put(self._key(path), path)
                with part_in(self.folder) as part:
                    part.write_text(self.depot.root, "utf-8")
                    place(part, mark)

    def _key(self, path: Path) -> str:
        return f"{self.name}/{path.relative_to(self.folder).as_posix()}"


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
