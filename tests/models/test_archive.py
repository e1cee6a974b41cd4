from __future__ import annotations

import hashlib
import os
import random
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.archive import Archive, ArrivalError, Stored
from models.errors import StoreError

BODY = b"line_item_usage_account_id,cost\n000123456789,12.50\n" * 40
SHA256 = hashlib.sha256(BODY).hexdigest()
RESTORE = "restore it from a backup or its source"
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()

HOSTILE = (
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    "a/../../b",
    "..\\..\\windows",
    "C:\\boot.ini",
    "~/.ssh/id_rsa",
    "file:///etc/passwd",
    "%2e%2e%2fetc",
    "a\x00b",
    "x" * 5000,
    "con",
    "a\nb",
    SHA256.upper(),
    SHA256[:63],
    SHA256 + "0",
    SHA256 + "\n",
    "../" + SHA256[3:],
    "/" + SHA256[1:],
    *(f"{'../' * depth}{name}" for depth in range(1, 9) for name in ("a", "b/c", "d.csv", SHA256)),
    *(f"{SHA256[:60]}{end}" for end in ("/../", "....", "//..", "\u2025..\u2025", "٠١٢٣")),
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_document_lies_under_the_hash_of_its_bytes(archive: Archive) -> None:
    stored = archive.put([BODY])

    assert stored == Stored(SHA256, len(BODY))
    assert archive.path(SHA256) == archive.folder / SHA256[:2] / SHA256
    assert archive.path(SHA256).read_bytes() == BODY


@given(chunks=st.lists(st.binary(max_size=50), max_size=8))
def test_any_bytes_in_any_chunks_come_back_as_they_came(
    chunks: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    archive, whole = Archive(tmp_path_factory.mktemp("any")), b"".join(chunks)

    stored = archive.put(chunks, size=len(whole), sha256=hashlib.sha256(whole).hexdigest())

    assert stored == Stored(hashlib.sha256(whole).hexdigest(), len(whole))
    assert archive.path(stored.sha256).read_bytes() == whole
    assert names(archive.folder) == {stored.sha256[:2], f"{stored.sha256[:2]}/{stored.sha256}"}


def test_the_same_document_again_changes_nothing(archive: Archive) -> None:
    archive.put([BODY])
    before = archive.path(SHA256).stat()

    again = archive.put([BODY[:7], BODY[7:]])

    assert again == Stored(SHA256, len(BODY))
    assert archive.path(SHA256).stat().st_ino == before.st_ino
    assert names(archive.folder) == {SHA256[:2], f"{SHA256[:2]}/{SHA256}"}


def test_a_checksum_in_capitals_is_the_same_checksum(archive: Archive) -> None:
    assert archive.put([BODY], sha256=SHA256.upper(), md5=MD5.upper()).sha256 == SHA256


@pytest.mark.failure("A04")
@pytest.mark.parametrize(
    ("stated", "detail"),
    [
        ({"size": 2041}, "only 2040 of the 2041 bytes stated arrived; fetch it again"),
        ({"size": 2039}, "more than the 2039 bytes stated arrived; fetch it again"),
        ({"size": 0}, "more than the 0 bytes stated arrived; fetch it again"),
        ({"sha256": "0" * 64}, f"SHA-256 is {SHA256}, stated was {'0' * 64}; fetch it again"),
        ({"md5": "0" * 32}, f"MD5 is {MD5}, stated was {'0' * 32}; fetch it again"),
    ],
)
def test_what_differs_from_what_was_stated_is_not_stored(
    archive: Archive, stated: dict[str, int | str], detail: str
) -> None:
    with pytest.raises(ArrivalError) as caught:
        archive.put([BODY], **stated)  # type: ignore[arg-type]

    assert (caught.value.detail, str(caught.value)) == (detail, detail)
    assert names(archive.folder) == set()


@pytest.mark.failure("A04")
@pytest.mark.parametrize("tenths", range(10))
def test_a_cut_document_is_not_stored(archive: Archive, tenths: int) -> None:
    cut = BODY[: len(BODY) * tenths // 10]
    for stated in ({"size": len(BODY)}, {"sha256": SHA256}, {"md5": MD5}):
        with pytest.raises(ArrivalError):
            archive.put([cut], **stated)

    assert names(archive.folder) == set()


def test_a_stream_without_end_stops_at_the_size_stated(archive: Archive) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 100

    with pytest.raises(ArrivalError):
        archive.put(endless(), size=1000)

    assert taken == 11


def test_a_transfer_that_breaks_off_leaves_nothing_and_keeps_its_own_error(
    archive: Archive,
) -> None:
    def broken() -> Iterator[bytes]:
        yield BODY
        raise ConnectionResetError("peer")

    with pytest.raises(ConnectionResetError, match=r"^peer$"):
        archive.put(broken())

    assert names(archive.folder) == set()


@pytest.mark.failure("A06")
def test_each_of_500_flipped_bits_is_found(archive: Archive) -> None:
    target = archive.path(archive.put([BODY]).sha256)
    draw, found = random.Random(20261122), 0  # noqa: S311 - repeatable, not secret

    for _ in range(500):
        flipped = bytearray(BODY)
        flipped[draw.randrange(len(BODY))] ^= 1 << draw.randrange(8)
        target.write_bytes(flipped)
        with pytest.raises(StoreError):
            archive.path(SHA256)
        found += 1
    target.write_bytes(BODY)

    assert found == 500
    assert archive.path(SHA256) == target


@pytest.mark.failure("A06")
@pytest.mark.parametrize("damaged", [b"", BODY[:-1], BODY + b"\n"])
def test_a_damaged_document_names_itself_and_the_way_out(archive: Archive, damaged: bytes) -> None:
    archive.path(archive.put([BODY]).sha256).write_bytes(damaged)

    with pytest.raises(StoreError) as caught:
        archive.path(SHA256)

    assert str(caught.value) == f"document {SHA256}: damaged in the archive; {RESTORE}"


@pytest.mark.failure("A06")
def test_fetching_again_heals_a_damaged_document(archive: Archive) -> None:
    archive.path(archive.put([BODY]).sha256).write_bytes(b"rot")

    archive.put([BODY])

    assert archive.path(SHA256).read_bytes() == BODY


def test_a_missing_document_names_itself_and_the_way_out(archive: Archive) -> None:
    with pytest.raises(StoreError) as caught:
        archive.path(SHA256)

    assert str(caught.value) == f"document {SHA256}: not in the archive; {RESTORE}"
    assert SHA256 not in archive


def test_a_document_that_was_put_is_in_the_archive(archive: Archive) -> None:
    archive.put([BODY])

    assert SHA256 in archive


@pytest.mark.failure("M20")
def test_a_link_in_place_of_a_document_is_damage_even_to_the_same_bytes(
    archive: Archive, tmp_path: Path
) -> None:
    target = archive.path(archive.put([BODY]).sha256)
    (tmp_path / "elsewhere").write_bytes(BODY)
    target.unlink()
    target.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="damaged in the archive"):
        archive.path(SHA256)


@pytest.mark.failure("M20")
def test_a_pipe_in_place_of_a_document_does_not_hang(archive: Archive) -> None:
    target = archive.path(archive.put([BODY]).sha256)
    target.unlink()
    os.mkfifo(target)

    with pytest.raises(StoreError, match="damaged in the archive"):
        archive.path(SHA256)


def test_a_document_that_cannot_be_read_says_why(archive: Archive) -> None:
    archive.folder.mkdir()
    (archive.folder / SHA256[:2]).touch()

    with pytest.raises(StoreError) as caught:
        archive.path(SHA256)

    assert str(caught.value) == (
        f"document {SHA256}: cannot be read from the archive: Not a directory; "
        f"mend its rights, or {RESTORE}"
    )


@pytest.mark.failure("M01")
def test_no_hostile_name_becomes_a_path(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a" / "archive")
    archive.put([BODY])
    before = names(tmp_path)

    assert len(HOSTILE) >= 58
    for name in HOSTILE:
        with pytest.raises(StoreError, match="not a SHA-256 of 64 hexadecimal digits"):
            archive.path(name)
        with pytest.raises(ArrivalError):
            archive.put([BODY], sha256=name if name.lower() != SHA256 else "..")
    assert names(tmp_path) == before


@pytest.mark.failure("M12")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_only_the_owner_can_read_the_archive(archive: Archive, umask: int) -> None:
    os.umask(umask)

    archive.put([BODY])

    modes = {stat.S_IMODE(path.stat().st_mode) for path in archive.folder.rglob(SHA256)}
    folders = {
        stat.S_IMODE(path.stat().st_mode) for path in (archive.folder, archive.folder / SHA256[:2])
    }
    assert (modes, folders) == ({0o600}, {0o700})


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "archive").touch()
    archive = Archive(tmp_path / "archive")

    with pytest.raises(StoreError) as caught:
        archive.put([BODY])

    assert str(caught.value) == (
        f"{archive.folder}: cannot be written: File exists; "
        "free space or mend its rights, then run again"
    )


def test_leftovers_of_killed_writers_are_swept_and_documents_stay(archive: Archive) -> None:
    archive.put([BODY])
    (archive.folder / ".abc.part").write_bytes(b"half")

    archive.sweep()

    assert names(archive.folder) == {SHA256[:2], f"{SHA256[:2]}/{SHA256}"}


def test_no_document_is_ever_named_like_a_leftover() -> None:
    assert not re.fullmatch(r"\..*\.part", SHA256)


def test_a_document_is_removed_for_good_and_never_by_another_name(archive: Archive) -> None:
    archive.put([BODY])
    assert archive.size(SHA256) == len(BODY)

    archive.remove(SHA256)
    archive.remove(SHA256)

    assert SHA256 not in archive
    with pytest.raises(StoreError, match="not a SHA-256"):
        archive.remove("../" + SHA256[3:])
