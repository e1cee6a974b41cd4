"""Runs as a report shows them: a line of figures for each project that has any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.money import ZERO
from models.period import Month
from models.run.run import LOST
from reconcile.figure import Figure, Figures, scope
from reconcile.run.line import ProjectRuns

STATES: Final = ("succeeded", *LOST, "other")  # other: running, or nobody says


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsLine:
    """Training runs of a project in the month of a report.

    Attributes:
        count: How many runs there were.
        costs: Cost by state of their attempts, in the order of STATES.
        without: What belongs to no run.
        total: Training cost of the project: all of these.
        lost: Percent of it that failed, was preempted or cancelled.
        accepted: Models accepted so far.
        per_model: Cost of all runs so far for each of them.
    """

    project: str
    count: Figure
    costs: Mapping[str, Figure]
    without: Figure
    total: Figure
    lost: Figure
    accepted: Figure
    per_model: Figure


def runs_lines(
    found: Iterable[ProjectRuns], figures: Figures, month: Month
) -> tuple[RunsLine, ...]:
    """Return a line for each project with runs or accepted models, by its id."""
    return tuple(_line(each, figures, month) for each in found if each.runs or each.models)


def _line(project: ProjectRuns, figures: Figures, month: Month) -> RunsLine:
    def figure(measure: str, value: Decimal | None) -> Figure:
        return figures.add(scope(project.project), str(month), measure, value)

    costs = dict.fromkeys(STATES, ZERO)
    for line in project.states:
        costs[line.state if line.state in costs else "other"] += line.cost
    return RunsLine(
        project=project.project,
        count=figure("runs", Decimal(len(project.runs))),
        costs={state: figure(f"runs_{state}", cost) for state, cost in costs.items()},
        without=figure("runs_without", project.without.cost),
        total=figure("runs_total", project.total),
        lost=figure("runs_lost_pct", project.share(project.lost)),
        accepted=figure("models_accepted", Decimal(len(project.models))),
        per_model=figure("runs_per_model", project.per_model),
    )
