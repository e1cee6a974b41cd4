"""`trueup schema`: JSON Schemas of the configuration files, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ingest.invoice.profile import mapping_schema
from models.schema import schemas
from reconcile.report.schema import REPORT_SCHEMA
from scheduler.cli import Shell
from scheduler.commands.init import write_schemas


@click.group()
def command() -> None:
    """JSON Schemas of the configuration files and of the report."""


@command.command()
@click.argument("name", type=click.Choice([*sorted([*schemas(), "mapping"]), "report"]))
def show(name: str) -> None:
    """Print one schema."""
    schema = {**schemas(), "mapping": mapping_schema(), "report": REPORT_SCHEMA}[name]
    click.echo(json.dumps(schema, indent=2, sort_keys=True))


@command.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="Folder.  [default: .trueup/schema of the project]",
)
@click.pass_obj
def write(shell: Shell, to: Path | None) -> None:
    """Write all schemas, where the first line of each file points to."""
    for path in write_schemas(to or shell.folder / ".trueup" / "schema"):
        click.echo(str(path))
