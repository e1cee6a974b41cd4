"""One SQL database by its URL: SQLite with every promise switched on, others as they are."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc

from models.durable import FILE_MODE, private_folder, storing
from models.errors import StoreError

WAIT: Final = 30  # seconds that one writer waits for another
_WRITES: Final = "trueup_writes"


def opened(url: str) -> sa.Engine:
    """Return the engine of a database; the file of an SQLite one is made for its owner alone."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed)
    if parsed.database and parsed.database != ":memory:":
        _private_file(Path(parsed.database))
    engine = sa.create_engine(parsed, connect_args={"timeout": WAIT})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def shown(engine: sa.Engine) -> str:
    """Return where the database is, for people: a path, or a URL without its password."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        return engine.url.database
    return engine.url.render_as_string(hide_password=True)


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
        reason = getattr(error, "orig", None) or error
        raise StoreError(
            f"{shown(engine)}: the database refused: {reason}; "
            "run again, or restore it from a backup"
        ) from error


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
