"""`trueup plan lint`: what is odd in plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import click

from models.plan.plan import Plan
from reconcile.report import plans as report
from scheduler.choosing import known
from scheduler.cli import Shell
from scheduler.options import form_option
from scheduler.workspace import configured

RENDER: Final[dict[str, Callable[[Sequence[Plan]], str]]] = {
    "table": report.linted,
    "json": report.linted_document,
}


@click.command()
@click.argument("names", metavar="[PROJECT]...", nargs=-1)
@form_option
@click.pass_obj
def command(shell: Shell, *, names: tuple[str, ...], form: str) -> None:
    """Show where plans and the documents they came from do not agree, and what looks odd.

    Nothing is corrected, and no line is added so that sums agree.
    """
    project = configured(shell.folder)
    wanted = {known(project, name) for name in names}
    found = [plan for plan in project.plans if not wanted or plan.project in wanted]
    click.echo(RENDER[form](found), nl=False)
