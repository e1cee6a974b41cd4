"""`trueup rebuild`: delete what is derived and build it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path

import click

from models import warehouse
from models.errors import InvariantError
from models.period import Month
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.options import Day, engine_option
from scheduler.pipeline import instant
from scheduler.progress import shown
from scheduler.publish import publish, reconcile, reported_month
from scheduler.reload import buildable, files, reload
from scheduler.workspace import Project, Stores, alone, configured, now, stores


@click.command()
@click.option(
    "--today",
    type=Day(),
    help="Take this day as today (YYYY-MM-DD).",
    show_default="as of the last run",
)
@engine_option
@click.pass_obj
def command(shell: Shell, today: date | None, engine: str | None) -> int:
    """Delete lake and warehouse, build them from archive and ledger, compare hashes.

    Only what figures are made of is built: of deliveries that were replaced the archive has
    the documents. Exit code 1 when a hash differs: then a file was altered, or polars was
    upgraded since it was written. Exit code 6 when
    something could not be built as it was, such as a closed month by another version.
    """
    project = configured(shell.folder).on(engine)
    with shown(quiet=shell.quiet) as progress, alone(project), stores(project) as opened:
        buildable(project, opened)
        month, as_of = published(opened, today)
        mine = files(project, opened)
        before = digests(project, opened, mine)
        opened.lake.clear()
        project.warehouse.unlink(missing_ok=True)
        reload(project, opened, progress)
        books = booked(project, opened, progress, as_of)
        publish(project, opened, books, reconcile(project, opened, books, month))
        after = digests(project, opened, mine)
    for name, found in after.items():
        click.echo(f"{name} {found} {'equal' if found == before[name] else 'was ' + before[name]}")
    if before != after and "" not in before.values():
        raise InvariantError(_apart(before, after))
    return 0


def _apart(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if before["warehouse"] != after["warehouse"]:
        return "rebuilt figures differ from the ones before; see the hashes above"
    return (
        "the figures are equal, but files of the lake had other bytes: another release of polars "
        "wrote them, or one was altered; they are as this release writes them now"
    )


def published(opened: Stores, today: date | None) -> tuple[Month, datetime]:
    """Return the month that the last run published, and as of when; else what a run would.

    Of another month or day there are other figures, though nobody altered a file.
    """
    runs = opened.ledger.entries("run.finished")
    last = runs[-1] if runs else None
    started = opened.ledger.entries("run.started", last.subject) if last else []
    then = datetime.fromisoformat(started[0].body["as_of"]) if started else now()
    as_of = instant(today, then)
    told = last.body.get("month") if last else None  # older runs do not tell it
    return Month.parse(told) if told else reported_month(as_of.date()), as_of


def digests(project: Project, opened: Stores, mine: Collection[Path]) -> dict[str, str]:
    """Return the content hashes of these files and of the warehouse; empty where there is none."""
    lake = project.state / "lake"
    exists = project.warehouse.exists()
    return {
        "lake": opened.lake.digest(mine),
        "warehouse": warehouse.digest(project.warehouse, lake) if exists else "",
    }
