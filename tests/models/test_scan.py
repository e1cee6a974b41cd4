from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from models.scan import COLUMNS, ScanError, columns, opened, rows

# (a document's name, a neighbour that a pattern of that name would reach)
NAMES = (
    ("x[1].parquet", "x1.parquet"),
    ("[!a]b", "cb"),
    ("a*b", "aXb"),
    ("**", "anything"),
    ("q?", "qq"),
    ("{a,b}", "a"),
    ("]", "["),
    ("[[]", "["),
    ("a\\b", "ab"),
    ("it's", "its"),
    ("a'); DROP VIEW document; --", "a"),
    ('a"b', "ab"),
    ("$HOME", "HOME"),
    ("~", "home"),
    ("%41", "A"),
    ("a b ", "a b"),
    ("a\nb", "a"),
    ("year=2026", "2026"),
    ("日本", "日"),
    ("https:x", "x"),
    ("a.csv", "a"),
    ("-", "--"),
    ("a:b", "a"),
)


def document(path: Path, text: str = "right") -> Path:
    frame = pl.DataFrame({"text": [text], "n": [1]})
    with path.open("wb") as out:  # a name is a pattern for the writer too
        frame.write_parquet(out)
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return document(tmp_path / ("a" * 64))


def test_a_document_is_read_by_a_second_reader(tmp_path: Path) -> None:
    path = tmp_path / "b"
    pl.DataFrame(
        {
            "cost": pl.Series(["0.1", "0.2"]).cast(pl.Decimal(38, 18)),
            "start": [datetime(2026, 10, 31, 23, 30, tzinfo=UTC)] * 2,
        }
    ).write_parquet(path)

    answer = rows(path, "SELECT count(*), sum(cost), min(CAST(start AS DATE)) FROM document")

    assert answer == [(2, Decimal("0.300000000000000000"), date(2026, 10, 31))]


@pytest.fixture
def _new_york() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_new_york")
def test_a_day_is_a_day_in_utc_wherever_the_machine_stands(tmp_path: Path) -> None:
    path = tmp_path / "c"
    pl.DataFrame({"start": [datetime(2026, 11, 1, 0, 30, tzinfo=UTC)]}).write_parquet(path)

    assert rows(path, "SELECT CAST(start AS DATE) FROM document") == [(date(2026, 11, 1),)]


def test_columns_are_named_in_order_with_their_types(sound: Path) -> None:
    assert list(columns(sound).items()) == [("text", "VARCHAR"), ("n", "BIGINT")]


@pytest.mark.failure("B13")
@pytest.mark.parametrize(("name", "neighbour"), NAMES, ids=[ascii(name) for name, _ in NAMES])
@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_name_is_never_a_pattern(tmp_path: Path, name: str, neighbour: str, place: str) -> None:
    if place == "file":
        document(tmp_path / neighbour, "wrong")
        path = document(tmp_path / name)
    else:
        (tmp_path / neighbour).mkdir()
        (tmp_path / name).mkdir()
        document(tmp_path / neighbour / "d", "wrong")
        path = document(tmp_path / name / "d")

    assert rows(path, "SELECT * FROM document") == [("right", 1)]


@pytest.mark.failure("B13")
def test_a_missing_document_is_missing_even_if_its_name_matches_another(tmp_path: Path) -> None:
    document(tmp_path / "x1", "wrong")

    with pytest.raises(ScanError, match="cannot be read: No such file or directory"):
        rows(tmp_path / "x[1]", "SELECT * FROM document")


@pytest.mark.failure("B13")
@pytest.mark.parametrize("name", ["a\\*b", "\\[a]"])
def test_a_name_that_the_engine_cannot_say_is_refused(tmp_path: Path, name: str) -> None:
    for neighbour in ("a*b", "a[x]b", "a[b", "a\\xb", "a", "[a]", "[a", "\\a"):
        document(tmp_path / neighbour, "wrong")

    with pytest.raises(ScanError, match="cannot be read as Parquet: "):
        rows(document(tmp_path / name), "SELECT * FROM document")


@pytest.mark.failure("M03")
@pytest.mark.failure("M14")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_parquet('{other}')",
        "SELECT * FROM read_parquet('{sound}/../other')",
        "SELECT * FROM glob('{folder}/*')",
        "ATTACH '{folder}/new.duckdb'",
        "COPY (SELECT 1) TO '{folder}/new.csv'",
        "EXPORT DATABASE '{folder}/new'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "RESET lock_configuration",
        "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    ],
)
def test_a_scan_reaches_nothing_but_its_document(sound: Path, tmp_path: Path, sql: str) -> None:
    secret, other = tmp_path / "secret", document(tmp_path / "other")
    secret.write_text("canary")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(ScanError):
        rows(sound, sql.format(secret=secret, other=other, sound=sound, folder=tmp_path))

    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.failure("M13")
@pytest.mark.failure("M14")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enable_external_access", False),
        ("autoinstall_known_extensions", False),
        ("autoload_known_extensions", False),
        ("allow_community_extensions", False),
        ("allow_persistent_secrets", False),
        ("lock_configuration", True),
        ("TimeZone", "UTC"),
        ("temp_directory", ""),
        ("memory_limit", "953.6 MiB"),
        ("threads", 2),
    ],
)
def test_a_scan_runs_locked_down(sound: Path, name: str, value: object) -> None:
    assert rows(sound, f"SELECT current_setting('{name}')") == [(value,)]


def test_several_questions_are_answered_in_one_session(sound: Path) -> None:
    with opened(sound) as ask:
        assert ask(COLUMNS) == [("text", "VARCHAR"), ("n", "BIGINT")]
        assert ask("SELECT n FROM document") == [(1,)]
        with pytest.raises(ScanError, match="cannot be read as Parquet: Binder Error"):
            _failing(sound)


def _failing(path: Path) -> None:
    with opened(path) as ask:
        ask("SELECT absent FROM document")


def test_the_same_document_may_be_scanned_many_times(sound: Path) -> None:
    assert [rows(sound, "SELECT n FROM document") for _ in range(3)] == [[(1,)]] * 3


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(b""), "holds no table; it begins with ''"),
        (lambda path: path.write_bytes(b"PAR1" * 9), "cannot be read as Parquet: "),
        (lambda path: path.write_bytes(b"a,b\n1\n" * 9), "cannot be read as CSV: "),
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_table_is_an_error_of_one_line(
    sound: Path, damage: object, message: str
) -> None:
    damage(sound)  # type: ignore[operator]

    with pytest.raises(ScanError) as caught:
        rows(sound, "SELECT * FROM document")

    assert caught.value.detail == str(caught.value)
    assert caught.value.detail.startswith(message)
    assert "\n" not in caught.value.detail


def test_a_missing_column_is_an_error_of_one_line(sound: Path) -> None:
    with pytest.raises(ScanError) as caught:
        rows(sound, "SELECT cost FROM document")

    assert caught.value.detail == (
        "cannot be read as Parquet: Binder Error: "
        'Referenced column "cost" not found in FROM clause!'
    )


@pytest.mark.failure("B16")
@pytest.mark.parametrize("day", ["12026-01-01", "0044-01-01 (BC)"])
def test_a_day_that_no_calendar_has_is_told(tmp_path: Path, day: str) -> None:
    (path := tmp_path / "x").write_text("a,b\n1,2\n")

    with pytest.raises(ScanError) as caught:
        rows(path, f"SELECT DATE '{day}' FROM document")  # noqa: S608 - a day of ours

    assert str(caught.value) == f"holds the day {day}, which no calendar has"
