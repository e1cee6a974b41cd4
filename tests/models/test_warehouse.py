from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models.lockdown
import models.warehouse
from models.charge import CHARGE, COLUMNS
from models.errors import StoreError
from models.money import MONEY
from models.warehouse import TABLES, Origin, connect, digest, publish, query

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
SAMPLES: Mapping[object, object] = {
    pl.String: "x",
    pl.Int64: 1,
    pl.Decimal: Decimal("1.5"),
    pl.Datetime: OCTOBER,
    pl.Map: {},
}
SPEND: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "project": pl.String,
    "day": pl.Date,
    "billed_cost": MONEY,
}

WORDS = (
    "'; DROP TABLE spend; --",
    "'); CREATE TABLE hacked AS SELECT 1; --",
    '"; DROP VIEW charges; --',
    "' OR '1'='1",
    "' UNION SELECT content FROM read_text('{secret}') --",
    "x' || (SELECT content FROM read_text('{secret}')) || '",
    "'; ATTACH '{folder}/new.duckdb'; --",
    "'; COPY spend TO '{folder}/new.csv'; --",
    "'; INSTALL httpfs; LOAD httpfs; --",
    "'; SET lock_configuration = false; --",
    "$1",
    "?",
    "$$; DROP TABLE spend; $$",
    "\\'; DROP TABLE spend; --",
    "\u02bc; DROP TABLE spend; --",
    "/* */ ; DROP TABLE spend",
    "a\x00'; DROP TABLE spend; --",
    "{secret}",
    "read_parquet('{secret}')",
    "charges",
)
SHAPES = ("{}", "aws:{}", "{}'", '"{}"', "({})")
PAYLOADS = tuple(shape.format(word) for word in WORDS for shape in SHAPES if "{}" in shape)


