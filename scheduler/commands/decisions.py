"""`trueup decisions`: contingency, levers, hosting or API, what idles, and the share of data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import click

from models.period import Month
from models.wording import suggestion
from reconcile.decision.decisions import Decisions
from reconcile.report import decisiontext
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option, month_option, today_option
from scheduler.past.opening import opened
from scheduler.progress import Quiet
from scheduler.publish import reconcile

RENDER: Final[dict[str, Callable[[Decisions, Month, str], str]]] = {
    "table": decisiontext.table,
    "json": decisiontext.document,
}


@click.command()
@month_option
@click.option(
    "-p", "--project", "names", multiple=True, help="This project alone; may be repeated."
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
    today: date,
    as_of: str | None,
    form: str,
) -> None:
    """Show what was drawn from contingency, what levers saved, and what costs without use.

    Hosting is compared with an API from the month's actual cost and tokens, for each question of
    decisions.yaml; the answer is a range. Savings are consistent with their levers, no proof.
    """
    with opened(shell, as_of, today) as at:
        ids = at.project.registry.ids
        for name in names:
            if name not in ids:
                raise click.BadParameter(f"no project {name!r}. {suggestion(name, ids)}")
        books = booked(at.project, at.stores, Quiet(), at.as_of)
        report = reconcile(at.project, at.stores, books, month or at.month)
    found = report.decisions.of(names) if names else report.decisions
    click.echo(RENDER[form](found, report.month, report.currency), nl=False)
