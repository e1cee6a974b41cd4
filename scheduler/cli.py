"""The command `trueup`; each subcommand is imported only when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from models.errors import TrueupError

# name: (module, section of the help, what it does)
COMMANDS: Final = {
    "demo": ("demo", "Start", "Realistic data, the real pipeline, a report; no network."),
    "init": ("init", "Start", "Write a project folder to begin with."),
    "run": ("run", "Every night", "Fetch, load, attribute, reconcile, alert and publish."),
    "schedule": ("schedule", "Every night", "Stay awake and run every night."),
    "ingest": ("ingest", "Every night", "Fetch and load bills, and nothing more."),
    "backfill": ("backfill", "Every night", "Fetch and load months that have long passed."),
    "report": ("report", "Every month", "Budget versus actual of one month."),
    "diff": ("diff", "Every month", "What changed since another report, and why."),
    "adjustments": ("adjustments", "Every month", "What came late for closed months."),
    "variance": ("variance", "Every month", "Why each item costs more or less than planned."),
    "forecast": ("forecast", "Plan", "What projects will have cost, by each method; what if."),
    "comment": ("comment", "Every month", "Why lines are off plan: add, list, find missing ones."),
    "close": ("close", "Every month", "How far each month is; check one, pin it, sign it."),
    "reopen": ("reopen", "Every month", "Let a closed month change again."),
    "plan": ("plan", "Plan", "Check and show plans."),
    "status": ("status", "Look", "How old the data is, what is missing, what is open."),
    "rules": ("rules", "Look", "What the rules do, and what an edit of them would change."),
    "invoice": ("invoice", "Look", "Invoices of vendors: list, show, review, decide, match."),
    "asset": ("asset", "Look", "Hardware of one's own: book value, depreciation, who used it."),
    "runs": ("runs", "Look", "What training runs and accepted models cost."),
    "decisions": ("decisions", "Look", "Contingency, levers, hosting or API, what idles."),
    "explain": ("explain", "Look", "What a figure is made of, down to documents and rows."),
    "prices": ("prices", "Look", "Unit prices: published, list, contracted, effective."),
    "export": ("export", "Look", "Charges for other tools, as FOCUS."),
    "doctor": ("doctor", "Set-up", "Can every source be reached, read, and not written?"),
    "rebuild": ("rebuild", "Set-up", "Delete what is derived and build it again."),
    "prune": ("prune", "Set-up", "Remove what has not counted for long."),
    "schema": ("schema", "Set-up", "JSON Schemas of the configuration files."),
}
SECTIONS: Final = ("Start", "Every night", "Every month", "Plan", "Look", "Set-up")


@dataclass(frozen=True, slots=True)
class Shell:
    """What every command may know about how it was called."""

    folder: Path
    quiet: bool


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
        module = importlib.import_module(f"scheduler.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or end with the nearest name."""
        near = get_close_matches(args[0], COMMANDS, 1, 0.6)
        if near and args[0] not in COMMANDS:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, without importing any."""
        del ctx
        for section in SECTIONS:
            rows = [(name, text) for name, (_, where, text) in COMMANDS.items() if where == section]
            with formatter.section(section):
                formatter.write_dl(rows)


@click.group(cls=Lazy, context_settings={"auto_envvar_prefix": "TRUEUP"})
@click.option(
    "-C",
    "--project-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project folder, with trueup.yaml.  [default: here]",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and findings.")
@click.version_option(version("trueup"), message="%(prog)s %(version)s")
@click.pass_context
def root(context: click.Context, project_dir: Path, *, quiet: bool) -> None:
    """Budget versus actual for LLM fine-tuning projects, from real bills.

    \b
    Exit codes: 0 done, 1 failed, 2 usage, 3 gate breached (--fail-on),
    4 data incomplete or stale, 5 configuration invalid, 6 refused.
    """  # noqa: D301 - click reads the \b
    context.obj = Shell(project_dir, quiet)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the entry point of `trueup`."""
    os.umask(0o077)
    # row groups that a scan reads ahead; by default eight, which is a gigabyte of a wide bill
    os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_SIZE", "1")
    try:
        code = root.main(
            args=None if arguments is None else list(arguments),
            prog_name="trueup",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (BrokenPipeError, SystemExit):  # click leaves by exit when the pipe is closed
        return _closed_pipe()
    except TrueupError as error:
        sys.stderr.write(f"{_lines(error)}\n")
        return error.exit_code
    return code if isinstance(code, int) else 0


def _lines(error: TrueupError) -> str:
    return "\n".join(f"trueup: {line}" for line in str(error).splitlines())


def _closed_pipe() -> int:
    """End quietly: the reader has what it wanted (`trueup report | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
