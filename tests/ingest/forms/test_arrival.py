from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.arrival import whole
from ingest.bucket import Body
from ingest.inflate import PIECE, Inflater
from models.archive import Archive, ArrivalError
from models.errors import BrokenError
from models.form import FormError

AsCsv = Callable[..., bytes]
Wrap = Callable[[bytes], bytes]

TABLE: Final = b'a,b\n1,"x\ny"\n2,"z, ""q"""\n'
QUICK: Final = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def arrived(content: bytes, size: int = 1 << 20, **words: Any) -> bytes:
    body = Body(chunks=pieces(content, size), size=None, etag="")
    return b"".join(whole(body, "bills", "part-1", **words))


def refused(content: bytes, size: int = 1 << 20, **words: Any) -> str:
    with pytest.raises(BrokenError) as error:
        arrived(content, size, **words)
    text = str(error.value)
    assert text.startswith("bills: part-1: ")
    assert "\n" not in text
    return text.removeprefix("bills: part-1: ")


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), out)
    return out.getvalue()


FORMS: Final = {
    "parquet": parquet(),
    "csv": TABLE,
    "csv with a mark": b"\xef\xbb\xbf" + TABLE,
    "csv of another system": TABLE.replace(b"\n", b"\r\n"),
    "csv without rows": b"a,b\n",
    "csv.gz": gzip.compress(TABLE, mtime=0),
    "csv.gz in members": gzip.compress(b"a,b\n1,", mtime=0)
    + gzip.compress(b"2\n", mtime=0)
    + gzip.compress(b"", mtime=0),
    "csv.gz without rows": gzip.compress(b"a,b\n", mtime=0),
    "objects": b'{"a": 1}\n{"a": {"b": 2}}\r\n',
    "objects.gz": gzip.compress(b'{"a": 1}\n', mtime=0),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_whole_document_of_each_form_passes_as_it_is(content: bytes, size: int) -> None:
    assert arrived(content, size) == content


@pytest.mark.failure("A05")
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty (0 bytes); a table without rows still has its header"),
        (
            gzip.compress(b"", mtime=0),
            "is empty (0 bytes); a table without rows still has its header",
        ),
        (b"\n", "holds no table; it begins with '\\n'"),
        (b"\xef\xbb\xbf", "holds no table"),
    ],
)
def test_an_object_without_a_table_is_refused(content: bytes, complaint: str) -> None:
    assert refused(content).startswith(complaint)


@pytest.mark.failure("B10")
@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_document_cut_at_any_byte_never_enters_the_archive(
    content: bytes, tmp_path: Path
) -> None:
    """Text may be cut between two lines; then the size that its place states tells."""
    archive = Archive(tmp_path)

    for at in range(len(content)):
        body = Body(chunks=iter([content[:at]]), size=len(content), etag="")
        with pytest.raises((BrokenError, ArrivalError)):
            archive.put(whole(body, "bills", "part-1"), size=len(content))

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.failure("B10")
@pytest.mark.parametrize("name", ["csv", "csv with a mark", "csv of another system", "objects"])
def test_text_that_is_cut_inside_a_line_is_told_by_itself(name: str) -> None:
    content = FORMS[name]
    ends = {0, *(at + 1 for at, byte in enumerate(content) if byte == ord("\n"))}

    for at in set(range(1, len(content))) - ends:
        assert "cut short" in (text := refused(content[:at])) or "no table" in text


@pytest.mark.failure("B10")
@pytest.mark.parametrize("name", ["csv.gz", "csv.gz in members", "objects.gz"])
def test_gzip_that_is_cut_anywhere_is_told_by_itself(name: str) -> None:
    members = {
        len(gzip.compress(b"a,b\n1,", mtime=0)),
        len(gzip.compress(b"a,b\n1,", mtime=0) + gzip.compress(b"2\n", mtime=0)),
    }

    for at in range(1, len(FORMS[name])):
        if name != "csv.gz in members" or at not in members:
            refused(FORMS[name][:at])


