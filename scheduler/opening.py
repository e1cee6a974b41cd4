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
from scheduler.past import moment, past
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
    """

    project: Project
    stores: Stores
    as_of: datetime
    month: Month


@contextmanager
def opened(shell: Shell, as_of: str | None = None, today: date | None = None) -> Iterator[Opened]:
    """Open a project folder for reading.

    Args:
        shell: How the command was called.
        as_of: What `--as-of` says, for the folder as it was; see `scheduler.past.moment`.
        today: What `--today` says, for the folder as it is.

    Raises:
        RefusedError: when there was nothing at that moment, or it cannot be read again.
        ConfigError: for every mistake of the configuration.
    """
    project = configured(shell.folder)
    with stores(project) as now_there:
        if as_of is None:
            at = instant(today, now())
            month = reported_month(at.date())
            yield Opened(project=project, stores=now_there, as_of=at, month=month)
            return
        _alone()
        then = past(project, now_there, moment(now_there.ledger, as_of))
        yield Opened(
            project=then.project,
            stores=then.stores,
            as_of=then.moment.as_of,
            month=then.moment.month,
        )


def _alone() -> None:
    """Refuse `--today` beside `--as-of`: what was known then was known at one instant."""
    context = click.get_current_context(silent=True)
    if context and context.get_parameter_source("today") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--as-of has a day of its own; leave --today out")
