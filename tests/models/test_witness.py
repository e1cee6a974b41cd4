from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from models.archive import Archive
from models.errors import StoreError
from models.witness import Witness


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def sha256(archive: Archive) -> str:
    return archive.put([b"bill"]).sha256


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the documents that are read, as they are."""
    found: list[str] = []
    real = Archive.path

    def path(self: Archive, sha256: str) -> Path:
        found.append(sha256)
        return real(self, sha256)

    monkeypatch.setattr(Archive, "path", path)
    return found


def proved(archive: Archive, tmp_path: Path, sha256: str) -> None:
    witness = Witness(archive, tmp_path / "witness")
    witness.prove(sha256)
    witness.keep()


def test_a_document_is_read_once_while_its_file_stays_the_same(
    archive: Archive, tmp_path: Path, sha256: str, read: list[str]
) -> None:
    for _ in range(3):
        proved(archive, tmp_path, sha256)

    assert read == [sha256]
    assert [*json.loads((tmp_path / "witness").read_text())] == [sha256]


@pytest.mark.failure("E08")
def test_a_document_that_was_written_into_is_found_though_its_time_is_put_back(
    archive: Archive, tmp_path: Path, sha256: str
) -> None:
    proved(archive, tmp_path, sha256)
    path = archive.local(sha256)
    was = path.stat()
    path.write_bytes(b"BILL")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))

    with pytest.raises(StoreError, match="damaged in the archive"):
        proved(archive, tmp_path, sha256)


def test_a_document_that_is_gone_is_found(archive: Archive, tmp_path: Path, sha256: str) -> None:
    proved(archive, tmp_path, sha256)
    archive.local(sha256).unlink()

    with pytest.raises(StoreError, match="not in the archive"):
        proved(archive, tmp_path, sha256)


@pytest.mark.parametrize("said", ["", "[]", "no JSON", '{"x": []}'])
def test_what_cannot_be_read_of_it_was_not_noted(
    archive: Archive, tmp_path: Path, sha256: str, read: list[str], said: str
) -> None:
    (tmp_path / "witness").write_text(said)

    proved(archive, tmp_path, sha256)

    assert read == [sha256]


def test_what_lies_in_a_depot_alone_is_not_fetched(
    archive: Archive, tmp_path: Path, sha256: str, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    there: Any = object()
    archive.local(sha256).unlink()
    archive.depot = there
    monkeypatch.setattr(Archive, "__contains__", lambda _, name: name == sha256)

    proved(archive, tmp_path, sha256)

    assert read == []
    assert not (tmp_path / "witness").exists()
