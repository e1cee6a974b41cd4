"""`trueup explain`: what a figure is made of, down to documents and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import click

from models.period import Month
from reconcile.explain.nearest import nearest
from reconcile.explain.proof import exit_code
from reconcile.portfolio import Portfolio
from reconcile.report import explained, explanation
from scheduler.booking import Books, booked
from scheduler.cli import Shell
from scheduler.explaining import Explainer
from scheduler.options import as_of_option, form_option, month_option, today_option
from scheduler.past.opening import Opened, opened
from scheduler.progress import Quiet
from scheduler.publish import reconcile
from scheduler.verifying import Verifier

ROWS: Final = 10
_LISTS: Final = {"table": explained.listed, "json": explained.listing}
_SHOWS: Final = {"table": explanation.table, "json": explained.document}


@click.command()
@click.argument("figure", required=False)
@month_option
@today_option
@as_of_option
@click.option(
    "--rows",
    "top",
    type=click.IntRange(min=0),
    default=ROWS,
    show_default=True,
    help="So many rows one by one, the largest; the rest as one line.",
)
@click.option("--verify", is_flag=True, help="Add the rows up again from the archive's bytes.")
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    figure: str | None,
    month: Month | None,
    today: date,
    as_of: str | None,
    top: int,
    verify: bool,
    form: str,
) -> int:
    """Show what FIGURE is made of: formula, rules, documents and rows, to the last digit.

    Its id is `scope/period/measure`, as reports show it beside each number; without one, all
    ids of a report are listed. With --verify, another reader than that of the load adds the
    rows up again from the documents in the archive; exit code 1 when that is something else.
    """
    with opened(shell, as_of, today) as here:
        books = booked(here.project, here.stores, Quiet(), here.as_of)
        known: Iterable[str] = ()
        for report in _reports(here, books, month, figure or ""):
            if figure is None:
                click.echo(_LISTS[form](report.figures), nl=False)
                return 0
            known = report.figures
            explainer = Explainer(here.project, here.stores, books, report)
            if explainer.ground.figure(figure):
                return _explained(explainer, figure, top=top, verify=verify, form=form)
    raise click.BadParameter(nearest(figure or "", known), param_hint="FIGURE")


def _reports(here: Opened, books: Books, month: Month | None, figure: str) -> Iterator[Portfolio]:
    """Yield the reports that may have a figure: of the month asked for, or that it names."""
    wanted = dict.fromkeys((month,) if month else (here.month, _named(figure)))
    for each in wanted:
        if each is not None:
            yield reconcile(here.project, here.stores, books, each)


def _named(figure: str) -> Month | None:
    """Return the month in the id of a figure."""
    for part in reversed(figure.split("/")):
        try:
            return Month.parse(part.removeprefix("to-"))
        except ValueError:
            continue
    return None


def _explained(explainer: Explainer, figure: str, *, top: int, verify: bool, form: str) -> int:
    said = explainer.explained(figure)
    verifier = Verifier(explainer.project, explainer.stores, explainer.behind)
    proofs = [*verifier.proofs(said)] if verify else None
    click.echo(_SHOWS[form](said, top, proofs), nl=False)
    return exit_code(proofs or (), lost=bool(said.trace.lost)) if verify else 0
