"""The archive that a workbook is, taken apart before any engine opens it: no bombs, no macros.

Nothing that it claims about itself is believed: each member is inflated here, in pieces, and
what comes out is counted and read for a document type and for how far its cells reach.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from ingest.invoice.grid import SheetError

MEMBERS: Final = 500  # a workbook has a dozen
RATIO: Final = 300  # sheets come to 5 to 50
SMALL: Final = 1 << 20  # bytes below which no ratio counts
WHOLE: Final = 256 << 20  # bytes of all members
CELLS: Final = 4_000_000  # rows times columns of a sheet; engines make room for all of them
PIECE: Final = 1 << 16
SIGN: Final = b"PK\x03\x04"
_LISTED: Final = b"PK\x01\x02"  # begins each entry of the list of members
_LOCAL: Final = struct.Struct("<4s22xHH")
_ENCRYPTED: Final = 0x1
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PACKED: Final = (SIGN, b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"BZh")
_PARTS: Final = (  # of names of members, in small letters
    ("vbaproject", "holds macros; save it as .xlsx without them"),
    ("macrosheets/", "holds macros; save it as .xlsx without them"),
    ("externallinks/", "has links to other workbooks; paste the values, and save it again"),
    ("xl/workbook.bin", "is a binary workbook (.xlsb); save it as .xlsx"),
    ("content.xml", "is an OpenDocument sheet; save it as .xlsx"),
)
FAULTS: Final = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError)


@dataclass(slots=True)
class Extent:
    """How far the cells of a sheet that hold anything reach, counted from 1."""

    left: int = 0
    right: int = 0
    bottom: int = 0
    _cell: str = ""
    _row: int = 0
    _column: int = 0

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """Take note of one element of a sheet."""
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif kind == "c":
            self._cell = attributes.get("r", "")
            self._column = _column(self._cell) or self._column + 1
        elif kind in {"v", "is"}:
            row = int(self._cell.lstrip(_LETTERS) or self._row)
            self.left = min(self.left or self._column, self._column)
            self.right, self.bottom = max(self.right, self._column), max(self.bottom, row)


_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _column(cell: str) -> int:
    column = 0
    for letter in cell.rstrip("0123456789"):
        column = column * len(_LETTERS) + _LETTERS.index(letter) + 1
    return column


@dataclass(slots=True)
class _Inflated:
    """Bytes that came out of the members so far."""

    packed: int
    total: int = 0
    extents: list[Extent] = field(default_factory=list)

    def add(self, count: int) -> None:
        self.total += count
        if self.total > WHOLE:
            raise SheetError(f"holds more than {WHOLE >> 20} MiB, as no bill does")
        if self.total > max(SMALL, self.packed * RATIO):
            raise SheetError(f"holds more than {RATIO} times its own size, as no bill does")


def checked(data: bytes) -> list[Extent]:
    """Return how far the sheets of a workbook reach, once nothing in it can do harm.

    Raises:
        SheetError: says what it is instead of a plain workbook, and what to do.
    """
    inflated = _Inflated(len(data))
    if (count := data.count(_LISTED)) > MEMBERS:
        raise SheetError(f"is an archive of {count} parts, as no workbook is")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = file.infolist()
        for fault in (*_faults(members), *(f for m in members for f in _faults_of(m))):
            raise SheetError(fault)
        for member in members:
            _read(data, member, inflated)
    except expat.ExpatError as error:
        raise SheetError(f"is not a readable workbook: {error}; save it again") from error
    except FAULTS as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError(f"is not a readable workbook: {error}; save it again") from error
    return inflated.extents


def _faults(members: list[zipfile.ZipInfo]) -> Iterator[str]:
    names = [member.filename.lower() for member in members]
    for part, fault in _PARTS:
        if any(name.startswith(part) or f"/{part}" in name for name in names):
            yield fault
    if "xl/workbook.xml" not in names:
        yield "is an archive and no workbook; put the files themselves there"
    for name, count in Counter(names).items():
        if count > 1:
            yield f"has the part {name!r} twice; save it again"


def _faults_of(member: zipfile.ZipInfo) -> Iterator[str]:
    name = member.filename
    if member.flag_bits & _ENCRYPTED:
        yield "is encrypted; save it without a password"
    if member.compress_type not in _METHODS:
        yield f"has the part {name!r}, which is not compressed by deflate; save it again"
    if not name.isprintable() or name.startswith("/") or ".." in name.split("/") or "\\" in name:
        yield f"has a part whose name is no file name: {name!r}"


def _read(data: bytes, member: zipfile.ZipInfo, inflated: _Inflated) -> None:
    name = member.filename.lower()
    pieces = _pieces(data, member, inflated)
    if name.endswith((".xml", ".rels", ".vml")):
        sheet = Extent() if "worksheets/" in name and name.endswith(".xml") else None
        _parse(pieces, sheet)
        if sheet:
            inflated.extents.append(_bounded(sheet))
        return
    first = next(pieces, b"")
    if first.startswith(_PACKED):
        raise SheetError(f"holds another archive, {member.filename!r}; remove what is embedded")
    for _ in pieces:
        pass


def _bounded(sheet: Extent) -> Extent:
    if sheet.bottom * sheet.right > CELLS:
        raise SheetError(
            f"has cells as far as row {sheet.bottom} and column {sheet.right}, more than "
            f"{CELLS} in all; deliver one file a month"
        )
    return sheet


def _pieces(data: bytes, member: zipfile.ZipInfo, inflated: _Inflated) -> Iterator[bytes]:
    """Yield what a member really holds, whatever the list of members says of it."""
    sign, names, extra = _LOCAL.unpack_from(data, member.header_offset)
    if sign != SIGN:
        raise zipfile.BadZipFile("a part is not where its list says")
    start = member.header_offset + _LOCAL.size + names + extra
    packed = data[start : start + member.compress_size]
    given = 0
    for piece in _inflate(packed) if member.compress_type else iter([packed]):
        given += len(piece)
        inflated.add(len(piece))
        yield piece
    if given != member.file_size:
        raise zipfile.BadZipFile(f"{member.filename} holds {given} bytes, not {member.file_size}")


def _inflate(packed: bytes) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and not stream.eof:
        yield stream.decompress(packed, PIECE)
        packed = stream.unconsumed_tail


def _parse(pieces: Iterator[bytes], sheet: Extent | None) -> None:
    def refused(*_: object) -> None:
        raise SheetError("holds a document type declaration, as no workbook does")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refused
    if sheet:
        parser.StartElementHandler = sheet.element
    for piece in pieces:
        parser.Parse(piece, False)  # noqa: FBT003 - the C module takes no keyword
    parser.Parse(b"", True)  # noqa: FBT003
