from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from ingest import unpack
from ingest.bucket import Folder
from models.archive import Archive
from models.errors import AbsentError, BrokenError

TABLE: Final = b"a,b\n1,2\n"

Take = Callable[..., Any]


@pytest.fixture
def take(tmp_path: Path, archive: Archive) -> Take:
    """Unpack an archive, and return the names and contents of its documents."""

    def taken(content: bytes) -> dict[str, bytes]:
        (tmp_path / "bills").mkdir(exist_ok=True)
        (tmp_path / "bills" / "x.zip").write_bytes(content)
        place = Folder("aws", tmp_path / "bills")
        documents = unpack.unpacked(place, "x.zip", archive, "aws")
        return {each.name: archive.path(each.sha256).read_bytes() for each in documents}

    return taken


def refused(take: Take, content: bytes) -> str:
    with pytest.raises(BrokenError) as error:
        take(content)
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(("key", "packed"), [("a.zip", True), ("A.ZIP", True), ("zip.gz", False)])
def test_an_archive_is_told_by_its_name(key: str, packed: bool) -> None:
    assert unpack.is_packed(key) == packed


def test_each_member_is_a_document_under_its_name(take: Take, packed: Any) -> None:
    other = b"a,b\n3,4\n"

    assert take(packed({"one.csv": TABLE, "in/two.csv": other})) == {
        "x.zip!one.csv": TABLE,
        "x.zip!in/two.csv": other,
    }


@pytest.mark.failure("B10")
def test_an_archive_that_is_cut_at_any_byte_is_refused(take: Take, packed: Any) -> None:
    content = packed({"one.csv": TABLE})

    for at in range(len(content)):
        assert "x.zip: is " in refused(take, content[:at])


@pytest.mark.failure("A04")
def test_a_changed_bit_of_an_archive_is_found_or_changes_nothing(take: Take, packed: Any) -> None:
    content = packed({"one.csv": TABLE * 3})

    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << at % 8
        try:
            documents = take(bytes(changed))
        except BrokenError:
            continue
        assert set(documents.values()) == {TABLE * 3}


def test_what_is_no_archive_is_refused(take: Take) -> None:
    assert refused(take, TABLE) == "aws: x.zip: is not a zip archive; it begins with b'a,'"
    assert refused(take, b"PK" + TABLE).startswith("aws: x.zip: is not a readable zip archive")


def test_an_archive_that_is_not_there_is_absent(tmp_path: Path, archive: Archive) -> None:
    with pytest.raises(AbsentError):
        unpack.unpacked(Folder("aws", tmp_path), "x.zip", archive, "aws")


@pytest.mark.failure("M01")
@pytest.mark.parametrize(
    "name",
    [
        *("../one.csv", "/etc/one.csv", "in/../../one.csv", "a\\..\\one.csv", "C:one.csv"),
        *("in//one.csv", "./one.csv", "in/", "a\nb.csv", "a\u202eb.csv", "a\x00b.csv"),
    ],
)
def test_a_member_whose_name_leads_elsewhere_refuses_the_archive(
    name: str, take: Take, packed: Any, archive: Archive
) -> None:
    # the module cuts names at a NUL when it writes, so it is put in afterwards
    content = packed({name.replace("\0", "\x01"): TABLE}).replace(b"\x01b.csv", b"\x00b.csv")

    assert "x.zip: has a member whose name is no file name: " in refused(take, content)
    assert len([path for path in archive.folder.rglob("*") if path.is_file()]) == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_refuses_the_archive(take: Take) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("one.csv", TABLE)
        file.writestr("one.csv", TABLE)

    assert refused(take, out.getvalue()) == "aws: x.zip: has the member 'one.csv' twice"


def test_an_archive_without_members_is_refused(take: Take, packed: Any) -> None:
    assert refused(take, packed({})) == "aws: x.zip: is a zip archive without a member"


def test_a_member_of_another_compression_refuses_the_archive(take: Take, packed: Any) -> None:
    content = bytearray(packed({"one.csv": TABLE}))
    content[content.index(b"PK\x01\x02") + 10] = zipfile.ZIP_LZMA

    text = refused(take, bytes(content))

    assert text == "aws: x.zip: has the member 'one.csv', which is not compressed by deflate"


def test_an_encrypted_member_refuses_the_archive(take: Take, packed: Any) -> None:
    content = bytearray(packed({"one.csv": TABLE}))
    content[content.index(b"PK\x01\x02") + 8] |= 1

    expected = "aws: x.zip: has the member 'one.csv', which is encrypted"
    assert refused(take, bytes(content)) == expected


def test_a_bomb_is_refused_before_it_is_taken_apart(
    take: Take, packed: Any, archive: Archive
) -> None:
    content = packed({f"{n}.csv": b"1,2\n" * (1 << 22) for n in range(2)})

    assert refused(take, content) == (
        "aws: x.zip: is a zip archive that claims to hold 33554432 bytes, as no bill does"
    )
    assert len([path for path in archive.folder.rglob("*") if path.is_file()]) == 1


def test_an_archive_of_very_many_members_is_refused(take: Take, packed: Any) -> None:
    content = packed({f"{n}": b"" for n in range(1_001)})

    assert refused(take, content) == "aws: x.zip: is a zip archive of more than 1000 members"


@pytest.mark.parametrize(
    ("member", "complaint"),
    [
        (b"", "is empty (0 bytes)"),
        (b"<html>", "is a page or XML"),
        (b"a,b\n1,2", "is cut short: line 2: "),
        (b"PK\x03\x04", "is a zip archive"),
    ],
)
def test_a_member_that_is_no_table_is_named(
    member: bytes, complaint: str, take: Take, packed: Any
) -> None:
    text = refused(take, packed({"one.csv": member}))

    assert text.startswith(f"aws: x.zip!one.csv: {complaint}")
