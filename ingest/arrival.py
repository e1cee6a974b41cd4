"""Bytes on their way into the archive, looked at once: is the object whole, and what is it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ingest.bucket import Body
from models.errors import BrokenError

MAGIC: Final = b"PAR1"
SMALLEST: Final = 12  # bytes: both magics and the length of the footer


def whole(body: Body, source: str, name: str) -> Iterator[bytes]:
    """Pass bytes on, and look at both ends: Parquet says at each that it is whole.

    Raises:
        BrokenError: when the object is empty, cut short, or something else.
    """
    if body.size == 0:
        raise BrokenError(source, name, "is empty (0 bytes); a Parquet file never is")
    head, tail, size = b"", b"", 0
    for chunk in body.chunks:
        size += len(chunk)
        if len(head) < len(MAGIC):
            head = (head + chunk)[:40]
        tail = (tail + chunk)[-len(MAGIC) :]
        yield chunk
    if not head.startswith(MAGIC):
        start = head.decode("ascii", "replace")
        raise BrokenError(source, name, f"is not Parquet; it begins with {start!r}")
    if tail != MAGIC or size < SMALLEST:
        raise BrokenError(source, name, "is cut short: the end of the Parquet file is missing")
