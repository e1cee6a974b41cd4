"""The lake: derived Parquet files, each named by the hash of what it came from."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from models.beside import BESIDE
from models.durable import part_in, place, remove, storing, sweep

TABLES: Final = ("charges", "keys", "facts", "invoiced", "spend", "rejected", *BESIDE)

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

    def __init__(self, folder: Path) -> None:
        """Use the folder, which is made when the first file is written."""
        self.folder = folder

    def path(self, table: str, name: str) -> Path:
        """Return where a file of a table lies, written yet or not.

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
                place(part, target)
        return target

    def beginning(self, table: str, name: str) -> list[Path]:
        """Return the files of a table whose name is two hashes, the first one given."""
        return sorted(self.path(table, name).parent.glob(f"{name}-*.parquet"))

    def remove(self, path: Path) -> None:
        """Remove a file for good; only for one that nothing needs any more.

        Raises:
            StoreError: when the folder cannot be written.
            ValueError: for a path outside the lake.
        """
        if path != self.path(path.parent.name, path.stem):
            raise ValueError(f"{path}: is no file of the lake")
        with storing(path):
            remove(path)

    def sweep(self) -> None:
        """Remove what killed writers left; only for the process that holds the run lock."""
        for table in TABLES:
            with storing(self.folder / table):
                sweep(self.folder / table)

    def clear(self) -> None:
        """Remove every file, so that all is built again from the archive."""
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
        files = [path for path in self._files() if only is None or path in only]
        return input_hash(*(text for path in files for text in _named_hash(path)))

    def _files(self) -> list[Path]:
        found = (path for table in TABLES for path in (self.folder / table).glob("[!.]*.parquet"))
        return sorted(found)


def _named_hash(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        return f"{path.parent.name}/{path.name}", hashlib.file_digest(file, "sha256").hexdigest()
