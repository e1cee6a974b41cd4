"""`trueup rules check`: what is wrong with the rules, by what is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import click

from models.category import UNALLOCATED
from models.period import Month
from models.problem import Problem
from reconcile.report import rulecheck
from reconcile.rulecheck import GATES, RuleCheck, checked, quiet
from scheduler import resembling
from scheduler.booking import Books, booked
from scheduler.cli import Shell
from scheduler.options import form_option, month_option, today_option
from scheduler.pipeline import instant
from scheduler.progress import Quiet
from scheduler.publish import reported_month, ruled
from scheduler.sharing import SOURCE as SPLITS
from scheduler.workspace import Project, Stores, configured, now, stores

RENDER: Final[dict[str, Callable[[RuleCheck, int], str]]] = {
    "table": rulecheck.table,
    "json": rulecheck.document,
}


class Gates(click.ParamType[tuple[str, ...]]):
    """Names of findings, with commas between them."""

    name = "findings"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names, or end with a usage error."""
        wanted = tuple(filter(None, (name.strip() for name in str(value).split(","))))
        for name in wanted:
            if name not in GATES:
                self.fail(f"{name!r} is no finding; there are {', '.join(GATES)}", param, ctx)
        return wanted


@click.command()
@month_option
@today_option
@click.option(
    "--top", type=click.IntRange(1, 1000), default=10, show_default=True,
    help="Rows of each kind of finding.",
)  # fmt: skip
@click.option("--fail-on", type=Gates(), default="", help=f"Exit 3 on any of {','.join(GATES)}.")
@form_option
@click.pass_obj
def command(
    shell: Shell, *, month: Month | None, today: date, top: int, fail_on: tuple[str, ...], form: str
) -> int:
    """Check the rules against all that is loaded: conflicts, and rules without effect.

    A conflict is a line that a later rule, or another spelling of a tag, gives another project.
    Look-alikes of projects are those of the month; all else is of all months.
    """
    project = configured(shell.folder)
    with stores(project) as opened:
        books = booked(project, opened, Quiet(), instant(today, now()))
        found = check(project, opened, books, month or reported_month(today))
    click.echo(RENDER[form](found, top), nl=False)
    counts = found.counts()
    return 3 if any(counts[gate] for gate in fail_on) else 0


def check(project: Project, opened: Stores, books: Books, month: Month) -> RuleCheck:
    """Return the findings about the rules of a project."""
    spent = {*books.spend["project"].unique()} - {UNALLOCATED}
    rules, today = project.rules.rules, books.as_of.date()
    return checked(
        ruled(project, books),
        project.settings.reporting_currency,
        quiet=[*quiet(project.registry.projects, rules, spent, today)],
        lookalikes=[*resembling.problems(project, opened, month)],
        splits=[*_splits(books)],
    )


def _splits(books: Books) -> Iterator[Problem]:
    """Return what is odd about splits."""
    return (each for each in books.spent.told if each.source == SPLITS)
