"""`trueup rules coverage`: which share of cost has a project, and what has none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import click

from models.period import Month, months
from reconcile.coverage import BY, Shares, shares, total
from reconcile.report import coverage
from reconcile.report.coverage import Covered
from scheduler.booking import Books, booked
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option, month_option, today_option
from scheduler.past.opening import opened
from scheduler.progress import Quiet
from scheduler.publish import ruled
from scheduler.workspace import Project

RENDER: Final[dict[str, Callable[[Covered], str]]] = {
    "table": coverage.table,
    "json": coverage.document,
}


@click.command()
@month_option
@today_option
@as_of_option
@click.option(
    "--months", "count", type=click.IntRange(1, 120), default=12, show_default=True,
    help="Months of the trend.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["month", *BY]), default="source", show_default=True,
    help="What the rows are.",
)  # fmt: skip
@click.option(
    "--top", type=click.IntRange(0, 200), default=10, show_default=True,
    help="Rows of what has no project.",
)  # fmt: skip
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    month: Month | None,
    today: date,
    as_of: str | None,
    count: int,
    by: str,
    top: int,
    form: str,
) -> None:
    """Show the share of cost that has a project, by month and source, and what has none.

    Cost counts, never rows: effective cost with non-recoverable tax, in the reporting currency,
    by the month of the charge. What is shared counts where it reached a project.
    """
    with opened(shell, as_of, today) as at:
        books = booked(at.project, at.stores, Quiet(), at.as_of)
    found = covered(at.project, books, month or at.month, count, by, top)
    click.echo(RENDER[form](found), nl=False)


def covered(  # noqa: PLR0917 - what the command was asked for
    project: Project, books: Books, month: Month, count: int, by: str, top: int
) -> Covered:
    """Return the shares of some months up to one, and what is open in that."""
    currency, asked = project.settings.reporting_currency, "source" if by == "month" else by
    found = shares(books.spend, books.rates, currency, by=asked)
    # sizes are of sources, so the sum of all is theirs, whatever the rows are
    sources = found if asked == "source" else shares(books.spend, books.rates, currency)
    whole: Shares = {("", at): share for at, share in total(sources).items()}
    claims = ruled(project, books).claims
    free = [each for each in claims if each.open and each.month == month]
    return Covered(
        by=by,
        currency=currency,
        months=months(month + (1 - count), count),
        shares=whole if by == "month" else found | whole,
        target=project.settings.allocation.target,
        open=tuple(free[:top]),
    )
