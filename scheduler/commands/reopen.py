"""`trueup reopen`: a closed month changes again, until it is closed anew."""

from __future__ import annotations

from datetime import date

import click

from ingest.closing import reopen
from models.period import Month
from scheduler.cli import Shell
from scheduler.options import Day, MonthType, month_named, once
from scheduler.pipeline import instant
from scheduler.workspace import alone, configured, now, stores


@click.command()
@click.argument("month", type=MonthType(), required=False)
@month_named
@click.option("--by", required=True, help="Who opens it.")
@click.option("--reason", required=True, help="Why.")
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@click.pass_obj
def command(
    shell: Shell,
    /,
    month: Month | None,
    named: Month | None,
    *,
    by: str,
    reason: str,
    today: date | None,
) -> None:
    """Open MONTH again. The version it was closed with stays readable.

    Exit code 6 when it is not closed, or a later month is: that one has what came late.
    """
    month = once(month, named)
    if month is None:
        raise click.UsageError("say which month to open: MONTH, as in 2026-10")
    project = configured(shell.folder)
    with alone(project), stores(project) as opened:
        at = instant(today, now())
        record = reopen(opened.ledger, month, by=by, reason=reason, as_of=at)
    click.echo(
        f"{month} is open again, after v{record.body['version']}: `trueup run`, then "
        f"`trueup close {month} --by NAME`; what was signed: "
        f"`trueup report --month {month} --version {record.body['version']}`"
    )