@dataclass(frozen=True)
class Place:
    """A warehouse, its lake, and a file that nothing may read."""

    file: Path
    lake: Path
    secret: Path

    def publish(self, charges: Sequence[Path] = (), /, **tables: pl.DataFrame) -> None:
        origins = [Origin(path, delivery=f"delivery {path.stem}") for path in charges]
        publish(self.file, self.lake, origins, tables)

    def query(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        return query(self.file, self.lake, sql, parameters)

    def digest(self) -> str:
        return digest(self.file, self.lake)

    def charges(self, *tags: dict[str, str], name: str = "ab") -> Path:
        path = self.lake / "charges" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        sample = {column.name: SAMPLES[CHARGE[column.name].base_type()] for column in COLUMNS}
        rows = [{**sample, "tags": tag, "x_row": n} for n, tag in enumerate(tags, 1)]
        with path.open("wb") as out:
            pl.DataFrame(rows, schema=CHARGE).write_parquet(out)
        return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return made(tmp_path)


def made(folder: Path) -> Place:
    (folder / "secret").write_text("canary")
    (folder / "lake").mkdir()
    return Place(folder / "trueup.duckdb", folder / "lake", folder / "secret")


def spend(*rows: tuple[str, date, str]) -> pl.DataFrame:
    exact = [(project, day, Decimal(amount)) for project, day, amount in rows]
    return pl.DataFrame(exact, schema=SPEND, orient="row")


ONE = spend(("atlas", date(2026, 10, 1), "0.000000000000000001"))
TWO = spend(("atlas", date(2026, 10, 1), "2.5"), ("borealis", date(2026, 10, 2), "-1"))


def test_charges_are_a_view_over_exactly_the_current_files(place: Place) -> None:
    current = [place.charges({"team": "ml"}, {}, name="aa"), place.charges({}, name="bb")]
    place.charges({}, {}, {}, name="cc")

    place.publish(current)

    assert place.query("SELECT count(*), max(tags['team']) FROM charges") == [(3, "ml")]
    assert place.query("SELECT file FROM charge_files") == [
        ("charges/aa.parquet",),
        ("charges/bb.parquet",),
    ]


def test_without_charges_the_view_has_the_same_columns_and_no_row(place: Place) -> None:
    described = "SELECT column_name, column_type FROM (DESCRIBE charges)"
    place.publish([])
    empty = place.query(described)
    assert place.query("SELECT * FROM charges") == []

    place.publish([place.charges({})])

    assert place.query(described) == empty
    assert [name for name, _ in empty] == [*CHARGE.names(), "x_delivery"]


def test_every_charge_names_the_delivery_it_came_in_and_counts_once(place: Place) -> None:
    one, two = place.charges({}, {}, name="aa"), place.charges({}, name="[a]")
    origins = [
        Origin(one, "d1", "delivery 1", "aws/2026-10", "2026-11-02"),
        Origin(two, "d2", "delivery 2", "aws/2026-09", "2026-11-01"),
        Origin(one, "d1", "delivery 1", "aws/2026-10", "2026-11-02"),
    ]

    publish(place.file, place.lake, origins, {})

    counted = "SELECT x_delivery, count(*) FROM charges GROUP BY ALL ORDER BY ALL"
    assert place.query(counted) == [("delivery 1", 2), ("delivery 2", 1)]
    assert place.query(
        "SELECT DISTINCT x_row, document, scope, loaded_at FROM charges"
        " JOIN charge_files ON x_delivery = delivery WHERE x_delivery = 'delivery 2'"
    ) == [(1, "d2", "aws/2026-09", "2026-11-01")]


def test_money_and_days_come_back_exactly(place: Place) -> None:
    place.publish(spend=ONE)

    assert place.query("SELECT * FROM spend") == [
        ("atlas", date(2026, 10, 1), Decimal("0.000000000000000001"))
    ]
    assert place.query("SELECT column_type FROM (DESCRIBE spend)") == [
        ("VARCHAR",),
        ("DATE",),
        ("DECIMAL(38,18)",),
    ]


@settings(max_examples=6)
@given(
    amounts=st.lists(
        st.decimals(min_value=-(10**19), max_value=10**19, places=18, allow_nan=False), max_size=20
    )
)
def test_no_digit_of_any_amount_is_lost(
    amounts: list[Decimal], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = made(tmp_path_factory.mktemp("any"))

    place.publish(spend=pl.DataFrame({"billed_cost": amounts}, schema={"billed_cost": MONEY}))

    with localcontext(prec=60):
        total = sum(amounts, Decimal(0))
    assert [row[0] for row in place.query("SELECT * FROM spend")] == amounts
    assert place.query("SELECT coalesce(sum(billed_cost), 0) FROM spend") == [(total,)]


def test_moments_are_utc_whatever_the_zone_of_frame_session_or_reader(place: Place) -> None:
    east = datetime(2026, 11, 1, 3, 0, tzinfo=timezone(timedelta(hours=8)))
    frame = pl.DataFrame({"seen": [east]}).with_columns(
        pl.col("seen").dt.convert_time_zone("Asia/Tokyo")
    )

    place.publish([place.charges({})], sources=frame)

    assert place.query("SELECT seen FROM sources") == [(datetime(2026, 10, 31, 19, 0),)]  # noqa: DTZ001
    with contextlib.closing(duckdb.connect(str(place.file), read_only=True)) as reader:
        reader.execute("SET TimeZone = 'America/New_York'")
        months = "SELECT DISTINCT strftime(charge_period_start, '%Y-%m') FROM charges"
        assert reader.execute(months).fetchall() == [("2026-10",)]


def test_neither_pyarrow_nor_pytz_is_needed(place: Place) -> None:
    charges = place.charges({})
    program = f"""
import sys
sys.modules.update(pyarrow=None, pytz=None)
from datetime import UTC, datetime
from pathlib import Path
import polars as pl
from models.warehouse import Origin, publish, query
where = Path({str(place.file)!r}), Path({str(place.lake)!r})
charges = [Origin(Path({str(charges)!r}))]
publish(*where, charges, {{"spend": pl.DataFrame({{"day": [datetime.now(UTC)]}})}})
print(len(query(*where, "SELECT * FROM spend")), len(query(*where, "SELECT * FROM charges")))
"""  # noqa: S608 - our own paths
    root = Path(models.warehouse.__file__).parents[1]

    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.stdout, done.stderr) == ("1 1\n", "")


def test_every_table_may_be_published_and_no_other(place: Place) -> None:
    publish(place.file, place.lake, [], dict.fromkeys(TABLES, ONE))
    names = {name for (name,) in place.query("SHOW TABLES")}
    assert names == {*TABLES, "charges", "charge_files"}

    with pytest.raises(ValueError, match="'hacked; DROP' is not a table of the warehouse; spend,"):
        publish(place.file, place.lake, [], {"hacked; DROP": ONE})


@pytest.mark.failure("J03")
@pytest.mark.failure("J04")
def test_a_reader_keeps_what_it_opened_and_the_next_one_sees_the_new(place: Place) -> None:
    place.publish(spend=ONE)

    with connect(place.file, place.lake) as reader:
        place.publish(spend=TWO)

        assert len(reader.execute("SELECT * FROM spend").fetchall()) == 1
        assert len(place.query("SELECT * FROM spend")) == 2


def test_many_readers_of_one_process_do_not_disturb_each_other(place: Place) -> None:
    place.publish(spend=ONE)
    counts: list[int] = []

    def read() -> None:
        counts.extend(len(place.query("SELECT * FROM spend")) for _ in range(5))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [1] * 20


@pytest.mark.failure("J02")
def test_a_build_that_fails_leaves_the_old_file_and_no_leftover(place: Place) -> None:
    place.publish(spend=ONE)
    before = (place.digest(), place.file.read_bytes(), sorted(place.lake.parent.iterdir()))

    with pytest.raises(StoreError, match="`trueup rebuild` makes it anew"):
        place.publish([place.lake / "charges" / "missing.parquet"], spend=TWO)

    after = (place.digest(), place.file.read_bytes(), sorted(place.lake.parent.iterdir()))
    assert after == before


def test_charges_outside_the_lake_are_refused(place: Place, tmp_path: Path) -> None:
    outside = place.charges({}).rename(tmp_path / "outside.parquet")

    with pytest.raises(StoreError, match="Permission Error: Cannot access file"):
        place.publish([outside])


def test_what_a_killed_builder_left_is_removed(place: Place) -> None:
    left = place.file.with_name("trueup.duckdb.abc.building")
    left.mkdir()
    (left / "trueup.duckdb").touch()
    other = place.file.with_name("other.duckdb.abc.building")
    other.mkdir()

    place.publish(spend=ONE)

    assert (left.exists(), other.exists()) == (False, True)


@pytest.fixture
def stale(place: Place) -> bytes:
    """What a process that died while writing another warehouse left in its log."""
    other = made_with_log(place.file.with_name("other.duckdb"))
    return other.read_bytes()


def made_with_log(file: Path) -> Path:
    dead = duckdb.connect(str(file))
    dead.execute("CREATE TABLE spend (project VARCHAR)")
    dead.execute("CHECKPOINT")
    dead.execute("INSERT INTO spend VALUES ('foreign')")
    kept = shutil.copy(f"{file}.wal", f"{file}.kept")
    dead.close()
    return Path(kept)


@pytest.mark.failure("J05")
def test_a_stale_log_is_not_replayed_into_a_new_file(place: Place, stale: bytes) -> None:
    log = place.file.with_name("trueup.duckdb.wal")
    log.write_bytes(stale)

    place.publish(spend=ONE)

    assert not log.exists()
    assert place.query("SELECT project FROM spend") == [("atlas",)]


@pytest.mark.failure("J05")
def test_a_stale_log_is_gone_before_the_new_file_is_there(
    place: Place, stale: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = place.file.with_name("trueup.duckdb.wal")
    log.write_bytes(stale)
    there: list[bool] = []
    replace = os.replace

    def seen(source: Path, target: Path) -> None:
        there.append(log.exists())
        replace(source, target)

    monkeypatch.setattr(os, "replace", seen)

    place.publish(spend=ONE)

    assert there == [False]


@pytest.mark.failure("J05")
def test_a_file_restored_beside_the_log_of_another_is_not_opened(
    place: Place, tmp_path: Path
) -> None:
    log = made_with_log(tmp_path / "dead.duckdb")
    place.publish(spend=ONE)
    backup = shutil.copy(tmp_path / "dead.duckdb", place.file)
    shutil.copy(log, f"{backup}.wal")

    with pytest.raises(StoreError) as caught:
        place.query("SELECT * FROM spend")

    assert str(caught.value) == (
        f"{place.file}.wal: does not belong to the warehouse; run `trueup rebuild`"
    )


@pytest.mark.failure("J02")
@pytest.mark.failure("J05")
def test_nothing_is_left_in_the_log_when_a_close_cannot_empty_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = models.lockdown.locked
    full = "PRAGMA disable_checkpoint_on_shutdown"  # as on a full disk, which close() hides
    monkeypatch.setattr(models.warehouse, "locked", lambda **kept: (full, *locked(**kept)))

    place.publish(spend=ONE)

    assert place.query("SELECT project FROM spend") == [("atlas",)]


@pytest.mark.failure("M12")
@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_only_the_owner_can_read_the_warehouse_while_and_after_it_is_built(
    place: Place, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.umask(umask)
    building: list[int] = []
    replace = os.replace

    def seen(source: Path, target: Path) -> None:
        building.append(stat.S_IMODE(Path(source).parent.stat().st_mode))
        replace(source, target)

    monkeypatch.setattr(os, "replace", seen)
    place.publish(spend=ONE)

    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    assert building == [0o700]


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
        ("memory_limit", "1.8 GiB"),
        ("max_temp_directory_size", "3.7 GiB"),
    ],
)
def test_a_reader_is_locked_down(place: Place, name: str, value: object) -> None:
    place.publish(spend=ONE)

    assert place.query(f"SELECT current_setting('{name}')") == [(value,)]


@pytest.mark.failure("M03")
@pytest.mark.failure("M14")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_text('{lake}/../secret')",
        "SELECT * FROM read_text('{lake}_not/x')",
        "SELECT * FROM glob('/*')",
        "ATTACH '{folder}/new.duckdb'",
        "COPY spend TO '{folder}/new.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "CREATE TABLE hacked AS SELECT 1",
        "DROP TABLE spend",
        "INSERT INTO spend SELECT * FROM spend",
        "CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    ],
)
def test_a_reader_reaches_the_lake_and_nothing_else(place: Place, tmp_path: Path, sql: str) -> None:
    place.publish(spend=ONE)
    (tmp_path / "lake_not").mkdir()
    (tmp_path / "lake_not" / "x").write_text("canary")
    before = (sorted(tmp_path.rglob("*")), place.digest())

    with pytest.raises(StoreError):
        place.query(sql.format(secret=place.secret, lake=place.lake, folder=tmp_path))

    assert (sorted(tmp_path.rglob("*")), place.digest()) == before


