from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import StoreError
from models.lake import TABLES, Lake, input_hash

ONE, TWO = "1" * 64, "2" * 64


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def fill(lake: Lake, table: str, name: str, data: bytes = b"rows") -> Path:
    return lake.write(table, name, lambda path: path.write_bytes(data) and None)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_hash_of_inputs_says_how_long_each_input_is_in_bytes() -> None:
    assert input_hash("charges", "é") == hashlib.sha256("7:charges2:é".encode()).hexdigest()


@given(left=st.lists(st.text()), right=st.lists(st.text()))
def test_only_the_same_inputs_have_the_same_hash(left: list[str], right: list[str]) -> None:
    assert (input_hash(*left) == input_hash(*right)) == (left == right)


@given(texts=st.lists(st.text(), min_size=2, max_size=4))
def test_where_one_input_ends_counts(texts: list[str]) -> None:
    assert input_hash(*texts) != input_hash("".join(texts))


def test_a_file_lies_in_its_table_under_its_name(lake: Lake) -> None:
    path = fill(lake, "spend", f"{ONE}-{TWO}")

    assert path == lake.path("spend", f"{ONE}-{TWO}")
    assert path == lake.folder / "spend" / f"{ONE}-{TWO}.parquet"
    assert path.read_bytes() == b"rows"


@pytest.mark.failure("M01")
@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "/a", "a/b", "A", "g", "a-", "-a", "a-b-c", "a.b", "a\n", "a*"]
)
def test_a_name_that_is_no_hash_is_refused(lake: Lake, name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a lake file; one hash, or two with"):
        lake.path("charges", name)


@pytest.mark.parametrize("table", ["", "..", "plan", "charges/../spend"])
def test_a_table_the_lake_has_not_is_refused(lake: Lake, table: str) -> None:
    with pytest.raises(ValueError, match="is not a table of the lake; one of charges, keys"):
        lake.path(table, ONE)


def test_a_file_is_written_once(lake: Lake) -> None:
    first = fill(lake, "charges", ONE, b"first")

    second = fill(lake, "charges", ONE, b"second")

    assert first == second
    assert second.read_bytes() == b"first"


def test_a_writer_that_fails_leaves_no_file(lake: Lake) -> None:
    def half(path: Path) -> None:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lake.write("charges", ONE, half)

    assert names(lake.folder) == []


def test_a_writer_that_the_disk_refuses_is_named(lake: Lake) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError) as caught:
        lake.write("charges", ONE, full)

    assert str(caught.value) == (
        f"{lake.path('charges', ONE)}: cannot be written: No space left on device; "
        "free space or mend its rights, then run again"
    )


@pytest.mark.failure("M12")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_only_the_owner_can_read_the_lake(lake: Lake, umask: int) -> None:
    os.umask(umask)

    def anew(path: Path) -> None:  # as engines do that write beside and rename, too
        path.unlink()
        path.write_bytes(b"rows")

    paths = [lake.write("keys", ONE, anew), fill(lake, "keys", TWO)]

    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    folders = (lake.folder, lake.folder / "keys")
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_leftovers_of_killed_writers_are_swept_and_files_stay(lake: Lake) -> None:
    fill(lake, "facts", ONE)
    (lake.folder / "facts" / ".abc.part").write_bytes(b"half")

    lake.sweep()

    assert names(lake.folder) == [f"facts/{ONE}.parquet"]


def test_sweeping_and_clearing_an_empty_lake_is_nothing(lake: Lake) -> None:
    lake.sweep()
    lake.clear()

    assert not lake.folder.exists()


def test_clearing_removes_the_tables_and_nothing_else(lake: Lake) -> None:
    for table in TABLES:
        fill(lake, table, ONE)
    (lake.folder / "notes.txt").touch()

    lake.clear()

    assert names(lake.folder) == ["notes.txt"]


@settings(max_examples=5)
@given(order=st.permutations([(table, name) for table in TABLES for name in (ONE, TWO)]))
def test_the_digest_knows_neither_order_nor_place(
    order: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    here, there = (Lake(tmp_path_factory.mktemp("lake") / "x") for _ in range(2))
    for table, name in order:
        fill(here, table, name)
    for table, name in sorted(order):
        fill(there, table, name)

    assert here.digest() == there.digest()


@pytest.mark.parametrize("change", ["byte", "name", "table", "gone", "more"])
def test_the_digest_sees_every_change(lake: Lake, change: str) -> None:
    path = fill(lake, "charges", ONE)
    fill(lake, "charges", TWO)
    before = lake.digest()

    if change == "byte":
        path.write_bytes(b"rowz")
    elif change == "name":
        path.rename(lake.path("charges", "3"))
    elif change == "table":
        fill(lake, "keys", ONE)
        path.unlink()
    elif change == "gone":
        path.unlink()
    else:
        fill(lake, "charges", "3")

    assert lake.digest() != before


def test_the_digest_does_not_see_leftovers(lake: Lake) -> None:
    fill(lake, "charges", ONE)
    before = lake.digest()

    (lake.folder / "charges" / ".abc.part").write_bytes(b"half")
    (lake.folder / "charges" / ".abc.parquet").write_bytes(b"half")

    assert lake.digest() == before


def test_a_file_is_removed_and_nothing_outside_the_lake(lake: Lake, tmp_path: Path) -> None:
    path, other = fill(lake, "charges", ONE), fill(lake, "charges", TWO)
    stranger = tmp_path / "keys" / f"{ONE}.parquet"

    lake.remove(path)
    lake.remove(path)

    assert names(lake.folder) == [f"charges/{other.name}"]
    with pytest.raises(ValueError, match="is no file of the lake"):
        lake.remove(stranger)


def test_spend_is_found_by_its_delivery(lake: Lake) -> None:
    mine = [fill(lake, "spend", f"{ONE}-{name}") for name in ("a", "b")]
    fill(lake, "spend", f"{TWO}-a")

    assert lake.beginning("spend", ONE) == mine


def test_the_digest_of_some_files_sees_no_other(lake: Lake) -> None:
    path, other = fill(lake, "charges", ONE), fill(lake, "charges", TWO)
    before, whole = lake.digest({path}), lake.digest()

    other.unlink()

    assert lake.digest({path}) == before
    assert lake.digest({path, other}) == lake.digest() == before != whole
