"""`trueup ingest`: fetch and load, and nothing more."""

from __future__ import annotations

from datetime import date

import click

from scheduler.cli import Shell
from scheduler.intake import Intake, due, take_in
from scheduler.lock import held
from scheduler.options import today_option
from scheduler.progress import shown
from scheduler.workspace import configured, known_source, stores


@click.command()
@click.argument("sources", nargs=-1)
@today_option
@click.pass_obj
def command(shell: Shell, sources: tuple[str, ...], today: date) -> int:
    """Fetch and load the bills of all SOURCES, or of the named ones.

    Every month from the first plan month on is asked for; what was loaded before and has
    not changed is not loaded again. Exit code 4 when a source failed.
    """
    project = configured(shell.folder)
    for name in sources:
        known_source(project, name)
    with shown(quiet=shell.quiet) as progress, stores(project) as opened, held(project.state):
        opened.sweep()
        intake = take_in(project, opened, due(project, today), progress, sources)
    for line in summary(intake):
        click.echo(line)
    return 4 if intake.errors else 0


def summary(intake: Intake) -> list[str]:
    """Return what was brought in, as lines for a person."""
    lines = [f"loaded {scope}" for scope in intake.loaded]
    lines += [f"refused {error}" for error in intake.errors]
    lines += [str(problem) for problem in intake.problems]
    counts = f"{len(intake.loaded)} loaded, {len(intake.unchanged)} unchanged"
    return [*lines, f"{counts}, {len(intake.errors)} refused"]
