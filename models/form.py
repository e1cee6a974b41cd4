"""The form of a document, told by its first bytes, and the header of one of text."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

PARQUET: Final = b"PAR1"
GZIP: Final = b"\x1f\x8b"
BOM: Final = b"\xef\xbb\xbf"
HEAD: Final = 512  # bytes that tell the form
HEADER_LIMIT: Final = 1 << 20  # characters; the widest bill seen has 40,000
_ENCODING: Final = "utf-8-sig"  # a byte order mark is no part of the first name
_BLANK: Final = b" \t\r\n"

Layout = Literal["parquet", "csv", "ndjson"]

# What may stand at the start of a file that is no bill, and what to call it.
_OTHERS: Final = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"%PDF", "a PDF document"),
    (b"\xff\xfe", "text in UTF-16, not in UTF-8"),
    (b"\xfe\xff", "text in UTF-16, not in UTF-8"),
    (b"<", "a page or XML, not a table"),
    (b"[", "a JSON array, not one JSON object a line"),
)


class FormError(ValueError):
    """A document has none of the forms that are read; the text says what it has, in one line."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the table of a document is written, and whether gzip lies around it."""

    layout: Layout
    gzip: bool = False


def layout(head: bytes) -> Layout:
    """Return how a table is written that begins with these bytes, no longer compressed.

    Raises:
        FormError: when it is no table that is read.
    """
    if head.startswith(PARQUET):
        return "parquet"
    text = head.removeprefix(BOM).lstrip(_BLANK)
    for sign, meaning in _OTHERS:
        if text.startswith(sign):
            raise FormError(f"is {meaning}; it begins with {shown(head)}")
    if not text:
        raise FormError(f"holds no table; it begins with {shown(head)}")
    return "ndjson" if text.startswith(b"{") else "csv"


def shown(head: bytes) -> str:
    """Return the beginning of a document for a message."""
    return repr(head[:40].decode("ascii", "replace"))


def form(path: Path) -> Form:
    """Return the form of a document.

    Raises:
        FormError: when it has none that is read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise FormError(f"cannot be read: {error.strerror}") from error
    if not head.startswith(GZIP):
        return Form(layout(head))
    try:
        with gzip.open(path) as file:
            return Form(layout(file.read(HEAD)), gzip=True)
    except (EOFError, OSError, zlib.error) as error:
        raise FormError(f"is not readable gzip: {error}") from error


def header(path: Path, form: Form) -> tuple[str, ...]:
    """Return the names in the first record of a CSV document, in order.

    Raises:
        FormError: when it is no record of names that differ.
    """
    try:
        with _opened(path, form) as file:
            return names(file)
    except (UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
        raise FormError(f"has no readable header: {error}") from error


def _opened(path: Path, form: Form) -> IO[str]:
    if form.gzip:
        return gzip.open(path, "rt", encoding=_ENCODING, newline="")
    return path.open(encoding=_ENCODING, newline="")


def names(file: IO[str]) -> tuple[str, ...]:
    """Return the names in the first record of a text, of which no more is read.

    Raises:
        FormError: when it is no record of names that differ.
    """
    lines = iter(lambda: file.readline(HEADER_LIMIT), "")
    try:
        record = next(csv.reader(lines, strict=True), [])
    except csv.Error as error:
        raise FormError(f"has a header that is not CSV: {error}") from error
    _refuse_twins(record)
    return tuple(record)


def _refuse_twins(record: Sequence[str]) -> None:
    if len(record) <= 1:
        raise FormError(f"is no table: its first line is {','.join(record)[:40]!r}")
    if "" in record:
        raise FormError(f"has no name for column {record.index('') + 1}")
    twins = [name for name, count in Counter(record).items() if count > 1]
    if twins:
        raise FormError(f"has a column twice: {', '.join(twins)}")
