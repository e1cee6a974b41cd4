"""A witness: which documents of the archive were proved, and that their files are the same since.

Reading all documents of all closed months at every start would take minutes. Who writes into a
file changes the time at which it was changed last, which no program can set: only files of
which that, their size or their place differs from what was noted are read again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from models.archive import Archive
from models.durable import part_in, place, storing

_KEPT: Final = ("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino", "st_dev")


class Witness:
    """What was proved, noted in a file that may be deleted: then all is proved again."""

    def __init__(self, archive: Archive, file: Path) -> None:
        """Read what was noted; what cannot be read was not."""
        self._archive, self._file, self._known = archive, file, _noted(file)
        self._is_new = False

    def prove(self, sha256: str) -> None:
        """Prove that a document is sound, by its bytes unless it was, and is the same file.

        What lies in a depot alone is proved when it is fetched.

        Raises:
            StoreError: when it is missing or damaged.
        """
        signs = _signs(self._archive.local(sha256))
        if signs is None and self._archive.depot is not None and sha256 in self._archive:
            return
        if signs is None or self._known.get(sha256) != signs:
            self._archive.path(sha256)
            self._known[sha256] = _signs(self._archive.local(sha256)) or []
            self._is_new = True

    def keep(self) -> None:
        """Note what was proved, for the next time.

        Raises:
            StoreError: when the folder cannot be written.
        """
        if self._is_new:
            with part_in(self._file.parent) as part, storing(self._file):
                part.write_text(json.dumps(self._known, sort_keys=True), encoding="utf-8")
                place(part, self._file)
            self._is_new = False


def _noted(file: Path) -> dict[str, list[int]]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _signs(path: Path) -> list[int] | None:
    """Return what changes when somebody writes into a file; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return [int(getattr(found, name)) for name in _KEPT]
