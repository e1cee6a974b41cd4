"""`trueup plan validate`: check plan files."""

from __future__ import annotations

from pathlib import Path

import click

from models.errors import ConfigError, Mistake
from models.plan.lint import findings
from models.plan.plan import Plan, load
from scheduler.cli import Shell
from scheduler.workspace import configured


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.pass_obj
def command(shell: Shell, files: tuple[Path, ...]) -> None:
    """Check FILES, or every plan of the project folder, and print what is odd in it.

    Exit code 5 when a plan is invalid; what is odd is told, and is no fault.
    """
    plans = _plans(files) if files else configured(shell.folder).plans
    for plan in plans:
        click.echo(
            f"{plan.project} version {plan.version} ({plan.status}): base {plan.base} "
            f"+ contingency {plan.contingency} = {plan.total} {plan.currency}"
        )
        for found in findings(plan):
            click.echo(f"  {found.severity}: {found.text}")
    click.echo(f"{len(plans)} plans valid")


def _plans(files: tuple[Path, ...]) -> tuple[Plan, ...]:
    plans: list[Plan] = []
    mistakes: list[Mistake] = []
    for path in files:
        try:
            plans.append(load(path))
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(*mistakes)
    return tuple(plans)