@pytest.mark.failure("A04")
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
@QUICK
def test_a_changed_bit_of_gzip_is_found_or_changes_nothing(at: int, bit: int) -> None:
    """The header of gzip has a time and a flag or two that say nothing about the text."""
    content = bytearray(gzip.compress(TABLE * 5, mtime=0))
    content[at % len(content)] ^= 1 << bit

    try:
        arrived(bytes(content))
    except BrokenError:
        return
    assert gzip.decompress(bytes(content)) == TABLE * 5


def test_a_wrong_checksum_of_gzip_is_found() -> None:
    content = bytearray(gzip.compress(TABLE, mtime=0))
    content[-8] ^= 1

    assert refused(bytes(content)).endswith(
        "Error -3 while decompressing data: incorrect data check"
    )


def test_a_wrong_length_of_gzip_is_found() -> None:
    content = bytearray(gzip.compress(TABLE, mtime=0))
    content[-1] ^= 1

    assert refused(bytes(content)).endswith("incorrect length check")


@pytest.mark.parametrize("garbage", [b"\0", b"more", TABLE])
def test_what_follows_the_end_of_gzip_is_refused(garbage: bytes) -> None:
    text = refused(gzip.compress(TABLE, mtime=0) + garbage)

    assert text.startswith(("is damaged gzip, or has something after its end", "is cut short"))


def test_a_gzip_of_more_than_a_document_may_hold_is_refused() -> None:
    content = gzip.compress(TABLE * 100, mtime=0)

    assert (
        refused(content, limit=len(TABLE) * 100 - 1)
        == f"holds more than {len(TABLE) * 100 - 1} bytes"
    )
    assert arrived(content, limit=len(TABLE) * 100) == content


def test_a_bomb_is_refused_before_it_is_taken_apart() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(b"a,b\n") + packer.compress(b"1,2\n" * (1 << 23)) + packer.flush()
    inflater = Inflater()

    inside = (piece for chunk in pieces(bomb, 1_000) for piece in inflater.pieces(chunk))
    with pytest.raises(FormError, match="is a gzip of more than 1000 times its own size"):
        assert all(len(piece) <= PIECE for piece in inside)

    assert inflater.given < 1 << 25


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_text_of_any_ratio_is_taken_apart_completely(size: int) -> None:
    text = b"1,2\n" * 1_000_000
    inflater = Inflater()

    found = [
        piece
        for chunk in pieces(gzip.compress(text, mtime=0), size)
        for piece in inflater.pieces(chunk)
    ]
    inflater.end()

    assert b"".join(found) == text


LATIN: Final = "a,b\n1,M\u00fcnchen\n"
ENCODED: Final = {
    "utf-16": "is text in UTF-16, not in UTF-8",
    "utf-16-le": "is not UTF-8: invalid",
    "utf-16-be": "is not UTF-8: invalid",
    "utf-32": "is text in UTF-16, not in UTF-8",
    "utf-32-be": "is not UTF-8: invalid",
    "latin-1": "is not UTF-8: invalid",
    "cp1252": "is not UTF-8: invalid",
    "cp037": "is not UTF-8",
}


@pytest.mark.failure("B11")
@pytest.mark.parametrize("encoding", ENCODED)
def test_text_that_is_not_utf_8_is_refused(encoding: str, wrap: Wrap) -> None:
    assert refused(wrap(LATIN.encode(encoding))).startswith(ENCODED[encoding])


@pytest.mark.failure("B11")
@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_utf_8_passes_wherever_its_characters_are_cut(size: int, wrap: Wrap) -> None:
    content = wrap(LATIN.replace("n", "\U0001f600").encode())

    assert arrived(content, size) == content


@pytest.mark.failure("B11")
def test_a_nul_is_refused(wrap: Wrap) -> None:
    assert refused(wrap(b"a,b\n1,2\n3,\0\n")) == "holds a NUL, as no bill does, after line 1"


def test_text_that_ends_inside_a_character_is_refused() -> None:
    assert refused("a,b\n1,\u00fc".encode()[:-1]) == "is cut short: it ends inside a character"


