"""The table of the ledger's entries, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

ENTRY: Final = sa.Table(
    "entry",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "kind", "subject", "body")),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
_KIND: Final = ENTRY.c.kind == sa.bindparam("kind")
_SUBJECT: Final = ENTRY.c.subject == sa.bindparam("subject")


@dataclass(frozen=True, slots=True)
class Questions:
    """Queries of one ledger; to make one takes several times as long as to ask it.

    Attributes:
        all: Every entry, oldest first.
        kind: Those of `kind`.
        subject: Those about `subject`.
        both: Those of `kind` about `subject`.
        latest: The newest of each subject of `kind`.
        newest: The newest of any of `kinds` about any of `subjects`.
    """

    all: sa.Select[Any]
    kind: sa.Select[Any]
    subject: sa.Select[Any]
    both: sa.Select[Any]
    latest: sa.Select[Any]
    newest: sa.Select[Any]

    def entries(self, kind: str | None, subject: str | None) -> sa.Select[Any]:
        """Return which of the first four is asked, by what is said."""
        if kind is None:
            return self.all if subject is None else self.subject
        return self.kind if subject is None else self.both


def questions(told: sa.ColumnElement[bool]) -> Questions:
    """Return the queries of a ledger that has these entries."""
    found = sa.select(ENTRY).where(told)
    ordered = found.order_by(ENTRY.c.seq)
    newest = sa.select(sa.func.max(ENTRY.c.seq)).where(_KIND, told).group_by(ENTRY.c.subject)
    about = (
        ENTRY.c.kind.in_(sa.bindparam("kinds", expanding=True)),
        ENTRY.c.subject.in_(sa.bindparam("subjects", expanding=True)),
    )
    return Questions(
        all=ordered,
        kind=ordered.where(_KIND),
        subject=ordered.where(_SUBJECT),
        both=ordered.where(_KIND, _SUBJECT),
        latest=sa.select(ENTRY).where(ENTRY.c.seq.in_(newest)).order_by(ENTRY.c.seq),
        newest=found.where(*about).order_by(ENTRY.c.seq.desc()).limit(1),
    )
