"""`trueup ingest`: fetch and load, and nothing more."""

from __future__ import annotations

from datetime import date

import click

from scheduler.cli import Shell
from scheduler.intake import Intake, due, record_asked, take_in
from scheduler.lifecycle import month_states, record
from scheduler.lock import held
from scheduler.options import Day
from scheduler.pipeline import instant
from scheduler.progress import shown
from scheduler.workspace import configured, known_source, now, stores


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
    with shown(quiet=shell.quiet) as progress, stores(project) as opened, held(project.state):
        opened.sweep()
        as_of = instant(today, now())
        months = due(project, opened, as_of.date())
        intake = take_in(project, opened, months, progress, sources, as_of=as_of)
        record_asked(opened, intake)
        states = month_states(project, opened, months, as_of, sources)
        record(opened, states, as_of)
    urgent = [state for state in states if state.urgent]
    for line in [*map(str, urgent), *summary(intake)]:
        click.echo(line)
    return 4 if intake.errors or urgent else 0


def summary(intake: Intake) -> list[str]:
    """Return what was brought in, as lines for a person."""
    lines = [f"loaded {scope}" for scope in intake.loaded]
    lines += [f"refused {error}" for error in intake.errors]
    lines += [str(problem) for problem in intake.problems]
    counts = f"{len(intake.loaded)} loaded, {len(intake.unchanged)} unchanged"
    return [*lines, f"{counts}, {len(intake.errors)} refused"]
