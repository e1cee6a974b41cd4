"""`trueup plan`: check and show plans."""

from __future__ import annotations

from pathlib import Path

import click

from models.errors import ConfigError, Mistake
from models.lint import findings
from models.plan import Plan, load
from scheduler.cli import Shell
from scheduler.workspace import configured


@click.group()
def command() -> None:
    """Check and show plans."""


@command.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.pass_obj
def validate(shell: Shell, files: tuple[Path, ...]) -> None:
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


@command.command()
@click.argument("project")
@click.pass_obj
def show(shell: Shell, project: str) -> None:
    """Print the phased months of a project's plan."""
    for plan in configured(shell.folder).plans:
        if plan.project == project:
            click.echo(_table(plan))


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


def _table(plan: Plan) -> str:
    heads = ["item", "category", *map(str, plan.months), "total"]
    rows = [
        [item.id, item.category, *map(str, item.phased), str(item.amount)] for item in plan.items
    ]
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    lines = [
        "  ".join(
            text.ljust(width) if n < 2 else text.rjust(width)  # noqa: PLR2004 - two text columns
            for n, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [heads, *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)
