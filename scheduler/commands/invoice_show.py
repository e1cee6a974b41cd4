"""`trueup invoice show`: one invoice as it was printed, and what it costs by month."""

from __future__ import annotations

import click

from models.errors import RefusedError
from reconcile.received import chosen
from reconcile.report import received
from scheduler import paper
from scheduler.beside import counted
from scheduler.cli import Shell
from scheduler.commands.invoice_list import issuer_option
from scheduler.options import as_of_option, form_option
from scheduler.past.opening import opened


@click.command()
@click.argument("number")
@issuer_option
@as_of_option
@form_option
@click.pass_obj
def command(shell: Shell, *, number: str, issuer: str, as_of: str | None, form: str) -> None:
    """Show the invoice NUMBER of every issuer that has one: lines, tax, status and why, months."""
    with opened(shell, as_of) as at:
        heads = chosen(counted(at.stores, "invoice_headers"), number=number, issuer=issuer)
        if not heads:
            known = "of such an issuer " if issuer else ""
            raise RefusedError(
                f"no invoice {number!r} {known}counts or was read; `trueup invoice list` shows all"
            )
        found = paper.received(at.stores, heads)
    render = received.details if form == "json" else received.pages
    click.echo(render(found), nl=False)
