"""Spend on days before a project began or after it ended: it stays with it, and is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

import polars as pl

from models.money import ZERO, stored
from models.period import Month
from reconcile.actuals import Cells, Converter
from reconcile.figure import COMPLETION, Figure, Figures, scope, to_date
from reconcile.given import Owned
from reconcile.report.number import plain

Side = Literal["before", "after"]

_BOUND: Final = {"before": "start", "after": "end"}
_DATED: Final = {"project": pl.String, "start": pl.Date, "end": pl.Date}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What one project has spent on days on which it was not under way, of all that is loaded.

    Attributes:
        side: `before` its start, or `after` its end.
        bound: The day of `start` or `end`.
        first: First day of such spend.
        last: Last day of such spend.
        days: How many days have such spend.
        amount: Effective cost in the reporting currency; negative for credits.
    """

    project: str
    side: Side
    bound: date
    first: date
    last: date
    days: int
    amount: Figure

    @property
    def said(self) -> str:
        """What a report says about it."""
        on = f"on {self.first}" if self.days == 1 else f"on {self.days} days"
        span = "" if self.days == 1 else f" from {self.first} to {self.last}"
        way = "stop what still runs" if self.side == "after" else "correct what is tagged so"
        return (
            f"{self.project}: {plain(self.amount)} {self.amount.unit} were spent {on}"
            f"{span}, {self.side} its {_BOUND[self.side]} {self.bound}; they stay with it: "
            f"{way}, or move `{_BOUND[self.side]}` in projects.yaml"
        )


def outside(
    spend: pl.DataFrame, projects: Iterable[Owned], rates: Converter, figures: Figures
) -> tuple[Outside, ...]:
    """Return what was spent before a start or after an end, by project; days without cost aside.

    What a month bears for a closed one is left out: its own day is not told any more.

    Args:
        spend: The current spend, all months.
        projects: The registry.
        rates: Exchange rates; asked only for currencies other than the reporting one.
        figures: Where the amounts are registered; their currency is the reporting one.
    """
    dated = [(each.id, each.start, each.end) for each in projects if each.start or each.end]
    known = pl.DataFrame(dated, schema=_DATED, orient="row")
    day, costs = pl.col("day"), pl.col("tco_cost") != 0
    late = pl.col("adjusts").is_not_null() if "adjusts" in spend.columns else pl.lit(value=False)
    joined = spend.filter(costs, ~late).join(known, on="project").with_columns(
        side=pl.when(day > pl.col("end")).then(pl.lit("after"))
        .when(day < pl.col("start")).then(pl.lit("before"))
    )  # fmt: skip
    found = joined.filter(pl.col("side").is_not_null())
    parts = found.partition_by("project", "side", as_dict=True)
    return tuple(_outside(parts[key], rates, figures) for key in sorted(parts))


def _outside(part: pl.DataFrame, rates: Converter, figures: Figures) -> Outside:
    """Return the sum of one project's rows on one side."""
    project, side = part.select("project", "side").row(0)
    first, last = part.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
    return Outside(
        project=project,
        side=side,
        bound=part[_BOUND[side]][0],
        first=first,
        last=last,
        days=part["day"].n_unique(),
        amount=figures.add(
            scope(project), to_date(Month.of(last)), side, _total(part, rates, figures.currency)
        ),
    )


def _total(part: pl.DataFrame, rates: Converter, currency: str) -> Decimal:
    month = pl.col("day").dt.strftime("%Y-%m").alias("month")
    sums = part.group_by(month, "currency").agg(pl.col("tco_cost").sum()).sort("month", "currency")
    return sum(
        (
            stored(rates.convert(amount, money, currency, Month.parse(text)))
            for text, money, amount in sums.iter_rows()
        ),
        ZERO,
    )


def stranded(
    planned: Cells, projects: Iterable[Owned], month: Month, figures: Figures
) -> Iterator[str]:
    """Yield what is planned for projects after they ended or went into another.

    Months up to that of the report count what was spent; later ones still count their plan.
    """
    for each in projects:
        gone = _gone(each)
        after = max(month, Month.of(gone[0])) if gone else None
        if gone and after and (amount := _planned(planned, each.id, after)):
            figure = figures.add(scope(each.id), COMPLETION, "stranded", amount)
            yield (
                f"{each.id}: {plain(figure)} {figure.unit} are planned after it"
                f" {gone[1]}, and count in its estimate; approve a plan that ends by then"
            )


def _gone(project: Owned) -> tuple[date, str] | None:
    """Return the last day a project bears spend of its own, and how it ended."""
    ways = []
    if project.end:
        ways.append((project.end, f"ended on {project.end}"))
    if merged := project.merged:
        ways.append((merged.on - timedelta(1), f"went into {merged.into} on {merged.on}"))
    return min(ways, default=None)


def _planned(planned: Mapping[tuple[str, str, Month], Decimal], key: str, after: Month) -> Decimal:
    cells = (
        amount for (project, _, at), amount in planned.items() if project == key and at > after
    )
    return sum(cells, ZERO)
