"""`trueup plan approve`: a person approves a version, so that it counts."""

from __future__ import annotations

from datetime import date

import click

from models.errors import RefusedError
from models.plan.head import ApprovalKind
from scheduler import approving, planning
from scheduler.choosing import chosen
from scheduler.cli import Shell
from scheduler.options import today_option
from scheduler.workspace import alone, configured, stores


@click.command()
@click.argument("name", metavar="PROJECT")
@click.option("--version", type=click.IntRange(1), help="This version.  [default: the newest]")
@click.option("--by", required=True, help="Who approves it; another person than its author.")
@click.option("--reason", required=True, help="Why.")
@click.option("--correction", is_flag=True, help="It may change months that are closed.")
@today_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    name: str,
    version: int | None,
    by: str,
    reason: str,
    correction: bool,
    today: date,
) -> None:
    """Approve a version of PROJECT's plan; from the next run on it is what actuals are judged by.

    Its text goes into the ledger, and its file may not say anything else from then on. Exit
    code 6 when the approver is its author, or it changes closed months and is no correction.
    """
    if not by.strip() or not reason.strip():
        raise RefusedError("an approval needs a name and a reason; fill --by and --reason")
    project = configured(shell.folder)
    with alone(project), stores(project) as opened:
        standing = planning.standing(project, opened.ledger)
        mine = [plan for plan in standing.plans if plan.scenario is None]
        newest = max(
            (each.version for each in mine if each.project == project.registry.resolve(name)),
            default=None,
        )
        plan = chosen(project, mine, name, version or newest, None)
        kind: ApprovalKind = "correction" if correction else "baseline"
        approved = approving.approve(
            opened.ledger,
            plan,
            by=by.strip(),
            reason=reason.strip(),
            at=today,
            kind=kind,
            registry=project.registry,
        )
    click.echo(
        f"approved {approved.project} version {approved.version}: base {approved.base} + "
        f"contingency {approved.contingency} = {approved.total} {approved.currency}, "
        f"{approved.fingerprint[:12]}"
    )
