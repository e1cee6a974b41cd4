"""Zip archives: each member becomes a document of its own, and the archive is kept too."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import IO, Final

from ingest.arrival import whole
from ingest.bucket import CHUNK, Body, Place
from ingest.files import stored
from ingest.inflate import LIMIT, RATIO, SMALL
from ingest.source import Document
from models.archive import Archive, ArrivalError
from models.errors import BrokenError

MEMBERS: Final = 1_000  # a bill has one
BETWEEN: Final = "!"  # of the name of an archive and that of a member
_ENCRYPTED: Final = 0x1
_SIGN: Final = b"PK"


def is_packed(key: str) -> bool:
    """Say whether an object is called a zip archive."""
    return key.lower().endswith(".zip")


def unpacked(place: Place, key: str, archive: Archive, source: str) -> tuple[Document, ...]:
    """Bring an archive and each of its members into ours.

    Args:
        place: Where it lies.
        key: Its key there.
        archive: Where documents are kept.
        source: The name of the source.

    Returns:
        The members, in the order of the archive, named `key!member`.

    Raises:
        SourceError: when one is not there, not whole, or nothing that a bill would hold.
    """
    (packed,) = stored(place, [key], archive, source, _packed)
    try:
        with zipfile.ZipFile(archive.path(packed.sha256)) as file:
            members = file.infolist()
            _refuse_hostile(members, packed, source)
            return tuple(_member(file, member, packed, archive, source) for member in members)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BrokenError(source, key, f"is not a readable zip archive: {error}") from error


def _packed(body: Body, source: str, name: str) -> Iterator[bytes]:
    """Pass bytes on; whether they are an archive shows when all are there."""
    first = b""
    for chunk in body.chunks:
        first = first or chunk[: len(_SIGN)]
        yield chunk
    if first != _SIGN:
        raise BrokenError(source, name, f"is not a zip archive; it begins with {first!r}")


def _refuse_hostile(members: list[zipfile.ZipInfo], packed: Document, source: str) -> None:
    """Refuse what no bill has, before anything is taken apart."""
    for detail in _faults(members, packed.size):
        raise BrokenError(source, packed.name, detail)


def _faults(members: list[zipfile.ZipInfo], size: int) -> Iterator[str]:
    if not members:
        yield "is a zip archive without a member"
    if len(members) > MEMBERS:
        yield f"is a zip archive of more than {MEMBERS} members"
    names = Counter(member.filename for member in members)
    for member in members:
        parts = member.orig_filename.split("/")
        if {"", ".", ".."} & set(parts) or "\\" in member.orig_filename:
            yield f"has a member whose name is no file name: {member.orig_filename!r}"
        if not member.orig_filename.isprintable() or ":" in member.orig_filename:
            yield f"has a member whose name is no file name: {member.orig_filename!r}"
        if names[member.filename] > 1:
            yield f"has the member {member.filename!r} twice"
        if member.flag_bits & _ENCRYPTED:
            yield f"has the member {member.filename!r}, which is encrypted"
    inside = sum(member.file_size for member in members)
    if inside > LIMIT or inside > max(SMALL, size * RATIO):
        yield f"is a zip archive that claims to hold {inside} bytes, as no bill does"


def _member(
    file: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    packed: Document,
    archive: Archive,
    source: str,
) -> Document:
    name = f"{packed.name}{BETWEEN}{member.filename}"
    with file.open(member) as content:
        body = Body(chunks=_chunks(content), size=member.file_size, etag="")
        try:
            kept = archive.put(whole(body, source, name), size=member.file_size)
        except ArrivalError as error:
            raise BrokenError(source, name, error.detail) from error
    return Document(name, kept.sha256, kept.size)


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(CHUNK):
        yield chunk
