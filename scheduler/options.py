"""Options that several commands share."""

from __future__ import annotations

from datetime import date

import click

from models.period import Month
from scheduler.workspace import now


class Day(click.ParamType[date]):
    """A day, `YYYY-MM-DD`."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Return the day, or end with a usage error."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write YYYY-MM-DD", param, ctx)


class MonthType(click.ParamType[Month]):
    """A month, `YYYY-MM`."""

    name = "month"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Month:
        """Return the month, or end with a usage error."""
        if isinstance(value, Month):
            return value
        try:
            return Month.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


today_option = click.option(
    "--today",
    type=Day(),
    default=lambda: now().date(),
    help="Take this day as today (YYYY-MM-DD).  [default: today, UTC]",
)
as_of_option = click.option(
    "--as-of",
    metavar="WHEN",
    help="As it was at the end of a day (YYYY-MM-DD), or in a run, by its id, the snapshot of its "
    "report, or a report in JSON.  [default: now]",
)
form_option = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="table or json.",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    help="What works on documents.  [default: as trueup.yaml says]",
)
month_option = click.option(
    "--month",
    type=MonthType(),
    help="The month to report (YYYY-MM).  [default: the last month that has ended]",
)
month_named = click.option(
    "--month", "named", type=MonthType(), help="The same as MONTH, as other commands have it."
)


def once(month: Month | None, named: Month | None) -> Month | None:
    """Return a month that may be given as an argument or by `month_named`; None for neither.

    Raises:
        UsageError: when both are given, and are two.
    """
    if None not in {month, named} and month != named:
        raise click.UsageError(f"two months are given, {month} and {named}; give one")
    return month or named
