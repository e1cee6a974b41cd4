"""`trueup plan diff`: what differs between two versions or scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import click

from reconcile.report import plandiff
from scheduler import planning
from scheduler.choosing import named
from scheduler.cli import Shell
from scheduler.options import form_option
from scheduler.workspace import configured, stores

RENDER: Final[dict[str, Callable[[plandiff.Difference], str]]] = {
    "table": plandiff.table,
    "json": plandiff.document,
}


@click.command()
@click.argument("old")
@click.argument("new")
@form_option
@click.pass_obj
def command(shell: Shell, *, old: str, new: str, form: str) -> None:
    """Show what differs from OLD to NEW: categories by month, items by reason, drivers.

    Each is PROJECT, PROJECT/VERSION, PROJECT/SCENARIO or PROJECT/VERSION/SCENARIO.
    """
    project = configured(shell.folder)
    with stores(project) as opened:
        versions = planning.versions(project, opened.ledger)
    pair = plandiff.Difference(named(project, versions, old), named(project, versions, new))
    if pair.old.currency != pair.new.currency:
        raise click.UsageError(
            f"{old} is in {pair.old.currency}, {new} in {pair.new.currency}; amounts of two "
            "currencies have no difference"
        )
    click.echo(RENDER[form](pair), nl=False)
