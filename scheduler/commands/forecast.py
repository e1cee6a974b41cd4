"""`trueup forecast`: what projects will have cost, by every method, and what if it were more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import localcontext
from typing import Final

import click

from models.money import WIDE
from models.period import Month
from models.wording import suggestion
from reconcile.forecasting.method import TITLES
from reconcile.forecasting.shown import ForecastLine
from reconcile.forecasting.whatif import WhatIf, beside, factors, side, what_if
from reconcile.report import methods
from reconcile.report.methods import Heading, Row
from scheduler.booking import booked
from scheduler.cli import Shell
from scheduler.options import as_of_option, form_option, month_option, today_option
from scheduler.past.opening import opened
from scheduler.progress import Quiet
from scheduler.publish import reconcile

RENDER: Final[dict[str, Callable[[Sequence[Row], Heading], str]]] = {
    "table": methods.table,
    "json": methods.document,
}


class Change(click.ParamType[WhatIf]):
    """A change of a factor, such as `gpu_hours=+10%`."""

    name = "factor=+n%"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> WhatIf:
        """Return the change, or end with a usage error."""
        try:
            return what_if(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("project", required=False)
@click.option(
    "-p", "--project", "names", multiple=True, help="This project alone; may be repeated."
)
@month_option
@click.option("--method", type=click.Choice(list(TITLES)), help="This method alone.")
@click.option("--what-if", "change", type=Change(), help="Scale a factor of what is left.")
@today_option
@as_of_option
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    project: str | None,
    names: tuple[str, ...],
    month: Month | None,
    method: str | None,
    change: WhatIf | None,
    today: date,
    as_of: str | None,
    form: str,
) -> None:
    """Show the estimate at completion of each project, its range, and every method side by side.

    A method that says nothing says why. --what-if gpu_hours=+10% scales what is left of all
    items of the plan that have the factor, by its name or as gpu_hours_per_run.
    """
    with opened(shell, as_of, today) as at:
        wanted = month or at.month
        books = booked(at.project, at.stores, Quiet(), at.as_of)
        report = reconcile(at.project, at.stores, books, wanted)
    lines = _chosen(report.forecasts.lines, [*names, *([project] if project else [])])
    with localcontext(prec=WIDE):
        _check(lines, change)
        rows = [_row(line, change) for line in lines]
        heading = Heading(
            month=wanted,
            currency=report.currency,
            what_if=change.said if change else "",
            methods=[method] if method else list(TITLES),
        )
        click.echo(RENDER[form](rows, heading), nl=False)


def _chosen(lines: Sequence[ForecastLine], names: Sequence[str]) -> list[ForecastLine]:
    known = [line.project for line in lines]
    for name in names:
        if name not in known:
            raise click.BadParameter(f"no forecast of {name!r}. {suggestion(name, known)}")
    return [line for line in lines if not names or line.project in names]


def _check(lines: Sequence[ForecastLine], change: WhatIf | None) -> None:
    """Refuse a factor that no item has."""
    bases = [line.outlook.basis for line in lines]
    if change and not any(change.scales(item) for basis in bases for item in basis.items):
        known = suggestion(change.factor, factors(bases))
        raise click.BadParameter(f"no item of a plan has a factor {change.factor!r}. {known}")


def _row(line: ForecastLine, change: WhatIf | None) -> Row:
    return Row(side(line.outlook), beside(line.outlook, change) if change else None)
