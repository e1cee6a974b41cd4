"""`trueup comment`: why a line of a month is what it is, and what nobody has said yet."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import click

from models.comment import EFFECTS, Comment, of, scope
from models.period import Month
from reconcile.close.commentary import GIVEN
from reconcile.report.commentary import commentary_table
from reconcile.report.escape import visible
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.close.commenting import add as keep
from scheduler.close.commenting import comments
from scheduler.commands.invoice_confirm import Amount
from scheduler.options import Day, form_option, month_option, today_option
from scheduler.pipeline import instant
from scheduler.progress import Quiet
from scheduler.publish import reconcile, reported_month
from scheduler.workspace import Project, alone, configured, now, stores


@click.group()
def command() -> None:
    """Comments on lines of a month: add one, list them, see which are missing."""


@command.command()
@click.argument("line")
@click.option("--text", required=True, help="What happened.")
@click.option("--by", required=True, help="Who says so.")
@click.option("--effect", type=click.Choice(EFFECTS), default=EFFECTS[0], show_default=True)
@click.option("--eac", type=Amount(), help="What it adds to the estimate at completion.")
@click.option("--action", default="", help="What is done about it.")
@click.option("--owner", default="", help="Who does it.")
@click.option("--due", type=Day(), help="Until when (YYYY-MM-DD).")
@month_option
@today_option
@click.pass_obj
def add(
    shell: Shell,
    /,
    line: str,
    *,
    text: str,
    by: str,
    effect: Any,  # noqa: ANN401 - one of EFFECTS, click's own
    eac: Decimal | None,
    action: str,
    owner: str,
    due: date | None,
    month: Month | None,
    today: date,
) -> None:
    """Comment on LINE: PROJECT/CATEGORY, PROJECT, unallocated, portfolio, or the id of a figure.

    It takes the place of what was said of the same line. Exit code 6 when the month is closed.
    """
    if not text.strip() or not by.strip():
        raise click.UsageError("a comment needs a text and a name; fill --text and --by")
    project, at = configured(shell.folder), month or reported_month(today)
    said = Comment(
        month=at,
        scope=_scope(project, line, at),
        text=text.strip(),
        effect=effect,
        by=by.strip(),
        on=today,
        eac=eac,
        action=action,
        owner=owner,
        due=due,
    )
    with alone(project), stores(project) as opened:
        keep(opened.ledger, said, instant(today, now()))
    click.echo(f"{at}: {said.scope} is commented on by {said.by}")


def _scope(project: Project, line: str, month: Month) -> str:
    try:
        return scope(line, month, project.registry.ids)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="LINE") from None


@command.command("list")
@month_option
@today_option
@form_option
@click.pass_obj
def list_(shell: Shell, month: Month | None, today: date, form: str) -> None:
    """List what is said of a month."""
    project = configured(shell.folder)
    with stores(project) as opened:
        found = list(of(comments(project, opened.ledger), month or reported_month(today)))
    if form == "json":
        click.echo(json.dumps([each.body() for each in found], ensure_ascii=False, indent=1))
        return
    for each in found:
        said = f"{each.month} {each.scope}: {each.text} ({each.effect}, {each.by}, {each.on})"
        click.echo(visible(said))


@command.command()
@month_option
@today_option
@form_option
@click.pass_obj
def missing(shell: Shell, month: Month | None, today: date, form: str) -> int:
    """List the lines of a month that need a comment and have none; exit code 4 if there are."""
    project, at = configured(shell.folder), instant(today, now())
    with stores(project) as opened:
        books = booked(project, opened, Quiet(), at)
        report = reconcile(project, opened, books, month or reported_month(today))
    found = [each for each in report.commentary if each.status != GIVEN]
    click.echo(commentary_table(found, report.currency, form), nl=False)
    return 4 if found else 0
