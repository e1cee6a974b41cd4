"""`trueup rules suggest`: the largest amounts without a project, and the rules that catch them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import click

from models.period import Month
from models.rule.suggestion import Suggested
from reconcile.report import suggestions
from scheduler.cli import Shell
from scheduler.options import MonthType, form_option
from scheduler.suggesting import suggested
from scheduler.workspace import configured, stores

RENDER: Final[dict[str, Callable[[Suggested], str]]] = {
    "table": suggestions.table,
    "json": suggestions.document,
}


@click.command()
@click.option("--month", type=MonthType(), help="Only charges of it (YYYY-MM).  [default: all]")
@click.option(
    "--top", type=click.IntRange(1, 100), default=10, show_default=True, help="How many at most."
)
@form_option
@click.pass_obj
def command(shell: Shell, *, month: Month | None, top: int, form: str) -> None:
    """Show what would give the largest unallocated amounts a project, ready to be pasted.

    Spellings that a rule takes projects from and that no project has come as entries of
    projects.yaml; else a rule is proposed: by tag, account, resource, service or usage type,
    whichever catches most of what is left and does not belong to several projects.
    """
    project = configured(shell.folder)
    with stores(project) as opened:
        click.echo(RENDER[form](suggested(project, opened, month, top)), nl=False)
