"""Text as it passes, looked at once: UTF-8 to its end, and every record whole.

The engines that read it later forgive a row that is too short, or one that is too long
in columns that nobody asks for. What is forgiven there is refused here, with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass, field
from typing import Final, Protocol

from models.form import FormError

LONGEST: Final = 1 << 24  # characters of one record
_BOM: Final = "\ufeff"
_SHOWN: Final = 40  # characters of what is wrong that a message shows


class Records(Protocol):
    """What a form asks of its text; each raises FormError when it is not so."""

    def cut(self, text: str) -> int:
        """Return how many characters from the start are whole records."""
        ...

    def check(self, text: str, line: int) -> None:
        """Look at whole records, the first of which begins in this line."""
        ...


@dataclass(slots=True)
class Text:
    """UTF-8 text in whole records, given in pieces that may end anywhere."""

    records: Records
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )
    _rest: str = ""
    _line: int = 1

    def feed(self, piece: bytes) -> None:
        """Look at the next bytes.

        Raises:
            FormError: when they are not text in whole records.
        """
        text = self._rest + self._decoded(piece)
        if self._line == 1:
            text = text.removeprefix(_BOM)
        end = self.records.cut(text)
        if end:
            self.records.check(text[:end], self._line)
            self._line += text.count("\n", 0, end)
        self._rest = text[end:]
        if len(self._rest) > LONGEST:
            raise FormError(f"line {self._line}: {self._open()}")

    def _decoded(self, piece: bytes) -> str:
        try:
            text = self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise FormError(
                f"is not UTF-8: {error.reason} near {error.object[error.start :][:8]!r}, "
                f"after line {self._line}"
            ) from error
        if "\0" in text:
            raise FormError(f"holds a NUL, as no bill does, after line {self._line}")
        return text

    def _open(self) -> str:
        return f"the record does not end; it begins with {self._rest[:_SHOWN]!r}"

    def end(self) -> None:
        """Make sure that nothing is missing.

        Raises:
            FormError: when the last record is cut short.
        """
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise FormError("is cut short: it ends inside a character") from error
        if self._rest:
            raise FormError(f"is cut short: line {self._line}: {self._open()}")


@dataclass(slots=True)
class Csv:
    """Records of commas and quotes, each with as many fields as the header."""

    width: int = 0

    def cut(self, text: str) -> int:
        """Return where the last record ends: at a line end outside quotes."""
        end = text.rfind("\n") + 1
        inside = text.count('"', 0, end) % 2
        while end and inside:
            start = text.rfind("\n", 0, end - 1) + 1
            inside = (inside + text.count('"', start, end)) % 2
            end = start
        return end

    def check(self, text: str, line: int) -> None:
        """Count the fields of whole records."""
        reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
        try:
            widths = set(map(len, reader))
        except csv.Error as error:
            raise FormError(f"line {line + reader.line_num - 1}: is not CSV: {error}") from error
        if not self.width:
            self.width = len(next(csv.reader(io.StringIO(text, newline="\n"))))
        if widths != {self.width}:
            raise FormError(self._ragged(text, line))
        if self.width == 1:
            raise FormError(f"is no table: its first line is {text[:_SHOWN]!r}")

    def _ragged(self, text: str, line: int) -> str:
        reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
        for record in reader:
            if len(record) != self.width:
                break
        at = line + reader.line_num - 1
        return f"line {at}: the row has {len(record)} fields, the header has {self.width}"


@dataclass(slots=True)
class Objects:
    """One JSON object a line; what is in it is for its reader."""

    def cut(self, text: str) -> int:
        """Return where the last line ends."""
        return text.rfind("\n") + 1

    def check(self, text: str, line: int) -> None:
        """Look at both ends of each line."""
        for at, record in enumerate(text[:-1].split("\n"), line):
            if not (record.startswith("{") and record.rstrip("\r").endswith("}")):
                raise FormError(f"line {at}: is no JSON object: {record[:_SHOWN]!r}")
