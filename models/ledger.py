"""The ledger: append-only entries in SQL, each sealed by the hash of the one before."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy as sa

from models.database import opened, shown, transaction
from models.entrytable import ENTRY, questions
from models.errors import RefusedError, StoreError
from models.migration import migrate
from models.seal import GENESIS, canonical, seal

MONTHLY: Final = ("month.closed", "month.reopened")  # kinds that `append` refuses
_ALONE: Final = "by closing or reopening a month alone; use `trueup close` or `trueup reopen`"
_MEANWHILE: Final = "was closed or reopened meanwhile; look at it again"
_FIELDS = tuple(ENTRY.columns.keys())
_HELD: Final = 2_000  # records that are kept for the next who asks; a year of nights has more
_LONGEST: Final = 16_000  # characters of one that is; deliveries of many documents are read anew


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. `body` is plain JSON without floats: amounts are text."""

    kind: str
    subject: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as the ledger keeps it; `at` is ISO text in UTC, `seq` counts from 1."""

    seq: int
    at: str
    kind: str
    subject: str
    body: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Later:
    """Entries that a ledger as it was shows beside its own, as if they had come before.

    Attributes:
        seq: The last of them.
        kinds: Their kinds.
        about: Names that their subjects are, or begin with before a `/`; none for any subject.
    """

    seq: int
    kinds: tuple[str, ...]
    about: tuple[str, ...] = ()

    def told(self) -> sa.ColumnElement[bool]:
        """Return which entries these are."""
        whose = [
            sa.or_(ENTRY.c.subject == name, ENTRY.c.subject.startswith(f"{name}/", autoescape=True))
            for name in self.about
        ]
        mine = sa.and_(ENTRY.c.seq <= self.seq, ENTRY.c.kind.in_(self.kinds))
        return sa.and_(mine, sa.or_(*whose)) if whose else mine


class Ledger:
    """The entries of one database; a context manager, or closed by `close`."""

    def __init__(self, url: str, now: Callable[[], datetime]) -> None:
        """Open the database, made and brought up to date if need be.

        Raises:
            StoreError: when it cannot be opened, or a newer version of the program wrote it.
        """
        self._engine, self._now = opened(url), now
        self._last: int | None = None
        self._later: tuple[Later, ...] = ()
        self._questions = questions(self._told())
        self._proved: dict[int, tuple[Sequence[Any], Record]] = {}
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            migrate(self._engine, self._time())
            stack.pop_all()  # it stays open

    def __enter__(self) -> Self:
        """Return the ledger."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the ledger."""
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def until(self, seq: int) -> Ledger:
        """Return the same ledger as it was when its newest entry was this one; it takes no more.

        Args:
            seq: The last entry that it shows; 0 for an empty ledger.
        """
        return self._as(seq, ())

    def beside(self, later: Later) -> Ledger:
        """Return a ledger as it was that shows some later entries, too; it takes no more."""
        return self._as(self.size, (*self._later, later))

    def _as(self, last: int, later: tuple[Later, ...]) -> Ledger:
        past = copy(self)
        past._last, past._later = last, later  # noqa: SLF001 - it is one of us
        past._questions = questions(past._told())  # noqa: SLF001 - the same
        return past

    @property
    def head(self) -> str:
        """The hash of the newest entry; all of the ledger hangs on it."""
        with transaction(self._engine) as connection:
            return _newest(connection, self._last)[1]

    @property
    def size(self) -> int:
        """How many entries there are; the newest has this number."""
        with transaction(self._engine) as connection:
            return _newest(connection, self._last)[0]

    def append(self, *entries: Entry) -> list[Record]:
        """Add entries, all or none, and return them as they were written.

        Raises:
            RefusedError: when this is the ledger as it was, or one closes or reopens a month.
            StoreError: when the database refuses; none of the entries was added.
            ValueError: for a body that is not plain JSON, or holds a float.
        """
        for each in entries:
            if each.kind in MONTHLY:
                raise RefusedError(f"{each.subject}: {each.kind} is written {_ALONE}")
        return self._written(entries)

    def settle(self, entry: Entry, after: int) -> Record:
        """Close or reopen a month, if nobody else did since it was looked at.

        Args:
            entry: Of one of the kinds MONTHLY.
            after: The newest entry of these kinds about the month, by its number; 0 for none.

        Raises:
            RefusedError: when another came in between; else as `append`.
        """
        return self._written([entry], after)[0]

    def _written(self, entries: Sequence[Entry], after: int | None = None) -> list[Record]:
        if self._last is not None:
            raise RefusedError(
                f"{shown(self._engine)}: is read as it was at entry {self._last}; "
                "nothing is written to the past"
            )
        stated = [(entry.kind, entry.subject, _body(entry)) for entry in entries]
        at = self._time()
        with transaction(self._engine, writes=True) as connection:
            if after is not None and _settled(connection, entries[0].subject) != after:
                raise RefusedError(f"{entries[0].subject}: {_MEANWHILE}")
            rows = _chained(at, stated, *_newest(connection))
            for row in rows:
                connection.execute(ENTRY.insert(), dict(zip(_FIELDS, row, strict=True)))
        return [self._record(row) for row in rows]

    def entries(self, kind: str | None = None, subject: str | None = None) -> list[Record]:
        """Return the entries of a kind, a subject, both, or all, oldest first.

        Raises:
            StoreError: when one of them was altered.
        """
        query = self._questions.entries(kind, subject)
        return self._records(query, kind=kind, subject=subject)

    def latest(self, kind: str) -> dict[str, Record]:
        """Return the newest entry of each subject of a kind.

        Raises:
            StoreError: when one of them was altered.
        """
        found = self._records(self._questions.latest, kind=kind)
        return {record.subject: record for record in found}

    def newest(self, kinds: Sequence[str], subjects: Sequence[str]) -> Record | None:
        """Return the newest entry of any of these kinds about any of these subjects.

        Raises:
            StoreError: when it was altered.
        """
        found = self._records(self._questions.newest, kinds=[*kinds], subjects=[*subjects])
        return next(iter(found), None)

    def verify(self, includes: str = GENESIS) -> None:
        """Prove that no entry was altered, removed or put in between.

        Args:
            includes: A head noted earlier, elsewhere. Only that shows that the newest
                entries were cut off, or that the whole chain was written anew.

        Raises:
            StoreError: names the first entry at which the chain breaks.
        """
        last, previous, found = 0, GENESIS, includes == GENESIS
        with transaction(self._engine) as connection:
            for row in connection.execute(sa.select(ENTRY).order_by(ENTRY.c.seq)):
                last += 1
                if row.seq != last or row.previous != previous or row.hash != seal(*row[:6]):
                    raise self._broken(last)
                previous = row.hash
                found = found or previous == includes
        if not found:
            raise StoreError(
                f"{shown(self._engine)}: ends at entry {last} without the noted head {includes}; "
                "restore it from a backup"
            )

    def _told(self) -> sa.ColumnElement[bool]:
        """Return which entries there are: all, or those of then."""
        if self._last is None:
            return sa.true()
        return sa.or_(ENTRY.c.seq <= self._last, *(each.told() for each in self._later))

    def _time(self) -> str:
        moment = self._now()
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone; the ledger keeps UTC")
        return moment.astimezone(UTC).isoformat(timespec="microseconds")

    def _broken(self, seq: int) -> StoreError:
        return StoreError(
            f"{shown(self._engine)}: the chain breaks at entry {seq}; restore it from a backup"
        )

    def _records(self, query: sa.Select[Any], **asked: object) -> list[Record]:
        with transaction(self._engine) as connection:
            return [self._record(row) for row in connection.execute(query, asked)]

    def _record(self, row: Sequence[Any]) -> Record:
        """Return an entry; one that is as it was when it was proved is not proved again."""
        seq, at, kind, subject, body, _previous, sealed = row
        if (known := self._proved.get(seq)) and known[0] == row:
            return known[1]
        if sealed != seal(*row[:6]):
            raise self._broken(seq)
        found = Record(seq, at, kind, subject, json.loads(body), sealed)
        if len(body) <= _LONGEST:
            if len(self._proved) >= _HELD:
                self._proved.clear()
            self._proved[seq] = row, found
        return found


def _settled(connection: sa.Connection, month: str) -> int:
    """Return the number of the newest entry that closed or reopened a month; 0 for none."""
    mine = sa.and_(ENTRY.c.kind.in_(MONTHLY), ENTRY.c.subject == month)
    return connection.scalar(sa.select(sa.func.max(ENTRY.c.seq)).where(mine)) or 0


def _newest(connection: sa.Connection, last: int | None = None) -> tuple[int, str]:
    query = sa.select(ENTRY.c.seq, ENTRY.c.hash).order_by(ENTRY.c.seq.desc()).limit(1)
    row = connection.execute(query if last is None else query.where(ENTRY.c.seq <= last)).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def _chained(
    at: str, stated: Sequence[tuple[str, str, str]], seq: int, previous: str
) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for kind, subject, body in stated:
        seq += 1
        sealed = seal(seq, at, kind, subject, body, previous)
        rows.append((seq, at, kind, subject, body, previous, sealed))
        previous = sealed
    return rows


def _body(entry: Entry) -> str:
    for name in (entry.kind, entry.subject):
        if not name or not name.isprintable():
            raise ValueError(f"{name!r} cannot name a ledger entry; use printable text")
    return canonical(entry.body, entry.kind)
