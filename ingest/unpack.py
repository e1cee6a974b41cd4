"""Zip archives: each member becomes a document of its own, and the archive is kept too."""

from __future__ import annotations

import struct
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
# What the module raises on bytes that are no archive: it trusts the offsets it reads.
FAULTS: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, OSError, ValueError),
)
_ENCRYPTED: Final = 0x1
_READABLE: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
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
    except FAULTS as error:
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
    inside = sum(member.file_size for member in members)
    if inside > LIMIT or inside > max(SMALL, size * RATIO):
        yield f"is a zip archive that claims to hold {inside} bytes, as no bill does"
    for name, count in Counter(member.filename for member in members).items():
        if count > 1:
            yield f"has the member {name!r} twice"
    for member in members:
        yield from _faults_of(member)


def _faults_of(member: zipfile.ZipInfo) -> Iterator[str]:
    name = member.orig_filename  # before the module cuts it at a NUL
    odd = not name.isprintable() or "\\" in name or ":" in name
    if odd or {"", ".", ".."} & set(name.split("/")):
        yield f"has a member whose name is no file name: {name!r}"
    if member.flag_bits & _ENCRYPTED:
        yield f"has the member {name!r}, which is encrypted"
    if member.compress_type not in _READABLE:
        yield f"has the member {name!r}, which is not compressed by deflate"


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
