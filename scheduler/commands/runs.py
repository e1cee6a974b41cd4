"""`trueup runs`: what training runs and accepted models cost, and what failed ones took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import click

from models.period import Month
from models.wording import suggestion
from reconcile.report import runs
from reconcile.run.line import ProjectRuns, project_runs
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option, month_option, today_option
from scheduler.past.opening import opened
from scheduler.progress import Quiet

RENDER: Final[dict[str, Callable[[Sequence[ProjectRuns], Month, str, int], str]]] = {
    "table": runs.table,
    "json": runs.document,
}


@click.command()
@month_option
@click.option(
    "-p", "--project", "names", multiple=True, help="This project alone; may be repeated."
)
@click.option(
    "--top",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="So many runs of each project, the costliest.",
)
@today_option
@as_of_option
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    month: Month | None,
    names: tuple[str, ...],
    top: int,
    today: date,
    as_of: str | None,
    form: str,
) -> None:
    """Show what each training run of a month cost, how that is known, and what is without a run.

    Cost of charges that name a run is that run's; the rest of a project is divided by hours.
    Failed, preempted and cancelled attempts stand apart. All of it sums to the training compute
    and depreciation of the report.
    """
    with opened(shell, as_of, today) as at:
        ids = [*at.project.registry.ids, "unallocated"]
        for name in names:
            if name not in ids:
                raise click.BadParameter(f"no project {name!r}. {suggestion(name, ids)}")
        found = booked(at.project, at.stores, Quiet(), at.as_of).ran
    wanted = month or at.month
    for said in found.unclear:
        click.echo(f"! {said}", err=True)
    lines = project_runs(found.frame, found.accepted, wanted, names)
    currency = at.project.settings.reporting_currency
    click.echo(RENDER[form](lines, wanted, currency, top), nl=False)
