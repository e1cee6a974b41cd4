"""`trueup invoice match`: order, acceptance and invoice, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import click

from models.period import Month
from reconcile.purchase.match import Match
from reconcile.report import matches
from scheduler.accruing import accruals
from scheduler.cli import Shell
from scheduler.options import Day, MonthType, as_of_option, form_option
from scheduler.past.opening import opened

RENDER: Final[dict[str, Callable[[Sequence[Match]], str]]] = {
    "table": matches.table,
    "json": matches.document,
}


@click.command(name="match")
@click.option("--month", type=MonthType(), help="Month of issue (YYYY-MM).  [default: all]")
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@as_of_option
@form_option
@click.option(
    "--fail-on",
    type=click.Choice(["unmatched"]),
    help="Exit 3 when a line that is shown does not match.",
)
@click.pass_obj
def command(
    shell: Shell,
    *,
    month: Month | None,
    today: date | None,
    as_of: str | None,
    form: str,
    fail_on: str | None,
) -> int:
    """Compare invoices with purchases.yaml and with what was accepted.

    Lines are shown in order of issue, each with what earlier invoices billed of the same
    line. What does not match counts as cost all the same.
    """
    with opened(shell, as_of, today) as at:
        found = accruals(at.project, at.stores, at.as_of).matches
    shown = [each for each in found if month in (None, Month.of(each.billed.issued))]
    click.echo(RENDER[form](shown), nl=False)
    return 3 if fail_on and not all(each.is_matched for each in shown) else 0
