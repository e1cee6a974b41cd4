"""A group of commands, each a file that is imported only when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click


class Lazy(click.Group):
    """The commands of a group `NAME`, each of them `commands/NAME_COMMAND.py`."""

    texts: Mapping[str, str]
    """What each command does, in the order of the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        del ctx
        return list(self.texts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module."""
        del ctx
        if cmd_name not in self.texts:
            return None
        module = f"scheduler.commands.{self.name}_{cmd_name}"
        command: click.Command = importlib.import_module(module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.texts.items()))


def lazy(name: str, texts: Mapping[str, str], text: str) -> Lazy:
    """Return the group of a name with its commands and what the help says of it."""
    group = Lazy(name, help=text)
    group.texts = texts
    return group
