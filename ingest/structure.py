"""Text as it passes, looked at once: UTF-8 to its end, and every record whole.

The engines that read it later forgive a row that is too short, or one that is too long
in columns that nobody asks for. What is forgiven there is refused here, with its line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from models.form import FormError

LONGEST: Final = 1 << 24  # characters of one record
_BOM: Final = "\ufeff"
# A field in quotes, whole: from its start to its end.
_QUOTED: Final = re.compile(r'"(?:(?<=[,\n]")|(?<=\A"))[^"]*(?:""[^"]*)*"(?=[,\r\n])')
_SHOWN: Final = 40  # characters of what is wrong that a message shows


class _Reader(Protocol):
    """What the module of the language returns, which has no name of its own there."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


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
        self.width = self.width or len(next(_records(text)))
        if self.width == 1:
            raise FormError(f"is no table: its first line is {text[:_SHOWN]!r}")
        if _commas(text) == {self.width - 1}:
            return
        reader = _records(text)
        try:
            wrong = next((record for record in reader if len(record) != self.width), None)
        except csv.Error as error:
            raise FormError(f"line {line + reader.line_num - 1}: is not CSV: {error}") from error
        if wrong is not None:
            at, found = line + reader.line_num - 1, len(wrong)
            raise FormError(f"line {at}: the row has {found} fields, the header has {self.width}")


def _commas(text: str) -> set[int]:
    """Return how many commas outside quotes the records have; empty when only CSV can tell.

    A tenth of the time that it takes to make records of them.
    """
    bare = _QUOTED.sub("", text)
    if '"' in bare or bare.count("\r") != bare.count("\r\n"):
        return set()
    return {record.count(",") for record in bare.split("\n")[:-1]}


def _records(text: str) -> _Reader:
    return csv.reader(io.StringIO(text, newline="\n"), strict=True)


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
