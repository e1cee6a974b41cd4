"""`trueup prune`: remove what has not counted for long."""

from __future__ import annotations

import re
from datetime import date, timedelta

import click

from scheduler.cli import Shell
from scheduler.options import Day
from scheduler.pipeline import instant
from scheduler.retention import Pruning, prunable, prune
from scheduler.workspace import alone, configured, now, stores


class Age(click.ParamType[timedelta]):
    """A number of days, `400d`."""

    name = "days"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the age, or end with a usage error."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,5})d", str(value), re.ASCII)
        if not found:
            self.fail(f"{value!r} is not an age; write days, for example 400d", param, ctx)
        return timedelta(days=int(found[1]))


@click.command()
@click.option("--older-than", type=Age(), required=True, help="Days since it counted, as 400d.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@click.pass_obj
def command(shell: Shell, *, older_than: timedelta, dry_run: bool, today: date | None) -> None:
    """Remove documents and lake files of deliveries that have not counted for so long.

    Never removed: what counts now, what a closed month was closed with, what counted at any
    time since. Nothing is removed unless this command is called.
    """
    project = configured(shell.folder)
    before = instant(today, now()) - older_than
    with stores(project) as opened, alone(project):
        found = prunable(opened, before)
        if found and not dry_run:
            prune(opened, found, before)
    click.echo(said(found, dry_run=dry_run))


def said(found: Pruning, *, dry_run: bool) -> str:
    """Return what was removed, as one line."""
    if not found:
        return "nothing to remove: every delivery counts, or did until lately"
    what = f"{len(found.documents)} documents and {len(found.files)} lake files"
    return f"{'would remove' if dry_run else 'removed'} {what}, {found.size:,} bytes"
