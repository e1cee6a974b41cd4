"""The folder a vendor's files lie in: regular files only, each read once and as a whole."""

from __future__ import annotations

import errno
import os
import stat
from fnmatch import fnmatchcase
from pathlib import Path

from ingest.invoice.sheet import LIMIT
from models.errors import AbsentError, BrokenError, ForbiddenError


def files(source: str, folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder that match, in order of name.

    Raises:
        AbsentError: when there is no such folder, or no such file in it.
        ForbiddenError: when it may not be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if fnmatchcase(path.name, pattern))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AbsentError(source, str(folder), "there is no such folder; make it") from error
    except PermissionError as error:
        raise ForbiddenError(source, str(folder), "may not be read; mend its rights") from error
    if not found:
        raise AbsentError(source, str(folder), f"no file matches {pattern}")
    return found


def content(source: str, path: Path) -> bytes:
    """Return the bytes of a regular file; a link or a pipe is not opened.

    Raises:
        BrokenError: when it is no regular file, or gone.
        ForbiddenError: when it may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError as error:
        raise ForbiddenError(source, path.name, "may not be read; mend its rights") from error
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        detail = "is a link; put the file itself there" if is_link else f"{error.strerror}"
        raise BrokenError(source, path.name, detail) from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BrokenError(source, path.name, "is no regular file; remove it")
        return file.read(LIMIT + 1)
