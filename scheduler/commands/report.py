"""`trueup report`: budget versus actual of one month."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import click

from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown, page, text
from reconcile.state import State
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.close.signed import signed
from scheduler.options import Day, as_of_option, month_option
from scheduler.past.opening import Opened, opened
from scheduler.progress import Quiet
from scheduler.publish import reconcile

RENDER: Final[dict[str, Callable[[Portfolio], str]]] = {
    "html": page.render,
    "json": document.render,
    "md": markdown.render,
}


@click.command()
@month_option
@click.option("--today", type=Day(), help="Take this day as today (YYYY-MM-DD).")
@as_of_option
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["table", *RENDER]),
    default="table",
    help="table, md, json or html.  [default: table]",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write to this file.")
@click.option(
    "--fail-on",
    type=click.Choice(["limit", "data", "invoices"]),
    help="Exit 3 when a project is over its limit, a source is missing, or an invoice is apart.",
)
@click.option(
    "--version",
    type=click.IntRange(1),
    help="As it was signed when the month was closed for the nth time.  [default: the newest]",
)
@click.option("--color/--no-color", default=None, help="Colours.  [default: on a terminal]")
@click.pass_obj
def command(
    shell: Shell,
    *,
    month: Month | None,
    today: date | None,
    as_of: str | None,
    form: str,
    out: Path | None,
    fail_on: str | None,
    color: bool | None,
    version: int | None,
) -> int:
    """Show budget versus actual of a month from what is loaded; fetches nothing.

    The report of a closed month is the one that was signed, to the byte.
    """
    with opened(shell, as_of, today) as at:
        wanted = month or at.month
        found = signed(at.stores, wanted, version)
        report = None if found and not fail_on else _reported(at, wanted)
    if report and not found:
        found = {form: _rendered(report, form, colour=color)}
    _tell(found[form], out)
    return 3 if report and fail_on and breached(report, fail_on) else 0


def _reported(at: Opened, month: Month) -> Portfolio:
    books = booked(at.project, at.stores, Quiet(), at.as_of)
    return reconcile(at.project, at.stores, books, month)


def _rendered(report: Portfolio, form: str, *, colour: bool | None) -> bytes:
    if form in RENDER:
        return RENDER[form](report).encode()
    return text.render(report, colour=sys.stdout.isatty() if colour is None else colour).encode()


def _tell(data: bytes, out: Path | None) -> None:
    if out is None:
        click.echo(data, nl=not data.endswith(b"\n"))
    else:
        out.write_bytes(data)


def breached(report: Portfolio, gate: str) -> bool:
    """Say whether a gate of `--fail-on` is breached."""
    if gate == "limit":
        return any(line.state is State.OVER_LIMIT for line in report.projects)
    if gate == "invoices":
        return any(each.verdict.fails for each in report.assertions)
    return any(not line.state.whole for line in report.sources)