@pytest.mark.failure("B10")
@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("5,6", "line 3: the row has 2 fields, the header has 3"),
        ("5,6,7,8", "line 3: the row has 4 fields, the header has 3"),
        ('5"6,7",8,9', "line 3: the row has 4 fields, the header has 3"),
        ("", "line 3: the row has 0 fields, the header has 3"),
        ('5,"6"6,7', "line 3: is not CSV: ',' expected after '\"'"),
        ("5,6\r6,7", "line 3: is not CSV: new-line character seen in unquoted field"),
        ('5,"6,7', "is cut short: line 3: the record does not end; it begins with '5,\"6,7"),
        ('5,6"6,7', "is cut short: line 3: the record does not end"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_a_row_that_is_not_of_the_table_is_named_by_its_line(
    row: str, complaint: str, size: int, wrap: Wrap
) -> None:
    content = wrap(f"a,b,c\n1,2,3\n{row}\n7,8,9\n".encode())

    assert refused(content, size).startswith(complaint)


@pytest.mark.failure("B10")
@pytest.mark.failure("B16")
@given(text=st.text(st.sampled_from('a,,"""\r\n\n'), max_size=24))
@settings(max_examples=400, deadline=None)
def test_what_passes_is_a_table_to_the_strict_reader_of_the_language(text: str) -> None:
    """Most rows are judged by counting; what the counting lets pass must be CSV all the same."""
    content = f"a,b\n{text}".encode()
    try:
        arrived(content)
    except BrokenError:
        return

    records = list(csv.reader(io.StringIO(content.decode(), newline="\n"), strict=True))

    assert {len(record) for record in records} == {2}
    assert content.endswith(b"\n")


@pytest.mark.parametrize("row", ['"a",b', 'a,"b"', '"a, ""b""\n\r",""', ",", '"",""'])
def test_quoted_rows_are_no_reason_to_refuse(row: str, wrap: Wrap) -> None:
    content = wrap(f"a,b\n{row}\n{row}\r\n".encode())

    assert arrived(content) == content


def test_lines_are_counted_through_quotes(wrap: Wrap) -> None:
    content = wrap(b'a,b\n1,"x\n\n\ny"\n"2\n",3\n4\n')

    assert refused(content, 4) == "line 8: the row has 1 fields, the header has 2"


def test_a_record_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.structure.LONGEST", 1_000)

    text = refused(b'a,b\n1,"' + b"x\n" * 10_000, 100)

    assert text.startswith("line 2: the record does not end; it begins with '1,\"x")


@given(sizes=st.lists(st.integers(1, 40), min_size=1))
@QUICK
def test_a_table_passes_however_its_bytes_are_cut(sizes: list[int], wrap: Wrap) -> None:
    content, chunks = wrap(TABLE * 20), []
    for size in sizes:
        chunks.append(content[:size])
        content = content[size:]
    chunks.append(content)

    body = Body(chunks=iter(chunks), size=None, etag="")

    assert list(whole(body, "bills", "part-1")) == chunks


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"a": 1}\n[1]\n', "line 2: is no JSON object: '[1]'"),
        (b'{"a": 1}\n\n', "line 2: is no JSON object: ''"),
        (b'{"a": 1}\n{"a":\n1}\n', "line 2: is no JSON object: '{\"a\":'"),
        (b'{"a": 1}\n{"a": 2}', "is cut short: line 2: the record does not end"),
    ],
)
def test_objects_have_a_line_each(content: bytes, complaint: str, wrap: Wrap) -> None:
    assert refused(wrap(content)).startswith(complaint)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"<!DOCTYPE html><html>sign in", "is a page or XML, not a table; it begins with '<!DOC"),
        (
            b'\n <?xml version="1.0"?><Error/>',
            "is a page or XML, not a table; it begins with '\\n <?x",
        ),
        (b'[{"a": 1}]\n', "is a JSON array, not one JSON object a line; it begins with '[{"),
        (b"PK\x03\x04rest", "is a zip archive"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"\x28\xb5\x2f\xfdrest", "is compressed by zstd"),
        (b"no table at all\n", "is no table: its first line is 'no table at all"),
        (
            gzip.compress(FORMS["parquet"], mtime=0),
            "is a Parquet file inside gzip; deliver it as it is",
        ),
        (gzip.compress(gzip.compress(TABLE, mtime=0), mtime=0), "is not UTF-8"),
        (b"PAR1", "is cut short: the end of the Parquet file is missing"),
        (b"PAR1PAR1", "is cut short: the end of the Parquet file is missing"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content: bytes, complaint: str) -> None:
    assert refused(content).startswith(complaint)
