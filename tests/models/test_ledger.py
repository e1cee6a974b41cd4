from __future__ import annotations

import contextlib
import hashlib
import importlib
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import models.database
import models.ledger
import models.migration
from models.errors import RefusedError, StoreError
from models.ledger import Entry, Later, Ledger, Record
from models.migration import MIGRATIONS, Migration
from models.seal import GENESIS, canonical, seal

SECRET = "canary-secret-in-no-message"
NOON = datetime(2026, 11, 21, 20, 0, tzinfo=timezone(timedelta(hours=8)))
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
BODIES = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ),
)
OPTIONAL = st.none() | st.sampled_from(["a", "b", "c"])


@dataclass(frozen=True)
class Lite:
    """A file, as somebody with the sqlite3 program sees it."""

    file: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    @property
    def name(self) -> str:
        return str(self.file)

    def by_hand(self, statement: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        return by_hand(self.file, statement, parameters)

    def refused(self, statement: str, reason: str) -> None:
        with (
            contextlib.closing(sqlite3.connect(self.file)) as connection,
            pytest.raises(sqlite3.IntegrityError, match=reason),
        ):
            connection.execute(statement)


@dataclass(frozen=True)
class Post:
    """A schema of a server, as its owner sees it, who can switch triggers off."""

    url: str

    @property
    def name(self) -> str:
        return self.url.partition("?")[0].replace(SECRET, "***")

    def by_hand(self, statement: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        with self._connected() as connection:
            connection.execute("SET session_replication_role = replica")
            done = connection.execute(statement.replace("?", "%s"), parameters or None)
            return done.fetchall() if done.description else []

    def refused(self, statement: str, reason: str) -> None:
        with pytest.raises(Exception, match=reason), self._connected() as connection:
            connection.execute(statement)

    def _connected(self) -> Any:
        psycopg = importlib.import_module("psycopg")  # an extra
        return psycopg.connect(self.url.replace("+psycopg", ""))


Base = Lite | Post


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def base(request: pytest.FixtureRequest, file: Path) -> Base:
    """Return each database that a ledger may be in."""
    if request.param == "sqlite":
        return Lite(file)
    return Post(request.getfixturevalue("postgresql"))


@pytest.fixture
def ledger(base: Base) -> Iterator[Ledger]:
    with Ledger(base.url, lambda: NOON) as ledger:
        yield ledger


@pytest.fixture
def five(ledger: Ledger) -> Ledger:
    ledger.append(*(Entry("run", f"night {n}", {"n": n, "amount": f"{n}.50"}) for n in range(5)))
    return ledger


def opened(file: Path) -> Ledger:
    return Ledger(f"sqlite:///{file}", lambda: NOON)


def by_hand(file: Path, statement: str, parameters: tuple[object, ...] = ()) -> list[Any]:
    """Do what somebody with the file and the sqlite3 program can do."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        for trigger in ("entry_update", "entry_delete", "entry_insert"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        return connection.execute(statement, parameters).fetchall()


def test_an_entry_comes_back_as_it_was_written(ledger: Ledger) -> None:
    [written] = ledger.append(Entry("delivery.loaded", "aws/2026-10", {"rows": 3, "sum": "1.50"}))

    assert ledger.entries() == [written]
    assert written == Record(
        1,
        "2026-11-21T12:00:00.000000+00:00",
        "delivery.loaded",
        "aws/2026-10",
        {"rows": 3, "sum": "1.50"},
        ledger.head,
    )


def test_an_entry_is_sealed_over_all_of_its_fields_and_the_hash_before_it(ledger: Ledger) -> None:
    first, second = ledger.append(Entry("a", "b", {"z": None, "é": [True]}), Entry("c", "d", {}))

    at = "2026-11-21T12:00:00.000000+00:00"
    texts = (
        rf'[1,"{at}","a","b","{{\"z\":null,\"\\u00e9\":[true]}}","{"0" * 64}"]',
        rf'[2,"{at}","c","d","{{}}","{first.hash}"]',
    )
    assert [hashlib.sha256(text.encode()).hexdigest() for text in texts] == [
        first.hash,
        second.hash,
    ]


@settings(max_examples=12)
@given(entries=st.lists(st.builds(Entry, NAMES, NAMES, BODIES), max_size=6))
def test_any_plain_entries_come_back_in_order_and_verify(
    entries: list[Entry], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(tmp_path_factory.mktemp("any") / "ledger.sqlite") as ledger:
        written = ledger.append(*entries)

        assert ledger.entries() == written
        assert [Entry(r.kind, r.subject, r.body) for r in written] == entries
        assert ledger.head == (written[-1].hash if written else GENESIS)
        ledger.verify(includes=ledger.head)


@settings(max_examples=15)
@given(
    entries=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=12),
    kind=OPTIONAL,
    subject=OPTIONAL,
)
def test_entries_are_found_by_kind_and_subject_and_the_latest_of_each(
    entries: list[tuple[str, str]],
    kind: str | None,
    subject: str | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with opened(tmp_path_factory.mktemp("any") / "ledger.sqlite") as ledger:
        written = ledger.append(*(Entry(*names, {}) for names in entries))

        wanted = [r for r in written if kind in (None, r.kind) and subject in (None, r.subject)]
        assert ledger.entries(kind, subject) == wanted
        assert ledger.latest("a") == {r.subject: r for r in written if r.kind == "a"}
        about = [r for r in written if r.kind in ("a", kind) and r.subject == subject]
        assert ledger.newest(("a", str(kind)), (str(subject),)) == (about[-1] if about else None)


def test_what_was_proved_is_not_proved_again_while_it_is_the_same(
    five: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = five.entries()
    assert [*map(id, five.entries("run"))] == [*map(id, before)]
    assert five.until(3).latest("run")["night 0"] is before[0]

    monkeypatch.setattr(models.ledger, "_HELD", 2)  # there is an end to what is kept
    five.append(Entry("run", "night 5", {}))

    assert five.entries()[:5] == before
    assert five.entries()[0] is not before[0]


def test_a_long_entry_is_read_anew_so_that_none_holds_the_memory_of_all(five: Ledger) -> None:
    room = 16_000 - len('{"x":""}')
    short, long = (Entry("run", name, {"x": "y" * size}) for name, size in
                   (("short", room), ("long", room + 1)))  # fmt: skip
    five.append(short, long)

    before, after = five.latest("run"), five.latest("run")

    assert before == after
    assert before["short"] is after["short"]
    assert before["long"] is not after["long"]


def test_entries_appended_together_are_there_together_or_not_at_all(five: Ledger) -> None:
    before = five.entries()

    with pytest.raises(ValueError, match="write amounts as text"):
        five.append(Entry("run", "good", {}), Entry("run", "bad", {"amount": 1.5}))

    assert five.entries() == before


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"amount": 1.5}, "run.amount: 1.5 is"),
        ({"rows": [1, {"sum": float("nan")}]}, "run.rows[1].sum: nan is"),
        ({"amount": Decimal("1.50")}, "run.amount: Decimal('1.50') is"),
        ({"days": {1: "x"}}, "run.days: {1: 'x'} is"),
        ({"raw": b"x"}, "run.raw: b'x' is"),
    ],
)
def test_a_body_that_json_cannot_hold_exactly_is_refused_with_its_place(
    ledger: Ledger, body: dict[str, Any], place: str
) -> None:
    with pytest.raises(ValueError, match="is not kept exactly in the ledger") as caught:
        ledger.append(Entry("run", "x", body))

    assert str(caught.value) == f"{place} not kept exactly in the ledger; write amounts as text"


@pytest.mark.parametrize("name", ["", "a\nb", "a\x00b", "\ud800", "\u202e"])
def test_a_name_that_cannot_be_printed_is_refused(ledger: Ledger, name: str) -> None:
    for entry in (Entry(name, "subject", {}), Entry("kind", name, {})):
        with pytest.raises(ValueError, match="cannot name a ledger entry; use printable text"):
            ledger.append(entry)

    assert ledger.entries() == []


def test_a_clock_without_a_zone_is_refused(file: Path) -> None:
    with pytest.raises(ValueError, match="2026-11-21 00:00:00 has no time zone"):
        Ledger(f"sqlite:///{file}", lambda: datetime(2026, 11, 21))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE entry SET body = '{}' WHERE seq = 3", "an entry is never changed"),
        ("UPDATE entry SET seq = 9 WHERE seq = 5", "an entry is never changed"),
        ("DELETE FROM entry", "an entry is never (changed or )?removed"),
        ("INSERT INTO entry VALUES (7,'','','','','a','b')", "an entry follows the"),
        ("INSERT INTO entry VALUES (0,'','','','','a','b')", "an entry follows the"),
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(
    five: Ledger, base: Base, statement: str, reason: str
) -> None:
    before = five.entries()

    base.refused(statement, reason)

    assert five.entries() == before


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_row_cannot_be_replaced(five: Ledger, base: Base) -> None:
    base.refused(
        "INSERT OR REPLACE INTO entry VALUES (3,'','','','','a','b')", "an entry follows the"
    )

    five.verify()


@pytest.mark.server
@pytest.mark.parametrize("base", ["postgresql"], indirect=True)
def test_a_table_cannot_be_emptied(five: Ledger, base: Base) -> None:
    base.refused("TRUNCATE entry", "an entry is never changed or removed")

    five.verify()


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-11-21T12:00:00.000001+00:00"),
        ("kind", "Run"),
        ("subject", "night x"),
        ("body", '{"amount":"9.50"}'),
        ("body", ""),
        ("previous", "f" * 64),
        ("hash", "f" * 64),
    ],
)
def test_an_altered_entry_is_found_and_named(
    five: Ledger, base: Base, seq: int, column: str, value: str
) -> None:
    base.by_hand(f"UPDATE entry SET {column} = ? WHERE seq = {seq}", (value,))  # noqa: S608

    message = f"{base.name}: the chain breaks at entry {seq}; restore it from a backup"
    for read in (
        five.verify,
        five.entries,
        lambda: five.latest("Run" if column == "kind" else "run"),
    ):
        with pytest.raises(StoreError) as caught:
            read()
        assert str(caught.value) == message


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seq", [1, 5])
@pytest.mark.parametrize(
    "value",
    ["CAST(body AS BLOB)", "CAST(x'fffe' AS TEXT)"],
    ids=["the same bytes of another type", "text that is no UTF-8"],
)
def test_a_body_of_another_type_is_found_and_named(
    five: Ledger, base: Base, seq: int, value: str
) -> None:
    base.by_hand(f"UPDATE entry SET body = {value} WHERE seq = {seq}")  # noqa: S608

    for read in (five.verify, five.entries, lambda: five.latest("run")):
        with pytest.raises(StoreError, match=f"the chain breaks at entry {seq};"):
            read()


def test_an_entry_altered_with_its_own_hash_breaks_the_chain_at_the_next(
    five: Ledger, base: Base
) -> None:
    third = base.by_hand("SELECT * FROM entry WHERE seq = 3")[0]
    forged = seal(*third[:4], '{"amount":"0"}', third[5])
    change = """UPDATE entry SET body = '{"amount":"0"}', hash = ? WHERE seq = 3"""
    base.by_hand(change, (forged,))

    with pytest.raises(StoreError, match="the chain breaks at entry 4;"):
        five.verify()


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("DELETE FROM entry WHERE seq = 1", 1),
        ("DELETE FROM entry WHERE seq = 3", 3),
        ("UPDATE entry SET seq = seq + 10", 1),
        ("UPDATE entry SET seq = 9 WHERE seq = 5", 5),
        ("INSERT INTO entry VALUES (6, 'x', 'x', 'x', '{}', 'x', 'x')", 6),
    ],
)
def test_a_removed_moved_or_foreign_entry_is_found_and_named(
    five: Ledger, base: Base, statement: str, seq: int
) -> None:
    base.by_hand(statement)

    with pytest.raises(StoreError, match=f"the chain breaks at entry {seq};"):
        five.verify()


def test_a_forged_entry_that_leaves_a_gap_is_found(five: Ledger, base: Base) -> None:
    fields = (9, "2026-11-21", "run", "forged", "{}", five.head)
    insert = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)"
    base.by_hand(insert, (*fields, seal(*fields)))

    with pytest.raises(StoreError, match="the chain breaks at entry 6;"):
        five.verify()


def test_entries_cut_off_at_the_end_are_missed_by_a_head_noted_elsewhere(
    five: Ledger, base: Base
) -> None:
    noted = five.head
    base.by_hand("DELETE FROM entry WHERE seq = 5")

    five.verify()
    with pytest.raises(StoreError) as caught:
        five.verify(includes=noted)

    assert str(caught.value) == (
        f"{base.name}: ends at entry 4 without the noted head {noted}; restore it from a backup"
    )


def test_a_head_noted_earlier_is_still_in_the_chain_later(five: Ledger) -> None:
    noted = five.head

    five.append(Entry("run", "later", {}))

    five.verify(includes=noted)


def test_many_appenders_at_once_make_one_chain(base: Base) -> None:
    Ledger(base.url, lambda: NOON).close()
    errors: list[BaseException] = []

    def nights(who: int) -> None:
        try:
            with Ledger(base.url, lambda: NOON) as ledger:
                for n in range(10):
                    ledger.append(Entry("run", f"{who}", {"n": n}), Entry("run", f"{who}", {}))
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=nights, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with Ledger(base.url, lambda: NOON) as ledger:
        ledger.verify()
        assert (errors, len(ledger.entries())) == ([], 80)


def test_an_appender_that_read_an_old_head_is_refused(
    five: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = five.entries()
    old = before[3]
    monkeypatch.setattr(models.ledger, "_newest", lambda _: (old.seq, old.hash))

    with pytest.raises(StoreError, match=r"the database refused: .*; run again, or "):
        five.append(Entry("run", "fork", {}))

    assert five.entries() == before


def test_a_fork_is_refused_without_triggers_too(
    five: Ledger, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(base, Lite):
        base.by_hand("DROP TRIGGER IF EXISTS entry_insert")
    else:
        base.by_hand("DROP TRIGGER entry_follows ON entry")
    old = five.entries()[3]

    for stale in ((4, old.hash), (5, old.hash)):
        monkeypatch.setattr(models.ledger, "_newest", lambda _, stale=stale: stale)
        with pytest.raises(StoreError, match=r"UNIQUE constraint failed|duplicate key value"):
            five.append(Entry("run", "fork", {}))


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("five")
def test_a_reader_does_not_wait_for_a_writer(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO entry VALUES (6, '', '', '', '', 'a', 'b')")
        with opened(file) as reader:
            assert len(reader.entries()) == 5
        writer.execute("ROLLBACK")


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("five")
@pytest.mark.failure("M12")
def test_only_the_owner_can_read_the_ledger(file: Path) -> None:
    journals: list[int] = []
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO entry VALUES (6, '', '', '', '', 'a', 'b')")
        journals = [stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()]
        writer.execute("ROLLBACK")

    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert journals == [0o600, 0o600]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_what_was_acknowledged_is_synced(five: Ledger) -> None:
    with models.database.transaction(five._engine) as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 3
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"


@pytest.mark.parametrize("count", range(len(MIGRATIONS)))
def test_an_older_ledger_is_brought_up_to_date_with_its_entries(
    file: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(models.migration, "MIGRATIONS", MIGRATIONS[: max(count, 1)])
    with opened(file) as old:
        written = old.append(Entry("run", "old", {"n": 1}))
    monkeypatch.setattr(models.migration, "MIGRATIONS", MIGRATIONS)

    with opened(file) as ledger:
        assert ledger.entries() == written
        ledger.append(Entry("run", "new", {}))
        ledger.verify()
    assert schema(file) == schema_of_a_new_one(file.parent)


def test_the_first_schema_ever_released_is_still_understood(file: Path) -> None:
    file.parent.mkdir()
    body, at = '{"n":1}', "2026-01-01T00:00:00.000000+00:00"
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(
            """
            CREATE TABLE migration (name TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (name));
            INSERT INTO migration VALUES ('0001 entries', '2026-01-01T00:00:00.000000+00:00');
            CREATE TABLE entry (
                seq INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
                subject TEXT NOT NULL, body TEXT NOT NULL,
                previous TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE);
            """
        )
        sealed = seal(1, at, "run", "old", body, GENESIS)
        row = (1, at, "run", "old", body, GENESIS, sealed)
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    with opened(file) as ledger:
        ledger.verify(includes=sealed)
        assert ledger.entries() == [Record(1, at, "run", "old", {"n": 1}, sealed)]
    with (
        contextlib.closing(sqlite3.connect(file)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="an entry is never changed"),
    ):
        connection.execute("UPDATE entry SET kind = 'x'")


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_migration_that_fails_halfway_leaves_nothing_of_itself(
    five: Ledger, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schema(file)
    broken = Migration("9999 broken", ("CREATE TABLE half (x TEXT)", "CREATE NONSENSE"))
    monkeypatch.setattr(models.migration, "MIGRATIONS", (*MIGRATIONS, broken))

    with pytest.raises(StoreError, match='near "NONSENSE": syntax error'):
        opened(file)

    assert schema(file) == before
    assert len(five.entries()) == 5


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("five")
def test_a_ledger_of_a_newer_version_is_left_alone(file: Path) -> None:
    by_hand(file, "INSERT INTO migration VALUES ('9999 future', 'x')")

    with pytest.raises(StoreError) as caught:
        opened(file)

    assert str(caught.value) == (
        f"{file}: written by a newer version of trueup, which knows '9999 future'; use that version"
    )


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("five")
def test_a_ledger_that_is_up_to_date_is_opened_without_writing(file: Path) -> None:
    before = (file.read_bytes(), file.stat().st_mtime_ns)

    opened(file).close()

    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_two_processes_may_make_the_ledger_at_the_same_time(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(file) as first:
        monkeypatch.setattr(models.migration, "_applied", lambda _: set())
        with opened(file) as second:
            second.append(Entry("run", "x", {}))
        first.verify()

    assert len(by_hand(file, "SELECT * FROM migration")) == len(MIGRATIONS)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda file: file.write_bytes(b"not a database" * 100), "file is not a database"),
        (lambda file: file.mkdir(), "Is a directory"),
    ],
)
def test_what_is_no_ledger_is_named(
    file: Path, make: Callable[[Path], object], reason: str
) -> None:
    file.parent.mkdir()
    make(file)

    with pytest.raises(StoreError, match=reason) as caught:
        opened(file)

    assert str(caught.value).startswith(f"{file}: ")


def test_a_password_in_the_url_is_not_shown() -> None:
    engine = models.database.opened("sqlite://")
    engine.url = engine.url.set(username="finance", password="hunter2", host="db")

    assert models.database.shown(engine) == "sqlite://finance:***@db"


def test_each_database_has_triggers_of_its_own() -> None:
    lite, post = (
        [text for migration in MIGRATIONS for text in migration.on(dialect)]
        for dialect in ("sqlite", "postgresql")
    )

    assert [text for text in lite if "TRIGGER" in text and "RAISE(ABORT" not in text] == []
    assert not [text for text in post if "RAISE(ABORT" in text]
    assert len([text for text in post if "CREATE TRIGGER" in text]) == 2


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": (1,), "a": {"d": 1, "c": 2}}, "x") == '{"a":{"c":2,"d":1},"b":[1]}'


def schema(file: Path) -> set[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return set(connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall())


def schema_of_a_new_one(folder: Path) -> set[tuple[str, ...]]:
    opened(folder / "new.sqlite").close()
    return schema(folder / "new.sqlite")


def test_the_past_shows_what_was_and_takes_nothing(ledger: Ledger) -> None:
    ledger.append(Entry("rates", "rates.yaml", {"hash": "a"}))
    head = ledger.head
    ledger.append(Entry("rates", "rates.yaml", {"hash": "b"}), Entry("plan", "x/1", {}))

    past = ledger.until(1)

    assert [each.body for each in past.entries()] == [{"hash": "a"}]
    assert past.latest("rates")["rates.yaml"].body == {"hash": "a"}
    assert past.newest(("rates", "plan"), ("rates.yaml", "x/1")) == past.entries()[0]
    assert past.head == head
    assert ledger.until(0).entries() == []
    with pytest.raises(RefusedError, match="is read as it was at entry 1; nothing is written to"):
        past.append(Entry("plan", "x/2", {}))


def test_the_past_can_show_some_of_what_came_later(ledger: Ledger) -> None:
    first = Entry("delivery.loaded", "cloud/2026-01", {"n": 1})
    ledger.append(first, Entry("plan", "cloud/1", {}))
    ledger.append(Entry("delivery.loaded", "cloud/2026-01", {"n": 2}))
    ledger.append(Entry("delivery.loaded", "cloud-b/2026-01", {"n": 3}), Entry("plan", "x/1", {}))
    ledger.append(Entry("delivery.loaded", "cloud/2026-02", {"n": 4}))

    past = ledger.until(2)
    some = past.beside(Later(5, ("delivery.loaded",), ("cloud",)))

    assert [each.seq for each in some.entries()] == [1, 2, 3]
    assert some.latest("delivery.loaded")["cloud/2026-01"].body == {"n": 2}
    assert [each.seq for each in some.beside(Later(5, ("plan",))).entries()] == [1, 2, 3, 5]
    assert [each.seq for each in past.beside(Later(9, ("delivery.loaded",))).entries()] == [
        *(1, 2, 3, 4, 6),
    ]
    assert (past.size, some.size, ledger.size) == (2, 2, 6)
    assert [each.seq for each in past.entries()] == [1, 2]
    assert [each.seq for each in some.until(1).entries()] == [1]
    with pytest.raises(RefusedError, match="is read as it was at entry 2"):
        some.append(Entry("plan", "x/2", {}))
