"""`trueup demo`: a project folder with realistic bills, and the real pipeline on it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from models.errors import RefusedError
from reconcile.report import text
from scheduler.cli import Shell
from scheduler.commands.run import once
from scheduler.demo import create
from scheduler.options import today_option
from scheduler.progress import shown
from scheduler.workspace import now


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("trueup-demo"),
    help="Folder to create.  [default: trueup-demo]",
)
@today_option
@click.pass_obj
def command(shell: Shell, folder: Path, today: date) -> int:
    """Create a demo project and run one night on it: no network, no keys.

    The folder is an ordinary project folder: configuration, plans, rules, and bills in the
    providers' own formats, with months relative to today.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(f"{folder}: is not empty; choose another folder with --dir")
    create(folder, today)
    with shown(quiet=shell.quiet) as progress:
        done = once(folder, today, progress, now)
    click.echo(text.render(done.report, colour=sys.stdout.isatty()))
    for path in done.paths:
        click.echo(path)
    month = done.report.month
    click.echo(
        f"\nNext: trueup -C {folder} status, "
        f"trueup -C {folder} report --month {month}, trueup -C my-project init"
    )
    return done.exit_code
