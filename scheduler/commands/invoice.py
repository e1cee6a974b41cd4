"""`trueup invoice`: what vendors sent, what of it counts, and what waits for a person."""

from __future__ import annotations

import importlib
from typing import Final

import click

# name: what it does; each is a file `invoice_NAME.py`, imported when it is used
COMMANDS: Final = {
    "list": "Invoices that were read, and whether they count.",
    "show": "One invoice: its lines, its tax, its cost by month.",
    "review": "What waits for a person, and what a document seems to say.",
    "confirm": "Decide what a document is: an invoice, an amendment, or nothing.",
    "match": "Orders, deliveries and invoices side by side.",
}


class Lazy(click.Group):
    """A group whose commands are files, imported when named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(
            f"scheduler.commands.invoice_{cmd_name}"
        ).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy)
def command() -> None:
    """Show and decide about invoices of vendors."""
