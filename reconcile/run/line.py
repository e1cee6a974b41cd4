"""Runs of a month, and accepted models up to it, as lines of each project; sums are exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Final

import polars as pl

from models.money import WIDE, ZERO, rounded
from models.period import Month
from models.run.run import LOST, STATES, TRAINING
from reconcile.run.accepted import Accepted

PLACES: Final = 4  # of prices
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a month.

    Attributes:
        names: Its other names.
        state: How it ended, or stands.
        restarts: How often it began anew, in all months.
        lost: Of the cost that of attempts that failed, were preempted or cancelled.
        direct: Of the cost what tags or resources name, without any dividing.
        evidence: How the cost is known.
        accepted: What its model was accepted as; empty when it was not.
    """

    run: str
    names: str
    state: str
    restarts: int
    hours: Decimal
    cost: Decimal
    lost: Decimal
    direct: Decimal
    evidence: str
    accepted: str

    @property
    def per_hour(self) -> Decimal | None:
        """What one of its hours costs; None where it has none."""
        return quotient(self.cost, self.hours)


@dataclass(frozen=True, slots=True)
class StateLine:
    """What attempts in one state come to; `runs` had such attempts. Without a state, no run's."""

    state: str
    runs: int
    hours: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One accepted model; `own` is the cost of its run alone, all months up to the report's."""

    accepted: Accepted
    own: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRuns:
    """Runs of a project in a month; amounts in the reporting currency.

    Attributes:
        runs: By cost, the highest first.
        states: By state, as far as there is one.
        without: What belongs to no run.
        totals: Training cost by category; the report has the same.
        models: Accepted up to the end of the month.
        spent: Cost of all runs up to the end of the month, however they ended.
    """

    project: str
    runs: tuple[RunLine, ...]
    states: tuple[StateLine, ...]
    without: StateLine
    totals: Mapping[str, Decimal]
    models: tuple[ModelLine, ...]
    spent: Decimal

    @property
    def total(self) -> Decimal:
        """The project's training cost."""
        return sum(self.totals.values(), ZERO)

    @property
    def lost(self) -> Decimal:
        """Cost of attempts that failed, were preempted or cancelled."""
        return sum((line.cost for line in self.states if line.state in LOST), ZERO)

    @property
    def per_model(self) -> Decimal | None:
        """Cost of all runs for each accepted model, failed runs included; None without one."""
        return quotient(self.spent, Decimal(len(self.models)))

    def share(self, cost: Decimal) -> Decimal | None:
        """Return a cost in percent of the training cost; None where that is not above zero."""
        return quotient(cost * _PERCENT, self.total) if self.total > 0 else None


def quotient(amount: Decimal, count: Decimal) -> Decimal | None:
    """Return an amount by a count; None for nothing."""
    return rounded(Fraction(amount) / Fraction(count), PLACES) if count else None


def project_runs(
    frame: pl.DataFrame, accepted: Iterable[Accepted], month: Month, projects: Sequence[str] = ()
) -> list[ProjectRuns]:
    """Return the projects that have runs, training cost or accepted models, by their id.

    Args:
        frame: In the schema `reconcile.run.table.RUNS`.
        accepted: Models that were accepted.
        month: The month.
        projects: These alone, where any are named.
    """
    upto = frame.filter(pl.col("month") <= str(month))
    models = [each for each in accepted if each.day <= month.last]
    there = {*upto.filter(pl.col("month") == str(month))["project"], *(m.project for m in models)}
    with localcontext(prec=WIDE):
        return [
            _project(name, upto.filter(pl.col("project") == name), models, month)
            for name in sorted(there)
            if not projects or name in projects
        ]


def _project(
    name: str, frame: pl.DataFrame, accepted: Iterable[Accepted], month: Month
) -> ProjectRuns:
    rows = frame.filter(pl.col("month") == str(month)).to_dicts()
    own: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for run, cost in frame.select("run_id", "cost").iter_rows():
        own[run] += cost
    nobodys = [row for row in rows if row["run_id"] is None]
    return ProjectRuns(
        project=name,
        runs=tuple(sorted(_runs(rows), key=lambda line: (-line.cost, line.run))),
        states=tuple(_states(rows)),
        without=_line("", nobodys, 0),
        totals={each: sum((row[each] for row in rows), ZERO) for each in TRAINING},
        models=tuple(ModelLine(each, own[each.run]) for each in accepted if each.project == name),
        spent=sum((cost for run, cost in own.items() if run is not None), ZERO),
    )


def _runs(rows: Iterable[dict[str, Any]]) -> Iterator[RunLine]:
    by_run: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["run_id"] is not None:
            by_run[row["run_id"]].append(row)
    for run, mine in by_run.items():
        evidence = dict.fromkeys(word for row in mine for word in row["evidence"].split(", "))
        yield RunLine(
            run=run,
            names=mine[0]["names"] or "",
            state=mine[0]["outcome"],
            restarts=mine[0]["restarts"],
            hours=_sum(mine, "gpu_hours"),
            cost=_sum(mine, "cost"),
            lost=_sum([row for row in mine if row["state"] in LOST], "cost"),
            direct=_sum(mine, "direct"),
            evidence=", ".join(evidence),
            accepted=mine[0]["accepted"] or "",
        )


def _states(rows: Sequence[dict[str, Any]]) -> Iterator[StateLine]:
    for state in STATES:
        mine = [row for row in rows if row["state"] == state]
        if mine:
            yield _line(state, mine, len({row["run_id"] for row in mine}))


def _line(state: str, rows: Sequence[dict[str, Any]], runs: int) -> StateLine:
    return StateLine(state, runs, _sum(rows, "gpu_hours"), _sum(rows, "cost"))


def _sum(rows: Iterable[dict[str, Any]], name: str) -> Decimal:
    return sum((row[name] for row in rows), ZERO)
