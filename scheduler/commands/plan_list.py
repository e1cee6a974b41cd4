"""`trueup plan list`: every plan, and which of them counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import click

from models.plan.plan import Plan, current
from reconcile.report import plans as report
from scheduler import planning
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option
from scheduler.past.opening import opened

RENDER: Final[dict[str, Callable[[Sequence[Plan], Iterable[str]], str]]] = {
    "table": report.listed,
    "json": report.listed_document,
}


@click.command()
@as_of_option
@form_option
@click.pass_obj
def command(shell: Shell, *, as_of: str | None, form: str) -> None:
    """Show every plan with its budget, contingency and total; one of each project counts."""
    with opened(shell, as_of) as at:
        found = planning.plans(at.project, at.stores.ledger)
    counting = [plan.subject for plan in current(found)]
    ordered = sorted(found, key=lambda plan: (plan.project, plan.scenario or "", plan.version))
    click.echo(RENDER[form](ordered, counting), nl=False)
