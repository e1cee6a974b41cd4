"""`trueup prices`: what a unit of each SKU costs, beside what its provider publishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import click
import polars as pl

from ingest import book
from models.charge import CHARGE, charge_frame
from models.period import Month
from reconcile.price import PriceLine, price_lines, summed
from reconcile.report import prices
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option, month_option, today_option
from scheduler.past.opening import opened
from scheduler.reference import price_lists
from scheduler.workspace import Stores

RENDER: Final[dict[str, Callable[[Sequence[PriceLine], Month], str]]] = {
    "table": prices.table,
    "json": prices.document,
}


@click.command()
@month_option
@today_option
@as_of_option
@click.option("--all", "every", is_flag=True, help="Every SKU, not accelerators alone.")
@form_option
@click.pass_obj
def command(
    shell: Shell, *, month: Month | None, today: date, as_of: str | None, every: bool, form: str
) -> None:
    """Show list, contracted and effective unit prices of a month's accelerators, side by side.

    List, contracted and effective are costs of the billing month by quantity; published is
    the price list that a source with `catalog: true` keeps of the start of that month.
    """
    with opened(shell, as_of, today) as at:
        wanted = month or at.month
        lists = price_lists(at.project, at.stores, wanted)
        lines = price_lines(summed(_charges(at.stores, wanted)).collect(engine="streaming"), lists)
    shown = [line for line in lines if every or line.accelerators]
    click.echo(RENDER[form](shown, wanted), nl=False)


def _charges(held: Stores, month: Month) -> pl.LazyFrame:
    """Return the charges that count for a billing month."""
    frames = [
        charge_frame(pl.scan_parquet(held.lake.path("charges", document["charges"]), glob=False))
        for scope, record in sorted(book.counting(held.ledger).items())
        if scope.endswith(f"/{month}")
        for document in record.body["documents"]
    ]
    return pl.concat(frames) if frames else pl.LazyFrame(schema=CHARGE)
