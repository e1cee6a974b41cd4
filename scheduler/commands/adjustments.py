"""`trueup adjustments`: what months bear for months that were closed, and why."""

from __future__ import annotations

from datetime import date

import click

from models.period import Month
from reconcile.report import adjustments as report
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.close.adjusting import adjustments
from scheduler.options import MonthType, as_of_option, form_option, today_option
from scheduler.past.opening import opened
from scheduler.progress import Quiet


@click.command()
@click.option("--month", type=MonthType(), help="Posted in this month, or late for it.")
@today_option
@as_of_option
@form_option
@click.pass_obj
def command(
    shell: Shell, *, month: Month | None, today: date, as_of: str | None, form: str
) -> None:
    """Show what came late for closed months: the period, where it is posted, source, reason.

    A closed month never changes: late lines, restated deliveries, credits and accruals that an
    invoice took back are borne by the first month that was open, at the rates of their own.
    """
    with opened(shell, as_of, today) as at:
        books = booked(at.project, at.stores, Quiet(), at.as_of)
        found = adjustments(at.project, at.stores, books)
    mine = [each for each in found if month in {None, each.month, each.posted}]
    currency = at.project.settings.reporting_currency
    said = (
        report.document(mine, currency) if form == "json" else report.table(mine, currency, month)
    )
    click.echo(said, nl=False)
