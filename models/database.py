"""One SQL database by its URL: SQLite or PostgreSQL, with every promise switched on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc

from models.durable import FILE_MODE, private_folder, storing
from models.errors import RefusedError, StoreError

WAIT: Final = 30  # seconds that one writer waits for another
CONNECT: Final = 10  # seconds until a server must have answered
_WRITES: Final = "trueup_writes"
_BACKENDS: Final = ("sqlite", "postgresql")
_FORMS: Final = "write postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
_APPENDERS: Final = "trueup.append"  # what advisory locks are named after; the schema is added
_RUNS: Final = "trueup.run"
_ALONE: Final = {"isolation_level": "AUTOCOMMIT", "trueup_alone": True}
_HOLDER: Final = """
    SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE locktype = 'advisory' AND granted
    AND (classid::bigint << 32 | objid::bigint)
        = hashtextextended(concat(CAST(:name AS text), '.', current_schema()), 0)
"""


def opened(url: str) -> sa.Engine:
    """Return the engine of a database; the file of an SQLite one is made for its owner alone.

    Raises:
        StoreError: when the URL names no database that there is a client for.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed)
    if parsed.database and parsed.database != ":memory:":
        _private_file(Path(parsed.database))
    engine = sa.create_engine(parsed, connect_args={"timeout": WAIT})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def shown(engine: sa.Engine) -> str:
    """Return where the database is, for people: a path, or a URL without its secrets."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        return engine.url.database
    plain = engine.url.difference_update_query(engine.url.query)  # a password may be there, too
    return plain.render_as_string(hide_password=True)


@contextlib.contextmanager
def transaction(engine: sa.Engine, *, writes: bool = False) -> Iterator[sa.Connection]:
    """Yield a connection on which all that is done counts together, or not at all.

    Raises:
        StoreError: when the database cannot be reached or refuses.
    """
    try:
        with engine.connect() as connection:
            connection.execution_options(**{_WRITES: writes})
            with connection.begin():
                yield connection
    except exc.SQLAlchemyError as error:
        raise StoreError(f"{shown(engine)}: {_reason(engine, error)}") from error


@contextlib.contextmanager
def exclusive(url: str, holder: str) -> Iterator[None]:
    """Hold the one lock of all runs on a shared database; nothing where no other machine can be.

    The server frees it when we die, or are cut off; then it is told at the end.

    Args:
        url: The database.
        holder: Who holds it, for the message that another one gets.

    Raises:
        RefusedError: when another run holds it.
        StoreError: when the database cannot be reached, or the lock was lost meanwhile.
    """
    engine = opened(url)
    try:
        if engine.dialect.name == "sqlite":
            yield
            return
        with engine.connect().execution_options(**_ALONE) as connection:
            _take(connection, holder)
            yield
            connection.execute(sa.select(sa.func.pg_advisory_unlock(_key(_RUNS))))
    except exc.SQLAlchemyError as error:
        raise StoreError(f"{shown(engine)}: {_reason(engine, error)}") from error
    finally:
        engine.dispose()


def _take(connection: sa.Connection, holder: str) -> None:
    naming = sa.func.set_config("application_name", holder, sa.false())
    taken = sa.func.pg_try_advisory_lock(_key(_RUNS))
    _named, is_mine = connection.execute(sa.select(naming, taken)).one()
    if not is_mine:
        other = connection.scalar(sa.text(_HOLDER), {"name": _RUNS}) or "somebody else"
        raise RefusedError(
            f"{shown(connection.engine)}: another run holds the lock ({other}); "
            "wait until it ends: the lock ends with it"
        )


def _reason(engine: sa.Engine, error: exc.SQLAlchemyError) -> str:
    """Return why, in one line and without the password, and the way out."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0].strip()
    if engine.url.password:
        said = said.replace(str(engine.url.password), "***")
    if engine.dialect.name == "sqlite":
        return f"the database refused: {said}; run again, or restore it from a backup"
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, exc.OperationalError):
        return f"the database cannot be reached, or went away: {said}; run again when it is back"
    return f"the database refused: {said}; run again, or mend its permissions"


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:  # its message repeats the URL
        raise StoreError(f"ledger: is no URL; {_FORMS}") from None
    if parsed.get_backend_name() not in _BACKENDS:
        raise StoreError(f"ledger: {parsed.get_backend_name()!r} is not possible; {_FORMS}")
    return parsed


def _postgresql(url: sa.URL) -> sa.Engine:
    """Return an engine whose connections are looked at before they are used again."""
    try:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT,
                "application_name": "trueup",
                "prepare_threshold": None,  # a pooler may hand each transaction to another server
            },
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            "ledger: the client of PostgreSQL is not installed; pip install 'trueup[cluster]'"
        ) from error
    event.listen(engine, "begin", _begin_shared)
    return engine


def _private_file(path: Path) -> None:
    with storing(path):
        private_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.text_factory = _lenient
    # FULL, and the folder is synced too after the journal is gone: what was acknowledged stays.
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA trusted_schema = OFF")


def _lenient(data: bytes) -> str:
    # Bytes that somebody damaged are read all the same, so that their entry can be named.
    return data.decode(errors="surrogateescape")


def _begin(connection: sa.Connection) -> None:
    # IMMEDIATE: the second writer waits here, so that it sees what the first one wrote.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_shared(connection: sa.Connection) -> None:
    # One appender at a time: it waits here, and so sees what the one before it wrote.
    if "trueup_alone" in connection.get_execution_options():
        return
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}s'")
        connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_key(_APPENDERS))))
    else:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _key(name: str) -> sa.ColumnElement[int]:
    """Return the number of a lock; ledgers in two schemas of one database have two."""
    named = sa.func.concat(name, ".", sa.func.current_schema())
    return sa.func.hashtextextended(named, 0)
