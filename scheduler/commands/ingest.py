"""`trueup ingest`: fetch and load, and nothing more."""

from __future__ import annotations

from datetime import date

import click

from scheduler.cli import Shell
from scheduler.intake import Intake
from scheduler.options import Day
from scheduler.pipeline import instant
from scheduler.progress import shown
from scheduler.rounds import asked
from scheduler.workspace import alone, configured, known_source, now, stores


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@click.pass_obj
def command(shell: Shell, sources: tuple[str, ...], today: date | None) -> int:
    """Fetch and load the bills of all SOURCES, or of the named ones.

    Every month from the first plan month on is asked for; what was loaded before and has
    not changed is not loaded again. Exit code 4 when somebody has to act: a source is late,
    forbidden or broken, or a month that is over is empty.
    """
    project = configured(shell.folder)
    for name in sources:
        known_source(project, name)
    with shown(quiet=shell.quiet) as progress, stores(project) as opened, alone(project):
        opened.sweep()
        done = asked(project, opened, progress, instant(today, now()), only=sources)
    for line in [*map(str, done.urgent), *summary(done.intake)]:
        click.echo(line)
    return done.exit_code


def summary(intake: Intake) -> list[str]:
    """Return what was brought in, as lines for a person."""
    lines = [f"loaded {scope}" for scope in intake.loaded]
    lines += [f"refused {error}" for error in intake.errors]
    lines += [str(problem) for problem in intake.problems]
    counts = f"{len(intake.loaded)} loaded, {len(intake.unchanged)} unchanged"
    return [*lines, f"{counts}, {len(intake.errors)} refused"]
