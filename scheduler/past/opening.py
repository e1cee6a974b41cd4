"""Opening of a project folder by a command that only reads: as it is now, or as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import click
from click.core import ParameterSource

from models.period import Month
from scheduler.cli import Shell
from scheduler.past.past import moment, past
from scheduler.pipeline import instant
from scheduler.publish import reported_month
from scheduler.workspace import Project, Stores, configured, now, stores


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A project folder at one instant.

    Attributes:
        project: Its configuration.
        stores: Its stores.
        as_of: The instant the data is current, UTC.
        month: The month that is reported unless another is asked for.
        was: Whether it is of the past.
    """

    project: Project
    stores: Stores
    as_of: datetime
    month: Month
    was: bool = False


@contextmanager
def opened(shell: Shell, as_of: str | None = None, today: date | None = None) -> Iterator[Opened]:
    """Open a project folder for reading.

    Args:
        shell: How the command was called.
        as_of: What `--as-of` says, for the folder as it was; see `scheduler.past.past.moment`.
        today: What `--today` says, for the folder as it is.

    Raises:
        RefusedError: when there was nothing at that moment, or it cannot be read again.
        ConfigError: for every mistake of the configuration.
    """
    project = configured(shell.folder)
    with stores(project) as held:
        if as_of is not None:
            _alone()
            yield was(project, held, as_of)
            return
        at = instant(today, now())
        yield Opened(project=project, stores=held, as_of=at, month=reported_month(at.date()))


def was(project: Project, held: Stores, when: str) -> Opened:
    """Return a project as it was.

    Args:
        project: As it is configured now.
        held: Its stores as they are now.
        when: See `scheduler.past.past.moment`.

    Raises:
        RefusedError: see `opened`.
        ConfigError: see `opened`.
    """
    then = past(project, held, moment(held.ledger, when))
    found = then.moment
    return Opened(
        project=then.project, stores=then.stores, as_of=found.as_of, month=found.month, was=True
    )


def _alone() -> None:
    """Refuse `--today` beside `--as-of`: what was known then was known at one instant."""
    context = click.get_current_context(silent=True)
    if context and context.get_parameter_source("today") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--as-of has a day of its own; leave --today out")
