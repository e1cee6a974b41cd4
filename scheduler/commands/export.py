"""`trueup export`: charges for other tools."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from ingest import book
from models import focus
from models.charge import CHARGE, charge_frame
from models.period import Month
from scheduler.cli import Shell
from scheduler.options import MonthType, as_of_option
from scheduler.past.opening import opened


@click.group()
def command() -> None:
    """Charges for other tools."""


@command.command(name="focus")
@click.option(
    "--focus-version",
    "--version",
    "version",
    type=click.Choice(focus.VERSIONS),
    default="1.2",
    show_default=True,
    help="Version of the specification.",
)
@click.option("--month", type=MonthType(), help="Only this billing month.  [default: all]")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("focus.parquet"),
    help="Parquet file to write.  [default: focus.parquet]",
)
@as_of_option
@click.pass_obj
def focus_command(
    shell: Shell, *, version: focus.Version, month: Month | None, out: Path, as_of: str | None
) -> None:
    """Write the charges that count as FOCUS Cost and Usage rows in Parquet."""
    with opened(shell, as_of) as at:
        frames = [
            _charges(at.stores.lake.path("charges", document["charges"]), record.body["delivery"])
            for scope, record in sorted(book.counting(at.stores.ledger).items())
            if month is None or scope.endswith(f"/{month}")
            for document in record.body["documents"]
        ]
    focus.export(pl.concat(frames) if frames else pl.LazyFrame(schema=CHARGE), out, version)
    click.echo(f"wrote {out} from {len(frames)} documents")


def _charges(path: Path, delivery: str) -> pl.LazyFrame:
    """Return the charges of a document, with the columns that came after it was loaded."""
    frame = charge_frame(pl.scan_parquet(path, glob=False))
    return frame.with_columns(pl.lit(delivery).alias(focus.DELIVERY))
