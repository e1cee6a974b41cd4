"""Comments of persons: kept in the ledger, or written in files as long as their month is open."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ingest.closing import closed
from models.comment import Comment, newest, of
from models.errors import RefusedError
from models.ledger import Entry, Ledger, Record
from models.period import Month
from reconcile.close.commentary import Commenting
from scheduler.workspace import Project, Stores

COMMENT: Final = "comment"


def comments(project: Project, ledger: Ledger) -> list[Comment]:
    """Return what is said of every month, one comment a line; the newest by its day counts.

    Of one day what the ledger has counts. Files of closed months are not read any more: what
    they said is in the ledger since the month was closed.
    """
    shut = closed(ledger)
    told = [Comment.read(record.body) for record in ledger.latest(COMMENT).values()]
    return newest([*(each for each in project.comments if each.month not in shut), *told])


def commenting(project: Project, stores: Stores) -> Commenting:
    """Return what a report is told of comments."""
    said = comments(project, stores.ledger)
    asked = project.settings.close
    return Commenting(comments=said, days=asked.comment_days, required=asked.comments == "required")


def add(ledger: Ledger, comment: Comment, at: datetime) -> Record:
    """Keep a comment; it takes the place of what was said of the same line before.

    Args:
        ledger: The ledger.
        comment: The comment.
        at: When it is given, on the clock of the command.

    Raises:
        RefusedError: when the month is closed.
    """
    if comment.month in closed(ledger):
        raise RefusedError(
            f"{comment.month}: is closed, and so is its commentary; comment on the open month, or "
            f"reopen it: `trueup reopen {comment.month} --by NAME --reason TEXT`"
        )
    return ledger.append(_entry(comment, at))[0]


def settled(project: Project, ledger: Ledger, month: Month, at: datetime) -> list[Entry]:
    """Return the entries that keep what files say of a month that is about to be closed."""
    told = [Comment.read(record.body) for record in ledger.latest(COMMENT).values()]
    said = of(comments(project, ledger), month)
    return [_entry(each, at) for each in said if each not in told]


def _entry(comment: Comment, at: datetime) -> Entry:
    body = {**comment.body(), "as_of": at.isoformat()}
    return Entry(COMMENT, f"{comment.month}/{comment.scope}", body)
