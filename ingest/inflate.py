"""gzip taken apart as it passes: every member whole, nothing after it, and no bomb."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from models.form import FormError

PIECE: Final = 1 << 20  # bytes in memory at once, whatever they are compressed to
LIMIT: Final = 1 << 40  # bytes of one document
RATIO: Final = 1_000  # a bill comes to 10 to 40; deflate can do 1,032
SMALL: Final = 1 << 24  # bytes below which no ratio counts
_GZIP: Final = 31  # what zlib calls a stream with the header of gzip


@dataclass(slots=True)
class Inflater:
    """Turns chunks of gzip into pieces of what it holds, each at most PIECE long.

    Attributes:
        limit: Bytes that may come out.
        taken, given: Bytes that went in and came out so far.
    """

    limit: int = LIMIT
    taken: int = 0
    given: int = 0
    _member: Any = field(default_factory=lambda: zlib.decompressobj(_GZIP))

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk holds; checksum and length of each member are verified.

        Raises:
            FormError: when it is damaged, goes on with something else, or is a bomb.
        """
        self.taken += len(chunk)
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            yield self._piece(chunk)
            # what is taken and not given yet comes at the latest with the checksum
            chunk = self._member.unused_data or self._member.unconsumed_tail

    def _piece(self, chunk: bytes) -> bytes:
        try:
            piece: bytes = self._member.decompress(chunk, PIECE)
        except zlib.error as error:
            raise FormError(f"is damaged gzip, or has something after its end: {error}") from error
        self.given += len(piece)
        if self.given > self.limit:
            raise FormError(f"holds more than {self.limit} bytes")
        if self.given > max(SMALL, self.taken * RATIO):
            raise FormError(f"is a gzip of more than {RATIO} times its own size, as no bill is")
        return piece

    def end(self) -> None:
        """Make sure that nothing is missing.

        Raises:
            FormError: when the last member is cut short.
        """
        if not self._member.eof:
            raise FormError("is cut short: the end of the gzip stream is missing")
