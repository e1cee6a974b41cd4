"""`trueup schedule`: stay awake and run every night."""

from __future__ import annotations

from datetime import datetime

import click

from models.errors import TrueupError
from scheduler.cli import Shell
from scheduler.commands.run import once
from scheduler.jobs import missed, scheduler
from scheduler.progress import shown
from scheduler.workspace import Project, configured, now, stores


@click.command()
@click.pass_obj
def command(shell: Shell) -> None:
    """Run every night at the time in trueup.yaml (UTC), and at once if a night was missed.

    A night that fails is reported on stderr and the next one runs. Cron, systemd and
    Kubernetes can call `trueup run` instead.
    """
    project = configured(shell.folder)
    at = project.settings.schedule.at

    def run() -> None:
        nightly(shell)

    if missed(at, last_finished(project), now()):
        run()
    click.echo(f"next run at {at} UTC, every night", err=True)
    scheduler(at, run).start()


def nightly(shell: Shell) -> None:
    """Run one night; a mistake or a fault is told and does not end the scheduler."""
    try:
        with shown(quiet=shell.quiet) as progress:
            done = once(shell.folder, None, progress, now)
        click.echo(f"run {done.run}: exit code {done.exit_code}", err=True)
    except TrueupError as error:
        click.echo(f"trueup: {error}", err=True)


def last_finished(project: Project) -> datetime | None:
    """Return when the last run finished, from the ledger."""
    with stores(project) as opened:
        finished = opened.ledger.entries("run.finished")
    return datetime.fromisoformat(finished[-1].at) if finished else None
