"""`trueup variance`: why each item of a plan costs more or less than planned."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Final

import click

from models.period import Month
from models.wording import suggestion
from reconcile.portfolio import Portfolio
from reconcile.report import variance
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.options import Day, as_of_option, form_option, month_option
from scheduler.past.opening import opened
from scheduler.progress import Quiet
from scheduler.publish import reconcile

RENDER: Final[dict[str, Callable[[Portfolio, Collection[str]], str]]] = {
    "table": variance.table,
    "json": variance.document,
}


@click.command()
@month_option
@click.option(
    "-p", "--project", "names", multiple=True, help="This project alone; may be repeated."
)
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@as_of_option
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    month: Month | None,
    names: tuple[str, ...],
    today: date | None,
    as_of: str | None,
    form: str,
) -> None:
    """Show why each item costs more or less: volume, mix, price, FX, and what stands apart.

    Of the month, then to date. The parts of a row sum to its difference, the rows of a category
    to that of the report. Timing is what the forecast takes back until the end.
    """
    with opened(shell, as_of, today) as at:
        ids = at.project.registry.ids
        for name in names:
            if name not in ids:
                raise click.BadParameter(f"no project {name!r}. {suggestion(name, ids)}")
        books = booked(at.project, at.stores, Quiet(), at.as_of)
        report = reconcile(at.project, at.stores, books, month or at.month)
    click.echo(RENDER[form](report, names), nl=False)
