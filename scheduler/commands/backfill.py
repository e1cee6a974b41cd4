"""`trueup backfill`: ask for months that have long passed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import click

from ingest.change import difference
from models.period import Month, between
from reconcile.figure import exact_text
from scheduler.cli import Shell
from scheduler.lifecycle import MonthState
from scheduler.options import Day, MonthType
from scheduler.pipeline import instant
from scheduler.progress import shown
from scheduler.rounds import Round, asked
from scheduler.workspace import Project, alone, configured, known_source, now, stores


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--from", "first", type=MonthType(), required=True, help="First month (YYYY-MM).")
@click.option("--to", "last", type=MonthType(), help="Last month.  [default: this month]")
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@click.pass_obj
def command(
    shell: Shell, sources: tuple[str, ...], first: Month, last: Month | None, today: date | None
) -> int:
    """Fetch and load the bills of past months, of all SOURCES or of the named ones.

    What is there is loaded, a month at a time, oldest first; stopped in the middle, the same
    command goes on where it was. From then on every run looks at these months too. Exit
    code 4 when somebody has to act, as with `trueup run`.
    """
    project, as_of = configured(shell.folder), instant(today, now())
    wanted = tuple(span(first, last or Month.of(as_of.date()), Month.of(as_of.date())))
    for name in sources:
        known_source(project, name)
    project.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with shown(quiet=shell.quiet) as progress, alone(project), stores(project) as opened:
        opened.sweep()
        done = asked(project, opened, progress, as_of, only=sources, months=wanted)
    for line in summary(project, done, wanted, sources):
        click.echo(line)
    return done.exit_code


def span(first: Month, last: Month, this: Month) -> Iterator[Month]:
    """Return the months from first to last.

    Raises:
        click.UsageError: when there is none, or one of them has not begun.
    """
    if first > last:
        raise click.UsageError(f"--from {first} lies after --to {last}; swap them")
    if last > this:
        raise click.UsageError(f"--to {last} has not begun; the newest month is {this}")
    return between(first, last)


def summary(
    project: Project, done: Round, months: Sequence[Month], only: Sequence[str]
) -> Iterator[str]:
    """Yield one line a source and month, and a last one that counts them."""
    states = {state.scope: state for state in done.states}
    for source in project.sources:
        for month in months if not only or source.name in only else ():
            scope = f"{source.name}/{month}"
            yield f"{scope}: {_said(done, scope, states.get(scope))}"
    loaded, unchanged = len(done.intake.loaded), len(done.intake.unchanged)
    yield f"{loaded} loaded, {unchanged} unchanged, {len(done.intake.errors)} refused"


def _said(done: Round, scope: str, state: MonthState | None) -> str:
    if state is None:
        return "absent, before the first month of its source"
    if state.answer.word != "delivered" or state.body is None:
        return f"{state.answer.word}, {state.answer.detail}"
    sums = [
        f"{change.rows:,} rows, {change.currency} {exact_text(change.billed_cost)}"
        for change in difference(None, state.body)
    ]
    word = "loaded" if scope in done.intake.loaded else "unchanged"
    return ", ".join([word, *sums, state.stage])
