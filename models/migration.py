"""How the ledger's schema came to be: an ordered list that is only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from models.database import shown, transaction
from models.errors import StoreError


@dataclass(frozen=True, slots=True)
class Migration:
    """One step, applied in a transaction of its own and recorded by name."""

    name: str
    statements: tuple[str, ...] = ()
    sqlite: tuple[str, ...] = ()  # what only this engine understands
    postgresql: tuple[str, ...] = ()

    def on(self, dialect: str) -> tuple[str, ...]:
        """Return the statements for an engine."""
        return (*self.statements, *(self.sqlite if dialect == "sqlite" else self.postgresql))


MIGRATIONS: Final = (
    Migration(
        "0001 entries",
        (
            """
            CREATE TABLE entry (
                seq INTEGER NOT NULL PRIMARY KEY,
                at TEXT NOT NULL,
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                body TEXT NOT NULL,
                previous TEXT NOT NULL UNIQUE,
                hash TEXT NOT NULL UNIQUE
            )
            """,
        ),
    ),
    Migration(
        "0002 entries by kind and subject",
        ("CREATE INDEX entry_by_subject ON entry (kind, subject, seq)",),
    ),
    Migration(
        "0003 entries are never changed",
        sqlite=(
            """
            CREATE TRIGGER entry_update BEFORE UPDATE ON entry
            BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END
            """,
            """
            CREATE TRIGGER entry_delete BEFORE DELETE ON entry
            BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END
            """,
            # INSERT OR REPLACE removes a row without asking the trigger above.
            """
            CREATE TRIGGER entry_insert BEFORE INSERT ON entry
            WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entry)
            BEGIN SELECT RAISE(ABORT, 'an entry follows the newest one'); END
            """,
        ),
        postgresql=(
            """
            CREATE FUNCTION entry_stays() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
            BEGIN RAISE EXCEPTION 'an entry is never changed or removed'; END $$
            """,
            """
            CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
            FOR EACH STATEMENT EXECUTE FUNCTION entry_stays()
            """,
            """
            CREATE FUNCTION entry_follows() RETURNS trigger LANGUAGE plpgsql
            SET search_path FROM CURRENT AS $$
            BEGIN
                IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM entry) THEN
                    RAISE EXCEPTION 'an entry follows the newest one';
                END IF;
                RETURN NEW;
            END $$
            """,
            """
            CREATE TRIGGER entry_follows BEFORE INSERT ON entry
            FOR EACH ROW EXECUTE FUNCTION entry_follows()
            """,
        ),
    ),
)

_MIGRATION = sa.Table(
    "migration",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)


def migrate(engine: sa.Engine, at: str) -> None:
    """Bring a database up to date, step by step; one that is so is only read.

    Raises:
        StoreError: when a newer version of the program wrote it, or a step fails; the
            steps before it stay.
    """
    applied = _applied(engine)
    strange = sorted(applied - {migration.name for migration in MIGRATIONS})
    if strange:
        raise StoreError(
            f"{shown(engine)}: written by a newer version of trueup, which knows "
            f"{strange[0]!r}; use that version"
        )
    for migration in MIGRATIONS:
        if migration.name not in applied:
            _apply(engine, migration, at)


def _applied(engine: sa.Engine) -> set[str]:
    with transaction(engine) as connection:
        if not sa.inspect(connection).has_table(_MIGRATION.name):
            return set()
        return set(connection.scalars(sa.select(_MIGRATION.c.name)))


def _apply(engine: sa.Engine, migration: Migration, at: str) -> None:
    with transaction(engine, writes=True) as connection:
        _MIGRATION.create(connection, checkfirst=True)
        done = sa.select(_MIGRATION.c.name).where(_MIGRATION.c.name == migration.name)
        if connection.scalar(done) is None:  # else another process was quicker
            for statement in migration.on(engine.dialect.name):
                connection.exec_driver_sql(statement)
            connection.execute(_MIGRATION.insert(), {"name": migration.name, "at": at})