@pytest.mark.failure("M03")
def test_none_of_100_payloads_is_ever_more_than_a_value(place: Place, tmp_path: Path) -> None:
    payloads = [
        payload.replace("{secret}", str(place.secret)).replace("{folder}", str(tmp_path))
        for payload in PAYLOADS
    ]
    assert len(set(payloads)) >= 100
    file = place.charges(*({payload: payload} for payload in payloads))
    projects = spend(*((payload, date(2026, 10, 1), "1") for payload in payloads))
    place.publish([file], spend=projects)
    before = (sorted(tmp_path.rglob("*")), place.digest(), place.query("SHOW TABLES"))

    with connect(place.file, place.lake) as session:
        for payload in payloads:
            tagged = "SELECT x_row, tags[?] FROM charges WHERE tags[?] = ?"
            [(row, value)] = session.execute(tagged, [payload] * 3).fetchall()
            assert (payloads[row - 1], value) == (payload, payload)
            paid = "SELECT project, sum(billed_cost) FROM spend WHERE project = ? GROUP BY ALL"
            assert session.execute(paid, [payload]).fetchall() == [(payload, 1)]

    assert (sorted(tmp_path.rglob("*")), place.digest(), place.query("SHOW TABLES")) == before


@pytest.mark.failure("B13")
@pytest.mark.failure("M03")
@pytest.mark.parametrize("name", ["it's", "x[1]", "a*", "'); DROP VIEW charges; --", "x_source=y"])
def test_a_lake_in_a_folder_of_any_name_reads_its_own_files(tmp_path: Path, name: str) -> None:
    for neighbour in ("x1", "ab", "qq"):
        made_in(tmp_path / neighbour).charges({}, {}, {})
    place = made_in(tmp_path / name)

    place.publish([place.charges({"a": "b"})])

    answer = place.query("SELECT count(*), max(tags['a']), max(x_source) FROM charges")
    assert answer == [(1, "b", "x")]


