"""`trueup rebuild`: delete what is derived and build it again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import click

from models import warehouse
from models.errors import InvariantError
from scheduler.cli import Shell
from scheduler.lock import held
from scheduler.options import Day
from scheduler.pipeline import instant
from scheduler.progress import shown
from scheduler.publish import publish, reconcile, reported_month
from scheduler.reload import buildable, files, reload
from scheduler.spending import spent
from scheduler.workspace import Project, Stores, configured, now, stores


@click.command()
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@click.pass_obj
def command(shell: Shell, today: date | None) -> int:
    """Delete lake and warehouse, build them from archive and ledger, compare hashes.

    Only what figures are made of is built: of deliveries that were replaced the archive has
    the documents. Exit code 1 when a hash differs: then a file was altered. Exit code 6 when
    something could not be built as it was, such as a closed month by another version.
    """
    project = configured(shell.folder)
    as_of = instant(today, now())
    with shown(quiet=shell.quiet) as progress, held(project.state), stores(project) as opened:
        buildable(project, opened)
        mine = files(project, opened)
        before = digests(project, opened, mine)
        opened.lake.clear()
        project.warehouse.unlink(missing_ok=True)
        reload(project, opened, progress)
        month = reported_month(as_of.date())
        spend = spent(project, opened, progress)
        publish(project, opened, spend, reconcile(project, opened, spend, month, as_of))
        after = digests(project, opened, mine)
    for name, found in after.items():
        click.echo(f"{name} {found} {'equal' if found == before[name] else 'was ' + before[name]}")
    if before != after and "" not in before.values():
        raise InvariantError("rebuilt figures differ from the ones before; see the hashes above")
    return 0


def digests(project: Project, opened: Stores, mine: Collection[Path]) -> dict[str, str]:
    """Return the content hashes of these files and of the warehouse; empty where there is none."""
    lake = project.state / "lake"
    exists = project.warehouse.exists()
    return {
        "lake": opened.lake.digest(mine),
        "warehouse": warehouse.digest(project.warehouse, lake) if exists else "",
    }
