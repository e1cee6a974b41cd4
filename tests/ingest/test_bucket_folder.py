from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from ingest.bucket import ChangedError, Folder, place
from models.errors import AbsentError, BrokenError, ForbiddenError

# sixty ways to leave a folder
CLIMBS: Final = [
    f"{head}{up}{tail}"
    for up in ("..", "../..", "../../../../../../etc")
    for head in ("", "a/", "./", "a/b/", "/", "//")
    for tail in ("/outside", "/passwd", "")
]
ODD: Final = ["/outside", "//outside", "", ".", "a//b", "a/./b", "..\\outside"]
HOSTILE: Final = [*CLIMBS, *ODD, "a\0b", "a\nb", "\u202eb", "a\x7f"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "place" / "a").mkdir(parents=True)
    (tmp_path / "place" / "a" / "file").write_bytes(b"content")
    return Folder("bills", tmp_path / "place")


@pytest.mark.failure("M01")
@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_never_leads_outside_the_folder(key: str, folder: Folder) -> None:
    assert len(HOSTILE) >= 60

    with pytest.raises(BrokenError) as error:
        folder.read(key)

    assert str(error.value) == f"bills: {key!r}: leaves the folder; it was not opened"


@pytest.mark.failure("M01")
@pytest.mark.failure("M20")
def test_a_link_never_leads_outside_the_folder(folder: Folder, tmp_path: Path) -> None:
    (folder.path / "link").symlink_to(tmp_path / "outside")
    (folder.path / "up").symlink_to(tmp_path)
    (folder.path / "within").symlink_to(folder.path / "a" / "file")

    for key in ("link", "up/outside"):
        with pytest.raises(BrokenError, match="leaves the folder; it was not opened"):
            folder.read(key)
    with pytest.raises(BrokenError, match="bills: within: is not a regular file"):
        folder.read("within")


@pytest.mark.failure("M20")
def test_a_pipe_or_a_folder_is_not_read(folder: Folder) -> None:
    os.mkfifo(folder.path / "pipe")

    for key in ("pipe", "a"):
        with pytest.raises(BrokenError, match="is not a regular file"):
            folder.read(key)


def test_a_file_is_read_with_its_size(folder: Folder) -> None:
    body = folder.read("a/file")

    assert (b"".join(body.chunks), body.size, body.sha256, body.md5) == (b"content", 7, "", "")


@pytest.mark.parametrize("key", ["b", "a/b", "a/file/b", "b/c/d"])
def test_what_is_not_there_is_absent(key: str, folder: Folder) -> None:
    with pytest.raises(AbsentError) as error:
        folder.read(key)

    assert str(error.value) == f"bills: {key}: is not there"


def test_what_may_not_be_read_is_forbidden(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # a root user may read everything

    with pytest.raises(ForbiddenError) as error:
        folder.read("a/file")

    assert str(error.value) == "bills: a/file: may not be read; check its permissions"


def test_a_name_too_long_is_told(folder: Folder) -> None:
    with pytest.raises(BrokenError, match="cannot be read: File name too long"):
        folder.read("x" * 300)


@pytest.mark.failure("A07")
def test_a_file_that_is_replaced_before_it_is_read_is_noticed(folder: Folder) -> None:
    body = folder.read("a/file")
    other = folder.path / "other"
    other.write_bytes(b"CONTENT")
    other.replace(folder.path / "a" / "file")

    with pytest.raises(ChangedError) as error:
        list(body.chunks)

    assert str(error.value) == "bills: a/file: changed while it was read; run again"


@pytest.mark.failure("A07")
def test_a_file_that_grows_while_it_is_read_is_noticed(folder: Folder) -> None:
    body = folder.read("a/file")
    next(body.chunks)
    with (folder.path / "a" / "file").open("ab") as file:
        file.write(b"more")

    with pytest.raises(ChangedError):
        list(body.chunks)


def test_a_file_that_vanishes_while_it_is_read_is_told(folder: Folder) -> None:
    body = folder.read("a/file")
    (folder.path / "a" / "file").unlink()

    with pytest.raises(BrokenError, match="cannot be read: No such file or directory"):
        list(body.chunks)


def test_keys_come_in_order_and_only_below_the_prefix(folder: Folder) -> None:
    for name in ("a/file2", "a/b/c", "ab"):
        (folder.path / name).parent.mkdir(exist_ok=True)
        (folder.path / name).write_bytes(b"")

    assert list(folder.keys("a/")) == ["a/b/c", "a/file", "a/file2"]
    assert list(folder.keys("a/file")) == ["a/file", "a/file2"]
    assert list(folder.keys("nowhere/")) == []
    assert list(folder.keys("")) == ["a/b/c", "a/file", "a/file2", "ab"]


def test_a_folder_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(AbsentError, match="nowhere: there is no such folder"):
        list(Folder("bills", tmp_path / "nowhere").keys(""))


def test_a_location_without_a_scheme_is_a_folder_below_the_project(tmp_path: Path) -> None:
    assert place("bills", source="a", folder=tmp_path) == Folder("a", tmp_path / "bills")
    assert place(str(tmp_path), source="a", folder=Path("/x")) == Folder("a", tmp_path)
