"""The archive: every document byte for byte, under the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from models.depot import Depot, Shelf, checksum
from models.durable import PART, part_in, private_folder, remove, storing, sweep
from models.errors import StoreError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESTORE: Final = "restore it from a backup or its source"


@dataclass(frozen=True, slots=True)
class Stored:
    """A document in the archive; `size` in bytes."""

    sha256: str
    size: int


class ArrivalError(StoreError):
    """What arrived is not what the source stated; nothing was stored."""

    def __init__(self, detail: str) -> None:
        """Say what differs; the caller knows which document of which source it was."""
        self.detail = detail
        super().__init__(detail)


class Archive:
    """A folder of documents named by their own hash, so that no source can name a path."""

    def __init__(self, folder: Path, depot: Depot | None = None) -> None:
        """Use the folder, which is made when the first document arrives.

        With a depot every document is there, and the folder is a cache that may be deleted.
        """
        self.folder, self.depot = folder, depot
        self._shelf = Shelf(folder, depot, "archive")

    def put(
        self,
        chunks: Iterable[bytes],
        *,
        size: int | None = None,
        sha256: str | None = None,
        md5: str | None = None,
    ) -> Stored:
        """Store a document while it arrives; the same bytes again change nothing.

        Args:
            chunks: The bytes, in order.
            size: Bytes the source states.
            sha256: Checksum the source states, in hexadecimal.
            md5: Another one, as object stores state it.

        Raises:
            ArrivalError: when the bytes differ from what was stated.
            StoreError: when the folder cannot be written.
        """
        with part_in(self.folder) as part:
            with storing(self.folder):
                out = part.open("wb", buffering=0)
            with out:
                arrived = _received(out, chunks, size=size, with_md5=md5 is not None)
            _compare("SHA-256", arrived.sha256, sha256)
            _compare("MD5", arrived.md5, md5)
            with storing(self.folder):
                self._keep(part, arrived.sha256)
        return Stored(arrived.sha256, arrived.size)

    def path(self, sha256: str) -> Path:
        """Return where a document lies, after reading all of it to prove it is sound.

        Raises:
            StoreError: when it is missing or damaged.
        """
        target = self._target(sha256)
        try:
            sound = self._sound(target, sha256)
        except FileNotFoundError as error:
            raise StoreError(f"document {sha256}: not in the archive; {_RESTORE}") from error
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(
                f"document {sha256}: cannot be read from the archive: {reason}; "
                f"mend its rights, or {_RESTORE}"
            ) from error
        if not sound:
            raise StoreError(f"document {sha256}: damaged in the archive; {_RESTORE}")
        return target

    def local(self, sha256: str) -> Path:
        """Return where a document lies on this machine, there or not; nothing is proved."""
        return self._target(sha256)

    def __contains__(self, sha256: str) -> bool:
        """Whether a document of that hash is there; `path` says whether it is sound."""
        return self._shelf.has(self._target(sha256))

    def size(self, sha256: str) -> int:
        """Return the bytes of a document that is there."""
        return self._shelf.size(self._target(sha256))

    def beginning(self, start: str) -> list[str]:
        """Return the hashes of the documents that begin with two digits or more."""
        here = self.folder.glob(f"{start[:2]}/{start}*")
        there = self._shelf.beginning(f"{start[:2]}/{start}")
        return sorted({path.name for path in (*here, *there)})

    def remove(self, sha256: str) -> None:
        """Remove a document for good; only for one that nothing needs any more.

        Raises:
            StoreError: when the folder cannot be written.
        """
        target = self._target(sha256)
        self._shelf.remove(target)
        with storing(target):
            remove(target)

    def sweep(self) -> None:
        """Remove what killed writers left; only for the process that holds the run lock."""
        with storing(self.folder):
            sweep(self.folder)
            for folder in self.folder.glob("??"):
                sweep(folder)

    def settle(self) -> None:
        """Bring documents into the depot that were here before there was one.

        Raises:
            StoreError: when the folder is a cache of another depot.
        """
        self._shelf.settle(path for path in self.folder.glob("??/*") if path.suffix != PART)

    def _target(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise StoreError(f"document {sha256!r}: not a SHA-256 of 64 hexadecimal digits")
        return self.folder / sha256[:2] / sha256

    def _keep(self, part: Path, sha256: str) -> None:
        target = self._target(sha256)
        if not (target.exists() and _is_sound(target, sha256)):  # fetching again heals
            private_folder(target.parent)
            self._shelf.keep(part, target)

    def _sound(self, target: Path, sha256: str) -> bool:
        """Say whether a document is what it should be; a cache is mended first."""
        if self.depot is not None and not (target.is_file() and _is_sound(target, sha256)):
            self._shelf.fetch(target)
        return _is_sound(target, sha256)


@dataclass(frozen=True, slots=True)
class _Arrived:
    size: int
    sha256: str
    md5: str | None


def _received(
    out: FileIO, chunks: Iterable[bytes], *, size: int | None, with_md5: bool
) -> _Arrived:
    sha256, md5, count = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    for chunk in chunks:
        count += len(chunk)
        if size is not None and count > size:
            raise ArrivalError(f"more than the {size} bytes stated arrived; fetch it again")
        sha256.update(chunk)
        if with_md5:
            md5.update(chunk)
        _write(out, chunk)
    if size is not None and count < size:
        raise ArrivalError(f"only {count} of the {size} bytes stated arrived; fetch it again")
    return _Arrived(count, sha256.hexdigest(), md5.hexdigest() if with_md5 else None)


def _write(out: FileIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    with storing(Path(str(out.name)).parent):
        while rest:
            rest = rest[out.write(rest) :]


def _compare(what: str, arrived: str | None, stated: str | None) -> None:
    if stated is not None and arrived != stated.lower():
        raise ArrivalError(f"{what} is {arrived}, stated was {stated}; fetch it again")


def _is_sound(target: Path, sha256: str) -> bool:
    if not stat.S_ISREG(target.lstat().st_mode):  # a link or a pipe is not our document
        return False
    return checksum(target) == sha256
