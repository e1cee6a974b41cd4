"""`trueup run`: one night, fetch to alert."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import click

from models.period import Month
from scheduler.cli import Shell
from scheduler.options import Day, engine_option, month_option
from scheduler.pipeline import Night, instant, night
from scheduler.progress import Progress, shown
from scheduler.workspace import alone, configured, now, stores


@click.command()
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@month_option
@engine_option
@click.pass_obj
def command(shell: Shell, today: date | None, month: Month | None, engine: str | None) -> int:
    """Fetch every due bill, reconcile it with the plans, publish, and alert owners.

    Overruns are reported, not failures: the exit code is 0. It is 4 when a source failed,
    is late or was refused, or a bill is not what was invoiced; 6 when another run holds the lock.
    """
    with shown(quiet=shell.quiet) as progress:
        done = once(shell.folder, today, progress, now, month, engine)
    for line in summary(done, shell.folder):
        click.echo(line)
    return done.exit_code


def once(  # noqa: PLR0917 - what a night is told
    folder: Path,
    today: date | None,
    progress: Progress,
    clock: Callable[[], datetime],
    month: Month | None = None,
    engine: str | None = None,
) -> Night:
    """Run one night of a project folder under its lock."""
    project = configured(folder).on(engine)
    project.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(project), stores(project) as opened:
        return night(
            project,
            opened,
            as_of=instant(today, clock()),
            progress=progress,
            now=clock,
            month=month,
        )


def summary(done: Night, folder: Path) -> list[str]:
    """Return what a night did in a few lines, the last one the next useful command."""
    intake, report = done.round.intake, done.report
    html = next(path for path in done.paths if path.suffix == ".html")
    messages = f"{done.arrived} delivered, {done.failed} undelivered"
    place = f" -C {folder}" if folder != Path() else ""
    failing = [each for each in report.assertions if each.verdict.fails]
    counts = f"{len(intake.loaded)} deliveries loaded, {len(intake.unchanged)} unchanged"
    return [
        f"run {done.run}: {counts}, {len(intake.errors)} refused",
        *map(str, done.round.urgent),
        *done.damaged,
        f"month {report.month}: {report.state}, snapshot {report.snapshot}",
        *done.moved,
        *([f"invoices: {len(failing)} apart or not delivered, see the report"] if failing else []),
        f"alerts: {len(done.subjects)} changed, messages {messages}",
        f"report: {html}",
        f"next: trueup{place} report --month {report.month}",
    ]
