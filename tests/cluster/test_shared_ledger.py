"""A ledger that machines share, on a real server: `make test-servers`."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.database import exclusive, transaction
from models.errors import RefusedError, StoreError
from models.ledger import Entry, Ledger

pytestmark = pytest.mark.server

SECRET = "canary-secret-in-no-message"
HOLDER = """
import sys, time
from pathlib import Path
from scheduler.lock import held
with held(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""

Owner = Callable[..., Any]


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def ledger(postgresql: str) -> Iterator[Ledger]:
    with Ledger(postgresql, now) as ledger:
        ledger.append(Entry("run", "first", {"n": 1}))
        yield ledger


@pytest.fixture
def owner(postgresql: str) -> Iterator[Owner]:
    """Return a way to do what the owner of the database can."""
    psycopg = importlib.import_module("psycopg")
    with psycopg.connect(postgresql.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection.execute


def test_entries_are_the_same_as_in_a_file(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", now) as file:
        file.append(Entry("run", "first", {"n": 1}))
        for each in (ledger, file):
            each.append(Entry("run", "Grüße 東京", {"text": "\x00 \ud800 🎈 \\ % :x", "n": 10**40}))

        assert ledger.entries() == file.entries()
        assert ledger.head == file.head


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"port": 1}, "cannot be reached, or went away: connection failed"),
        ({"database": "elsewhere"}, 'database "elsewhere" does not exist'),
    ],
)
def test_a_server_that_lets_nobody_in_is_named_without_a_secret(
    postgresql: str, change: dict[str, Any], said: str
) -> None:
    url = importlib.import_module("sqlalchemy").make_url(postgresql).set(**change)

    with pytest.raises(StoreError) as caught:
        Ledger(url.render_as_string(hide_password=False), now)

    text = str(caught.value)
    assert text.startswith("postgresql+psycopg://finance:***@127.0.0.1:")
    assert said in text
    assert text.endswith("; run again when it is back")
    assert SECRET not in text
    assert len(text.splitlines()) == 1


def test_a_connection_that_was_cut_is_told_and_the_next_one_works(
    ledger: Ledger, owner: Owner
) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"

    def cut_off() -> None:
        with transaction(ledger._engine, writes=True) as connection:
            owner(others, ["trueup"])
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StoreError, match="or went away: terminating connection"):
        cut_off()
    owner(others, ["trueup"])  # and one that lies idle

    ledger.append(Entry("run", "second", {}))
    ledger.verify()
    assert [record.subject for record in ledger.entries()] == ["first", "second"]


def test_an_appender_waits_for_the_one_before_it_and_follows_it(
    postgresql: str, ledger: Ledger
) -> None:
    with Ledger(postgresql, now) as other:
        late = threading.Thread(target=other.append, args=[Entry("run", "late", {})])
        with transaction(ledger._engine, writes=True):
            late.start()
            late.join(0.3)
            assert late.is_alive()
            assert len(ledger.entries()) == 1  # nobody who reads waits
        late.join(20)

        other.verify()
        assert [record.seq for record in other.entries()] == [1, 2]


def test_one_that_waits_too_long_is_told(
    postgresql: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.database.WAIT", 1)

    with (
        Ledger(postgresql, now) as other,
        transaction(ledger._engine, writes=True),
        pytest.raises(StoreError, match="canceling statement due to lock timeout"),
    ):
        other.append(Entry("run", "late", {}))


@pytest.mark.usefixtures("ledger")
def test_a_role_that_may_only_read_and_append_is_all_a_run_needs(
    postgresql: str, owner: Owner, request: pytest.FixtureRequest
) -> None:
    role = f"runner_{abs(hash(request.node.nodeid)):x}"
    ((schema,),) = owner("SELECT current_schema()").fetchall()
    owner(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    owner(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    owner(f"GRANT SELECT, INSERT ON entry TO {role}")
    owner(f"GRANT SELECT ON migration TO {role}")
    url = postgresql.replace(f"finance:{SECRET}", f"{role}:x")

    with Ledger(url, now) as runner:
        runner.append(Entry("run", "second", {}))
        runner.verify()
        for statement in ("UPDATE entry SET body = '{}'", "DELETE FROM entry", "DROP TABLE entry"):
            with (
                pytest.raises(
                    StoreError, match=r"the database refused: (permission|must be owner)"
                ),
                transaction(runner._engine, writes=True) as connection,
            ):
                connection.exec_driver_sql(statement)


def test_two_ledgers_of_one_database_do_not_wait_for_each_other(
    postgresql: str, owner: Owner, tmp_path: Path
) -> None:
    owner("CREATE SCHEMA IF NOT EXISTS another")
    other = f"{postgresql.partition('?')[0]}?options=-csearch_path%3Danother"

    with (
        exclusive(postgresql, "a"),
        exclusive(other, "b"),
        exclusive(f"sqlite:///{tmp_path}/x", "c"),
    ):
        pass


def test_a_run_on_another_machine_is_refused_until_the_first_one_is_gone(
    postgresql: str, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    command = [sys.executable, "-c", HOLDER, str(there), postgresql]
    held = importlib.import_module("scheduler.lock").held
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(RefusedError) as refused, held(here, postgresql):
            pass
        first.send_signal(signal.SIGKILL)

    assert str(refused.value) == (
        f"{postgresql.partition('?')[0].replace(SECRET, '***')}: another run holds the lock "
        f"(trueup on {os.uname().nodename}, process {first.pid}); "
        "wait until it ends: the lock ends with it"
    )
    for _ in range(50):
        try:
            with held(here, postgresql):
                return
        except RefusedError:
            time.sleep(0.1)
    pytest.fail("the lock of a killed run is still held")


def test_a_lock_that_was_lost_is_told_at_the_end(postgresql: str, owner: Owner) -> None:
    with (
        pytest.raises(StoreError, match="cannot be reached, or went away"),
        exclusive(postgresql, "trueup, lost"),
    ):
        owner(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            ["trueup, lost"],
        )
