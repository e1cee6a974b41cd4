"""`trueup plan show`: one plan by item and month, with its versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import click

from models.plan.plan import Plan
from reconcile.report import plans as report
from scheduler import planning
from scheduler.choosing import chosen
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option
from scheduler.past.opening import opened

RENDER: Final[dict[str, Callable[[Plan, Sequence[Plan]], str]]] = {
    "table": report.shown,
    "json": report.document,
}


@click.command()
@click.argument("name", metavar="PROJECT")
@click.option("--version", type=click.IntRange(1), help="This version.  [default: what counts]")
@click.option("--scenario", help="This scenario.")
@as_of_option
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    name: str,
    version: int | None,
    scenario: str | None,
    as_of: str | None,
    form: str,
) -> None:
    """Show a plan by item and month, its contingency as computed and as stated, its versions.

    Versions that no file says any more are read again from the ledger.
    """
    with opened(shell, as_of) as at:
        versions = planning.versions(at.project, at.stores.ledger)
    plan = chosen(at.project, versions, name, version, scenario)
    mine = [each for each in versions if (each.project, each.scenario) == (plan.project, scenario)]
    click.echo(RENDER[form](plan, mine), nl=False)
