"""The lake: derived Parquet files, each named by the hash of what it came from."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from models.beside import BESIDE
from models.depot import Depot, Shelf, checksum
from models.durable import part_in, remove, storing, sweep

TABLES: Final = ("charges", "keys", "facts", "invoiced", "spend", "claims", "rejected", *BESIDE)

_NAME = re.compile(r"[0-9a-f]{1,64}(-[0-9a-f]{1,64})?")


def input_hash(*parts: str) -> str:
    """Return the name of a function's inputs: ("ab", "c") and ("a", "bc") differ."""
    whole = hashlib.sha256()
    for text in parts:
        data = text.encode()
        whole.update(b"%d:" % len(data))
        whole.update(data)
    return whole.hexdigest()


class Lake:
    """A folder of tables; a file in it is written once, never changed, and can be rebuilt."""

    def __init__(self, folder: Path, depot: Depot | None = None) -> None:
        """Use the folder, which is made when the first file is written.

        With a depot every file is there, and the folder is a cache that may be deleted.
        """
        self.folder, self.depot = folder, depot
        self._shelf = Shelf(folder, depot, "lake")

    def path(self, table: str, name: str) -> Path:
        """Return where a file of a table lies, written yet or not; it is fetched if need be.

        Raises:
            StoreError: when the depot cannot be read.
            ValueError: for another table, or a name that is not one or two hashes.
        """
        path = self.place(table, name)
        if self.depot is not None and not path.exists():
            self._shelf.fetch(path)
        return path

    def place(self, table: str, name: str) -> Path:
        """Return where a file of a table would lie, and look for nothing.

        Raises:
            ValueError: for another table, or a name that is not one or two hashes.
        """
        if table not in TABLES:
            raise ValueError(f"{table!r} is not a table of the lake; one of {', '.join(TABLES)}")
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a lake file; one hash, or two with a -")
        return self.folder / table / f"{name}.parquet"

    def write(self, table: str, name: str, writer: Callable[[Path], object]) -> Path:
        """Return the file, which `writer` fills first if it is not there yet.

        Raises:
            StoreError: when the folder cannot be written; no file of that name appears.
        """
        target = self.path(table, name)
        if not target.exists():
            with storing(target), part_in(target.parent) as part:
                writer(part)
                self._shelf.keep(part, target)
        return target

    def has(self, path: Path) -> bool:
        """Say whether a file of the lake is there, in the folder or the depot."""
        return self._shelf.has(path)

    def size(self, path: Path) -> int:
        """Return the bytes of a file that is there."""
        return self._shelf.size(path)

    def beginning(self, table: str, name: str) -> list[Path]:
        """Return the files of a table whose name is two hashes, the first one given."""
        here = self.place(table, name).parent.glob(f"{name}-*.parquet")
        return sorted({*here, *self._shelf.beginning(f"{table}/{name}-")})

    def remove(self, path: Path) -> None:
        """Remove a file for good; only for one that nothing needs any more.

        Raises:
            StoreError: when the folder cannot be written.
            ValueError: for a path outside the lake.
        """
        if path != self.place(path.parent.name, path.stem):
            raise ValueError(f"{path}: is no file of the lake")
        self._shelf.remove(path)
        with storing(path):
            remove(path)

    def sweep(self) -> None:
        """Remove what killed writers left; only for the process that holds the run lock."""
        for table in TABLES:
            with storing(self.folder / table):
                sweep(self.folder / table)

    def settle(self) -> None:
        """Bring files into the depot that were here before there was one.

        Raises:
            StoreError: when the folder is a cache of another depot.
        """
        self._shelf.settle(iter(self._here()))

    def clear(self) -> None:
        """Remove every file, so that all is built again from the archive."""
        for path in self._shelf.beginning(""):
            self._shelf.remove(path)
        for table in TABLES:
            folder = self.folder / table
            if folder.exists():
                with storing(folder):
                    shutil.rmtree(folder)

    def digest(self, only: Collection[Path] | None = None) -> str:
        """Return one hash over the names and bytes of files, wherever the lake lies.

        Args:
            only: These files alone, as far as they are there; all unless given.
        """
        files = sorted(self.path(each.parent.name, each.stem) for each in self._files(only))
        return input_hash(*(text for path in files for text in _named_hash(path)))

    def _files(self, only: Collection[Path] | None) -> set[Path]:
        if only is not None:
            return {path for path in only if self.has(path)}
        return {*self._here(), *self._shelf.beginning("")}

    def _here(self) -> list[Path]:
        return [path for table in TABLES for path in (self.folder / table).glob("[!.]*.parquet")]


def _named_hash(path: Path) -> tuple[str, str]:
    return f"{path.parent.name}/{path.name}", checksum(path)