def test_a_folder_that_the_engine_cannot_write_to_is_refused(tmp_path: Path) -> None:
    place = made_in(tmp_path / "why?")

    with pytest.raises(StoreError) as caught:
        place.publish(spend=ONE)

    assert str(caught.value) == (
        f"{place.file}: DuckDB takes a ? in a path for the end of it; rename the folder"
    )


def made_in(folder: Path) -> Place:
    folder.mkdir()
    return made(folder)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["atlas", "borealis", "a, b", "'"]),
        st.dates(date(2026, 1, 1), date(2026, 3, 1)),
        st.integers(-5, 5).map(str),
    ),
    max_size=8,
)


@settings(max_examples=5)
@given(rows=ROWS, data=st.data())
def test_the_digest_knows_neither_the_order_of_rows_nor_the_place(
    rows: list[tuple[str, date, str]],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    here, there = (made(tmp_path_factory.mktemp("any")) for _ in range(2))
    files = [here.charges({}), there.charges({})]

    here.publish(files[:1], spend=spend(*rows))
    there.publish(files[1:], spend=spend(*data.draw(st.permutations(rows))))

    assert here.digest() == there.digest()


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"spend": TWO},
        {"plan": ONE},
        {"spend": ONE, "plan": ONE},
        {"spend": pl.concat([ONE, ONE])},
        {"spend": ONE.clear()},
        {"spend": ONE.rename({"day": "date"})},
        {"spend": ONE.with_columns(pl.col("day").cast(pl.String))},
        {"spend": ONE.select("day", "project", "billed_cost")},
    ],
)
def test_the_digest_sees_every_change(place: Place, tables: dict[str, pl.DataFrame]) -> None:
    place.publish(spend=ONE)
    before = place.digest()

    place.publish(**tables)

    assert place.digest() != before


