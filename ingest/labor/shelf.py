"""Files of timesheets at their place, redacted before anything of them is written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import localcontext
from typing import Final

from ingest.bucket import Place
from ingest.files import found
from ingest.labor import control
from ingest.labor.entry import Entry, Reader
from ingest.labor.settings import Settings
from ingest.labor.sheet import LIMIT, SheetError
from models.errors import BrokenError
from models.money import WIDE, ZERO
from models.period import Month

ANY: Final = Month(1, 1)  # patterns name no month


@dataclass(frozen=True, slots=True)
class File:
    """One file: what may be kept of it; `data` is empty unless the file itself is to be kept."""

    name: str
    data: bytes
    entries: tuple[Entry, ...]
    copies: tuple[str, ...] = ()  # files that hold entries of it, cell for cell


def files(place: Place, source: str, settings: Settings, reader: Reader) -> Iterator[File]:
    """Yield every file of the pattern, in order of name.

    The same file under two names is refused, since its entries would count twice. Entries
    that are alike in two files may be two; they are told, and count.

    Raises:
        SourceError: when one is not there, not whole, or not as declared.
    """
    keys, seen = found(place, settings.pattern, ANY), dict[str, str]()
    lines = dict[str, set[bytes]]()
    for key in keys:
        data = _content(place, key, source)
        digest = hashlib.sha256(data).hexdigest()
        if digest in seen:
            detail = f"is the same file as {seen[digest]}; remove one"
            raise BrokenError(source, key, detail)
        entries = _entries(key, data, source, settings, reader)
        seen[digest], own = key, _lines(data, entries)
        copies = tuple(name for name, other in lines.items() if other & own)
        lines[key] = own
        yield File(key, data if settings.keep == "original" else b"", entries, copies)
    if found(place, settings.pattern, ANY) != keys:
        detail = "files came or went while they were read; run again"
        raise BrokenError(source, settings.pattern, detail)


def _content(place: Place, key: str, source: str) -> bytes:
    """Return the bytes of a file, once they are as many and the same as its place states."""
    body, chunks, size = place.read(key), list[bytes](), 0
    for chunk in body.chunks:
        size += len(chunk)
        chunks.append(chunk)
        if size > LIMIT:
            detail = f"is larger than {LIMIT >> 20} MiB; export one month a file"
            raise BrokenError(source, key, detail)
    data = b"".join(chunks)
    if body.size is not None and size != body.size:
        raise BrokenError(source, key, f"{size} of {body.size} bytes arrived; run again")
    for name, stated in (("sha256", body.sha256), ("md5", body.md5)):
        if stated and hashlib.new(name, data, usedforsecurity=False).hexdigest() != stated.lower():
            raise BrokenError(source, key, f"has another {name} than its place states; run again")
    return data


def _entries(
    key: str, data: bytes, source: str, settings: Settings, reader: Reader
) -> tuple[Entry, ...]:
    """Return the entries of a file, once a second reader finds the same hours."""
    try:
        with localcontext(prec=WIDE):
            entries = tuple(reader.entries(key, data))
            ours = sum((entry.seconds for entry in entries), ZERO)
            theirs = control.seconds(data, entries, settings)
    except SheetError as error:
        place, detail = ", ".join(filter(None, (key, error.place))), error.detail
    else:
        if ours == theirs:
            return entries
        place, detail = key, "has other hours by the second reader; nothing was loaded"
    # Outside the handler, so that the error carries nothing of the file.
    raise BrokenError(source, place, detail)


def _lines(data: bytes, entries: Sequence[Entry]) -> set[bytes]:
    """Return what tells lines of entries apart, without headings and total."""
    is_summed = bool(entries) and entries[-1].status == "total"
    lines = data.rstrip().splitlines()[1 : -1 if is_summed else None]
    return {hashlib.sha256(line).digest() for line in lines if line.strip(b",; ")}


def months(read: Sequence[File]) -> Counter[Month]:
    """Return how many entries there are of each month."""
    return Counter(entry.month for file in read for entry in file.entries)
