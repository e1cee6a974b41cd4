"""`trueup diff`: what changed in each figure since another report, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

import click

from models.period import Month
from models.wording import suggestion
from reconcile.figure import scope
from reconcile.report import since as shown
from reconcile.report.since import Since
from reconcile.since.change import changes, within
from scheduler.cli import Shell
from scheduler.options import Day, as_of_option, form_option, month_option
from scheduler.past.exchanging import steps
from scheduler.past.opening import Opened, opened, was
from scheduler.past.proving import apart, side
from scheduler.workspace import configured

RENDER: Final[dict[str, Callable[[Since], str]]] = {
    "table": shown.table,
    "json": shown.document,
}


@click.command()
@click.option(
    "--since",
    metavar="WHEN",
    required=True,
    help="The earlier report: a day (YYYY-MM-DD), a run, a snapshot, or a report in JSON.",
)
@as_of_option
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@month_option
@click.option("-p", "--project", "names", multiple=True, help="This project; may be repeated.")
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    since: str,
    as_of: str | None,
    today: date | None,
    month: Month | None,
    names: tuple[str, ...],
    form: str,
) -> None:
    """Show what changed in each figure since another report, and which cause moved it by what.

    Between the two reports one kind of input after another is exchanged, always in the same
    order; so the causes of a figure sum to its change, exactly. Nothing is fetched.
    """
    with opened(shell, as_of, today) as after:
        _known(after, names)
        before = was(configured(shell.folder), after.stores, since)
        old, new = (replace(each, month=month or each.month) for each in (before, after))
        click.echo(RENDER[form](_since(old, new, names)), nl=False)


def _since(before: Opened, after: Opened, names: tuple[str, ...]) -> Since:
    found = changes(*steps(before, after))
    return Since(
        before=side(before),
        after=side(after),
        currency=after.project.settings.reporting_currency,
        changes=tuple(within(found, map(scope, names)) if names else found),
        evidence=tuple(apart(before, after)),
    )


def _known(after: Opened, names: tuple[str, ...]) -> None:
    ids = [*after.project.registry.ids, "unallocated"]
    for name in names:
        if name not in ids:
            raise click.BadParameter(f"no project {name!r}. {suggestion(name, ids)}")
