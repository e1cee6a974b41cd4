"""`trueup plan submit`: an author says that a version is ready to be approved."""

from __future__ import annotations

import click

from models.errors import RefusedError
from scheduler import approving, planning
from scheduler.choosing import chosen
from scheduler.cli import Shell
from scheduler.workspace import alone, configured, stores


@click.command()
@click.argument("name", metavar="PROJECT")
@click.option("--version", type=click.IntRange(1), help="This version.  [default: the newest]")
@click.option("--by", required=True, help="Its author.")
@click.option("--reason", required=True, help="Why this version exists.")
@click.pass_obj
def command(shell: Shell, *, name: str, version: int | None, by: str, reason: str) -> None:
    """Put a version of PROJECT's plan into the ledger as submitted, with its text."""
    if not by.strip() or not reason.strip():
        raise RefusedError("a submission needs a name and a reason; fill --by and --reason")
    project = configured(shell.folder)
    with alone(project), stores(project) as opened:
        mine = [
            plan
            for plan in planning.plans(project, opened.ledger)
            if plan.scenario is None and plan.status in {"draft", "submitted"}
        ]
        newest = max(
            (each.version for each in mine if each.project == project.registry.resolve(name)),
            default=None,
        )
        plan = chosen(project, mine, name, version or newest, None)
        approving.submit(opened.ledger, plan, by=by.strip(), reason=reason.strip())
    click.echo(f"submitted {plan.project} version {plan.version}, {plan.fingerprint[:12]}")
