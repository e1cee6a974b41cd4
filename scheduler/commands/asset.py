"""`trueup asset list`: hardware of one's own, what it is worth, and who used it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

import click
import polars as pl

from ingest import book
from models.attribution import attributed, edges, epoch
from models.period import Month
from reconcile.asset import PARTS, AssetLine, asset_lines
from reconcile.report import assets
from scheduler.beside import PERIOD, counted
from scheduler.cli import Shell
from scheduler.options import as_of_option, month_option, today_option
from scheduler.past.opening import opened
from scheduler.workspace import Project, Stores

RENDER: Final[dict[str, Callable[[Sequence[AssetLine], Month], str]]] = {
    "table": assets.table,
    "json": assets.document,
}
TABLE: Final = "assets"


@click.group()
def command() -> None:
    """Show hardware of one's own."""


@command.command("list")
@month_option
@today_option
@as_of_option
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(list(RENDER)),
    default="table",
    show_default=True,
    help="table or json.",
)
@click.pass_obj
def list_assets(
    shell: Shell, *, month: Month | None, today: date, as_of: str | None, form: str
) -> None:
    """Show each asset's cost, book value, depreciation, hours, and whose it was in a month.

    Parts follow the rules as they are now. Idle is of the hours it had; what the register
    gives no accelerators has none.
    """
    with opened(shell, as_of, today) as at:
        wanted = month or at.month
        held = counted(at.stores, TABLE).filter(pl.col(PERIOD) == str(wanted))
        parts = [pl.DataFrame(schema=PARTS), *_parts(at.project, at.stores, wanted)]
    click.echo(RENDER[form](asset_lines(held, pl.concat(parts)), wanted), nl=False)


def _parts(project: Project, held: Stores, month: Month) -> Iterator[pl.DataFrame]:
    """Yield what the charges of assets are spent on, of each register."""
    for scope, record in sorted(book.counting(held.ledger).items()):
        source, _, period = scope.rpartition("/")
        for document in record.body["documents"] if period == str(month) else ():
            if TABLE in document.get("beside", ()):
                keys = pl.read_parquet(held.lake.path("keys", document["keys"]), glob=False)
                facts = pl.read_parquet(held.lake.path("facts", document["facts"]), glob=False)
                found = attributed(keys, project.rules, project.registry)
                changes = edges(project.rules, project.registry)
                dated = facts.with_columns(epoch=epoch(pl.col("day"), changes))
                whole = dated.join(keys, on="key_id").join(found, on=("key_id", "epoch"))
                yield whole.select(
                    x_source=pl.lit(source),
                    asset_id="resource_id",
                    project="project",
                    kind="x_line_type",
                    cost="tco_cost",
                    hours="consumed_quantity",
                ).match_to_schema(PARTS)
