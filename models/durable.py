"""Files that appear whole or not at all: written beside, synced, renamed into place."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from models.errors import StoreError

PART: Final = ".part"  # ending of a file that is still being written
FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


@contextlib.contextmanager
def storing(place: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a `StoreError` that names the place."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise StoreError(
            f"{place}: cannot be written: {reason}; free space or mend its rights, then run again"
        ) from error


def private_folder(folder: Path) -> Path:
    """Return the folder, made for the owner alone, and durably, if it was not there."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(FOLDER_MODE, exist_ok=True)
        folder.chmod(FOLDER_MODE)  # mkdir lets the umask take bits away
        sync(folder.parent)
    return folder


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place(part: Path, target: Path) -> None:
    """Give a finished file its name: synced before the rename, the folder after it."""
    part.chmod(FILE_MODE)
    sync(part)
    part.replace(target)
    sync(target.parent)


def remove(target: Path) -> None:
    """Remove a file, so that it stays removed; one that is not there is no fault."""
    if target.exists():
        target.unlink()
        sync(target.parent)


@contextlib.contextmanager
def part_in(folder: Path) -> Iterator[Path]:
    """Yield a new private file in the folder; removed if it has not been placed."""
    with storing(folder):
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=PART, dir=private_folder(folder))
        os.close(descriptor)
    part = Path(name)
    try:
        yield part
    finally:
        with contextlib.suppress(OSError):  # `sweep` gets what cannot be removed now
            part.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what killed writers left; only for the one process that holds the run lock."""
    for part in folder.glob(f".*{PART}"):
        part.unlink(missing_ok=True)
