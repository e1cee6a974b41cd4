"""`trueup invoice list`: invoices that were read, and whether they count."""

from __future__ import annotations

import click

from models.period import Month
from reconcile.received import chosen
from reconcile.report import received
from scheduler import paper
from scheduler.beside import counted
from scheduler.cli import Shell
from scheduler.deciding import forsaken
from scheduler.options import MonthType, as_of_option, form_option
from scheduler.past.opening import opened

STATUSES = (
    *("counted", "duplicate", "conflict", "superseded"),
    *("draft", "unknown_issuer", "rejected", "no_cost"),
)

issuer_option = click.option("--issuer", default="", help="Only issuers with this in their name.")


@click.command()
@click.option("--month", type=MonthType(), help="Only invoices issued in it (YYYY-MM).")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    help="Only these; may be given several times.",
)
@issuer_option
@as_of_option
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    month: Month | None,
    statuses: tuple[str, ...],
    issuer: str,
    as_of: str | None,
    form: str,
) -> None:
    """List invoices with their totals and status, by month of issue.

    Below stands why one does not count, and what could not be read at all.
    """
    with opened(shell, as_of) as at:
        headers = counted(at.stores, "invoice_headers")
        heads = chosen(headers, month=month, statuses=statuses, issuer=issuer)
        found, refused = paper.listed(at.stores, heads), paper.refusals(at.stores)
        gone = list(forsaken(at.project, at.stores))
    render = received.document if form == "json" else received.table
    click.echo(render(found, refused), nl=False)
    for line in gone:
        click.echo(f"trueup: {line}", err=True)
