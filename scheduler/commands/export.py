"""`trueup export`: charges for other tools."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from ingest import book
from models import focus
from models.charge import CHARGE
from models.period import Month
from scheduler.cli import Shell
from scheduler.options import MonthType
from scheduler.workspace import configured, stores


@click.group()
def command() -> None:
    """Charges for other tools."""


@command.command(name="focus")
@click.option("--version", type=click.Choice(["1.2"]), default="1.2", help="FOCUS version.")
@click.option("--month", type=MonthType(), help="Only this billing month.  [default: all]")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("focus.parquet"),
    help="Parquet file to write.  [default: focus.parquet]",
)
@click.pass_obj
def focus_command(shell: Shell, version: str, month: Month | None, out: Path) -> None:
    """Write the current charges as FOCUS Cost and Usage rows in Parquet."""
    del version  # one for now; the option fixes what a script asked for
    project = configured(shell.folder)
    with stores(project) as opened:
        current = book.current(opened.ledger)
        paths = [
            opened.lake.path("charges", document["charges"])
            for scope, body in sorted(current.items())
            if month is None or scope.endswith(f"/{month}")
            for document in body["documents"]
        ]
    frames = [pl.scan_parquet(path, glob=False) for path in paths]
    focus.export(pl.concat(frames) if frames else pl.LazyFrame(schema=CHARGE), out, "1.2")
    click.echo(f"wrote {out} from {len(paths)} documents")
