"""Where a vendor's files lie: a folder, a bucket, messages; each file read once, as a whole."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from ingest.bucket import Place
from ingest.invoice import mail
from ingest.invoice.mail import MailError, Message, Sender
from ingest.invoice.sheet import LIMIT
from ingest.invoice.trust import refusal
from ingest.invoice.whereabouts import Whereabouts
from models.errors import AbsentError, BrokenError, ForbiddenError, SourceError

MAILS: Final = (".eml", ".mbox", ".mbx")
BOX: Final = 256 << 20  # bytes of an mbox; everything else may have LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file, one message, or one attachment of a message.

    Attributes:
        name: The key; for an attachment `message.eml!invoice.xml`.
        data: Its bytes.
        seen: When it was written to the place, or what its message says; None for neither.
        sender: Who sent it; None for a file that came in no message.
        within: Name of the message it came in.
        message: What a message holds; None for what is no message.
    """

    name: str
    data: bytes
    seen: datetime | None = None
    sender: Sender | None = None
    within: str = ""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Inbox:
    """One place, opened when it is read."""

    source: str
    settings: Whereabouts
    folder: Path  # of the project
    patterns: Sequence[str]  # of names, in small letters

    def items(self) -> Iterator[Item | SourceError]:
        """Yield every file, every message and all that came with it, or what is wrong with one.

        Raises:
            SourceError: when the place cannot be listed.
        """
        for key, place in self.keys():
            try:
                data, seen = self._read(key, place)
                yield from self._opened(key, data, seen)
            except SourceError as error:
                yield error
            except MailError as error:
                yield BrokenError(self.source, key, str(error))

    def keys(self) -> list[tuple[str, Place | None]]:
        """Return the names of the files with their place; None for the local folder.

        Raises:
            SourceError: when the place cannot be listed, or no file has such a name.
        """
        if not self.settings.is_remote:
            names = [path.name for path in self._paths()]
            return [(name, None) for name in names if self._is_wanted(name)] or self._none()
        place = self.settings.place(self.source, self.folder)
        return [(key, place) for key in place.keys("") if self._is_wanted(key)] or self._none()

    def _paths(self) -> list[Path]:
        return files(self.source, self.folder / self.settings.where, "*")

    def _is_wanted(self, name: str) -> bool:
        return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in self.patterns)

    def _none(self) -> list[tuple[str, Place | None]]:
        where = self.settings.where if self.settings.is_remote else str(self._local)
        raise AbsentError(self.source, where, f"no file matches {', '.join(self.patterns)}")

    @property
    def _local(self) -> Path:
        return self.folder / self.settings.where

    def _read(self, key: str, place: Place | None) -> tuple[bytes, datetime | None]:
        limit = BOX if key.lower().endswith(MAILS) else LIMIT
        seen: datetime | None
        if place is None:
            path = self._local / key
            data = content(self.source, path, limit)
            seen = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        else:
            body = place.read(key)
            if (body.size or 0) > limit:
                raise _large(self.source, key, limit)
            data, seen = b"".join(body.chunks), body.modified
        if len(data) > limit:
            raise _large(self.source, key, limit)
        return data, seen

    def _opened(self, key: str, data: bytes, seen: datetime | None) -> Iterator[Item]:
        if not key.lower().endswith(MAILS):
            yield Item(name=key, data=data, seen=seen)
            return
        for name, raw in mail.messages(key, data):
            message = self._message(raw)
            if message.fault and not refusal(message.sender, self.settings.senders):
                raise BrokenError(self.source, name, message.fault)
            when = _before(message.sent, seen)
            yield Item(name=name, data=raw, seen=when, sender=message.sender, message=message)
            for each in message.attachments:
                yield Item(
                    name=f"{name}!{each.name}",
                    data=each.data,
                    seen=when,
                    sender=message.sender,
                    within=name,
                )

    def _message(self, raw: bytes) -> Message:
        """Return a message; of one that cannot be read, what its headers say."""
        server = self.settings.mail_server or ""
        try:
            return mail.read(raw, server)
        except MailError as error:
            return mail.headed(raw, server, str(error))


def _before(said: datetime | None, seen: datetime | None) -> datetime | None:
    """Return when a message says that it was sent, unless it was seen before."""
    if said is None or said.tzinfo is None:
        return seen
    return said if seen is None else min(said, seen)


def _large(source: str, name: str, limit: int) -> BrokenError:
    return BrokenError(source, name, f"is larger than {limit >> 20} MiB; take it out of there")


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


def content(source: str, path: Path, limit: int = LIMIT) -> bytes:
    """Return the bytes of a regular file, at most one more than the limit.

    A link or a pipe is not opened.

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
        return file.read(limit + 1)
