"""`trueup rebuild`: delete what is derived and build it again."""

from __future__ import annotations

from datetime import date

import click

from models import warehouse
from models.errors import InvariantError
from scheduler.cli import Shell
from scheduler.lock import held
from scheduler.options import Day
from scheduler.pipeline import instant
from scheduler.progress import shown
from scheduler.publish import publish, reconcile, reported_month
from scheduler.reload import reload
from scheduler.spending import spent
from scheduler.workspace import Project, Stores, configured, now, stores


@click.command()
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@click.pass_obj
def command(shell: Shell, today: date | None) -> int:
    """Delete lake and warehouse, build them from archive and ledger, compare hashes.

    Exit code 1 when a hash differs: then the code changed since, or a file was altered.
    """
    project = configured(shell.folder)
    as_of = instant(today, now())
    with shown(quiet=shell.quiet) as progress, held(project.state), stores(project) as opened:
        before = digests(project, opened)
        opened.lake.clear()
        project.warehouse.unlink(missing_ok=True)
        reload(project, opened, progress)
        month = reported_month(as_of.date())
        spend = spent(project, opened, progress)
        publish(project, opened, spend, reconcile(project, opened, spend, month, as_of))
        after = digests(project, opened)
    for name, found in after.items():
        click.echo(f"{name} {found} {'equal' if found == before[name] else 'was ' + before[name]}")
    if before != after and "" not in before.values():
        raise InvariantError("rebuilt figures differ from the ones before; see the hashes above")
    return 0


def digests(project: Project, opened: Stores) -> dict[str, str]:
    """Return the content hashes of lake and warehouse; empty where there is none."""
    lake = project.state / "lake"
    exists = project.warehouse.exists()
    return {
        "lake": opened.lake.digest(),
        "warehouse": warehouse.digest(project.warehouse, lake) if exists else "",
    }
