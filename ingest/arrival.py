"""Bytes on their way into the archive, looked at once: is the object whole, and what is it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from ingest.bucket import Body
from ingest.inflate import LIMIT, Inflater
from ingest.structure import Csv, Objects, Text
from models.errors import BrokenError
from models.form import GZIP, HEAD, PARQUET, FormError, layout

SMALLEST: Final = 12  # bytes: both signs of Parquet and the length of the footer


class Watch(Protocol):
    """What looks at bytes as they pass; raises FormError when they are not of its form."""

    def feed(self, chunk: bytes, /) -> None:
        """Look at the next bytes."""
        ...

    def end(self) -> None:
        """Make sure that nothing is missing."""
        ...


def whole(body: Body, source: str, name: str, *, limit: int = LIMIT) -> Iterator[bytes]:
    """Pass bytes on, and make sure that they are all of a table in one of its forms.

    The forms are Parquet, CSV, and JSON objects, one a line; the latter two with or without
    gzip. What cannot be told here is whether text that ends with a line once had more.

    Args:
        body: The object.
        source: Its source, for messages.
        name: Its name, for messages.
        limit: Bytes that it may hold when it is no longer compressed.

    Raises:
        BrokenError: when the object is empty, cut short, damaged, or something else.
    """
    watch = Unknown(lambda head: _outer(head, limit))
    try:
        for chunk in body.chunks:
            watch.feed(chunk)
            yield chunk
        watch.end()
    except FormError as error:
        raise BrokenError(source, name, str(error)) from error


def _outer(head: bytes, limit: int) -> Watch:
    return Unzipped(Inflater(limit)) if head.startswith(GZIP) else _inner(head)


def _inner(head: bytes) -> Watch:
    forms: dict[str, Callable[[], Watch]] = {
        "parquet": Ends,
        "csv": lambda: Text(Csv()),
        "ndjson": lambda: Text(Objects()),
    }
    return forms[layout(head)]()


@dataclass(slots=True)
class Unknown:
    """Waits for as many bytes as tell the form, and leaves all to the watch of that form."""

    choose: Callable[[bytes], Watch]
    _head: bytes = b""
    _watch: Watch | None = None

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if self._watch:
            self._watch.feed(chunk)
            return
        self._head += chunk
        if len(self._head) >= HEAD:
            self._begin()

    def end(self) -> None:
        """Make sure that nothing is missing."""
        if not self._head:
            raise FormError("is empty (0 bytes); a table without rows still has its header")
        (self._watch or self._begin()).end()

    def _begin(self) -> Watch:
        self._watch = self.choose(self._head)
        self._watch.feed(self._head)
        return self._watch


@dataclass(slots=True)
class Ends:
    """Parquet says at both ends that it is whole."""

    _size: int = 0
    _tail: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Keep the last bytes."""
        self._size += len(chunk)
        self._tail = (self._tail + chunk)[-len(PARQUET) :]

    def end(self) -> None:
        """Make sure that the footer is there."""
        if self._tail != PARQUET or self._size < SMALLEST:
            raise FormError("is cut short: the end of the Parquet file is missing")


@dataclass(slots=True)
class Unzipped:
    """Looks at what gzip holds, which must be text: Parquet is compressed by itself."""

    inflater: Inflater
    _inside: Unknown = field(default_factory=lambda: Unknown(_text))

    def feed(self, chunk: bytes) -> None:
        """Look at what the next bytes hold."""
        for piece in self.inflater.pieces(chunk):
            self._inside.feed(piece)

    def end(self) -> None:
        """Make sure that the stream and what it holds end."""
        self.inflater.end()
        self._inside.end()


def _text(head: bytes) -> Watch:
    if layout(head) == "parquet":
        raise FormError("is a Parquet file inside gzip; deliver it as it is")
    return _inner(head)
