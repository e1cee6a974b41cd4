"""`trueup init`: a project folder to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ingest.invoice.profile import mapping_schema
from models.errors import RefusedError
from models.period import Month
from models.schema import schemas
from scheduler.cli import Shell
from scheduler.starter import files
from scheduler.workspace import configured, now


@click.command()
@click.option("--name", prompt="Name of the portfolio", default="fine-tuning", help="Its name.")
@click.option("--currency", prompt="Reporting currency", default="USD", help="ISO 4217 code.")
@click.option("--project", prompt="First project (id)", default="my-project", help="Its id.")
@click.option("--owner", prompt="Its owner (mail)", default="owner@example.com", help="Its owner.")
@click.pass_obj
def command(shell: Shell, name: str, currency: str, project: str, owner: str) -> None:
    """Write configuration, rules, rates and a first plan; overwrites nothing."""
    today = now().date()
    values = {
        "name": name,
        "currency": currency,
        "project": project,
        "owner": owner,
        "start": str(Month.of(today)),
        "day": today.isoformat(),
    }
    wanted = files(values)
    _refuse_existing(shell.folder, wanted)
    for path, text in wanted.items():
        _write(shell.folder / path, text)
    write_schemas(shell.folder / ".trueup" / "schema")
    configured(shell.folder)
    click.echo(f"Wrote {', '.join(sorted(wanted))} in {shell.folder.resolve()}.")
    click.echo("Next: fill in `sources` in trueup.yaml, then `trueup run`.")


def _refuse_existing(folder: Path, wanted: dict[str, str]) -> None:
    present = [path for path in wanted if (folder / path).exists()]
    if present:
        raise RefusedError(
            f"{folder / present[0]} exists; init overwrites nothing: choose an empty folder with -C"
        )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of every configuration file into a folder; return the paths."""
    paths = []
    for name, schema in {**schemas(), "mapping": mapping_schema()}.items():
        path = folder / f"{name}.schema.json"
        _write(path, json.dumps(schema, indent=2, sort_keys=True) + "\n")
        paths.append(path)
    return paths