def test_the_digest_sees_which_files_the_charges_are(place: Place) -> None:
    files = [place.charges({}, name="aa"), place.charges({}, name="bb")]
    digests = set()
    for some in ([], files[:1], files[1:], files):
        place.publish(some)
        digests.add(place.digest())

    assert len(digests) == 4


def test_where_there_is_no_warehouse_the_way_to_one_is_named(place: Place) -> None:
    with pytest.raises(StoreError) as caught:
        place.query("SELECT 1")

    assert str(caught.value) == f"{place.file}: there is no warehouse yet; run `trueup run`"


@pytest.mark.failure("J06")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:0],
        lambda data: data[:5000],
        lambda data: b"x" * len(data),
        lambda data: data[:8] + b"x" * 4088 + data[4096:],
    ],
)
def test_a_damaged_warehouse_says_how_to_make_it_anew(
    place: Place, damage: Callable[[bytes], bytes]
) -> None:
    place.publish(spend=ONE)
    before = place.digest()
    place.file.write_bytes(damage(place.file.read_bytes()))

    with pytest.raises(StoreError, match=r"^.*duckdb: .*; `trueup rebuild` makes it anew$"):
        place.query("SELECT * FROM spend")
    place.publish(spend=ONE)

    assert place.digest() == before


def test_a_lake_file_that_is_gone_is_named(place: Place) -> None:
    file = place.charges({})
    place.publish([file])
    file.unlink()

    with pytest.raises(StoreError, match=r"ab\.parquet.*; `trueup rebuild` makes it anew$"):
        place.query("SELECT * FROM charges")


def test_a_session_is_closed_even_when_its_user_fails(place: Place) -> None:
    place.publish(spend=ONE)

    with pytest.raises(ZeroDivisionError), connect(place.file, place.lake) as session:
        raise ZeroDivisionError

    with pytest.raises(duckdb.ConnectionException):
        session.execute("SELECT 1")
