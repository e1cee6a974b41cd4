"""`trueup rules preview`: the money that an edit moves, before it moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from models.period import Month
from models.rule.file import load
from reconcile.preview import Preview
from reconcile.report import preview
from reconcile.report.preview import Sides
from scheduler.accruing import accruals
from scheduler.cli import Shell
from scheduler.comparing import compared
from scheduler.options import MonthType, form_option
from scheduler.progress import shown
from scheduler.version import Version, identity, of_last_run, present
from scheduler.workspace import Project, configured, now, stores

RENDER: Final[dict[str, Callable[[Preview, Sides], str]]] = {
    "table": preview.table,
    "json": preview.document,
}


@click.command()
@click.option("--rules", type=click.Path(path_type=Path), help="Rules in this file instead.")
@click.option("--month", "months", type=MonthType(), multiple=True, help="Only this month.")
@form_option
@click.pass_obj
def command(shell: Shell, *, rules: Path | None, months: tuple[Month, ...], form: str) -> None:
    """Show what moves between projects and categories when the rules count as they are now.

    Compared with the rules of the last run, or those a closed month was closed with: closed
    months stay, and what would have moved is shown. Months are those of the charges. Nothing
    is written, and nothing is fetched. Exit code 5 when a file is not valid.
    """
    project = configured(shell.folder)
    candidate = present(project) if rules is None else _of(project, rules)
    with shown(quiet=shell.quiet) as progress, stores(project) as opened:
        mine, recorded = of_last_run(opened.ledger)
        owed = accruals(project, opened, now())
        found = compared(project, opened, mine, candidate, owed, progress)
    sides = Sides(
        before=mine.current.hash,
        recorded=recorded,
        after=candidate.hash,
        file=str(rules or project.settings.rules),
    )
    click.echo(RENDER[form](found.of(months) if months else found, sides), nl=False)


def _of(project: Project, rules: Path) -> Version:
    """Return the version that the projects as they are make with another file of rules."""
    candidate = load(rules, project.registry)
    return Version(candidate, project.registry, identity(candidate, project.registry))
