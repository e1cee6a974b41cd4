"""Data share and iterations of each project as a report shows them: information, no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.money import ZERO
from models.run.run import LOST
from reconcile.decision.drawdown import percent
from reconcile.decision.mix import Iterations, Mix, mix
from reconcile.decision.observed import counted, done, runs_of
from reconcile.decision.setting import Setting
from reconcile.figure import Figure
from reconcile.given import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class MixLine:
    """Share of data in the cost of one project to date, in percent.

    Attributes:
        planned: Of the plan's items.
        prepared: With the labor that prepares data, where any is named; else the same.
    """

    project: str
    share: Figure
    prepared: Figure
    planned: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationLine:
    """Training runs of one project to date."""

    project: str
    planned: Figure
    runs: Figure
    failed: Figure
    per_success: Figure


def mix_lines(setting: Setting) -> tuple[MixLine, ...]:
    """Return a line for each project with a plan and a cost."""
    return tuple(_mixes(setting))


def iteration_lines(setting: Setting) -> tuple[IterationLine, ...]:
    """Return a line for each project with runs."""
    found = ((line.key, _iterations(setting, line.key)) for line in setting.lines)
    return tuple(_iteration(setting, key, each) for key, each in sorted(found) if each.runs)


def _mixes(setting: Setting) -> Iterator[MixLine]:
    labor = {each.project: each.items for each in setting.asked.file.data_prep}
    for project, plan in sorted(setting.plans.items()):
        found = mix(setting.spending.items(project), labor.get(project, ()))
        if found.share is not None:
            yield MixLine(
                project=project,
                share=setting.figure([project], "data_pct", percent(found.share)),
                prepared=setting.figure([project], "data_prep_pct", percent(found.share_prepared)),
                planned=setting.figure([project], "data_plan_pct", percent(_planned(plan).share)),
            )


def _planned(plan: Planned) -> Mix:
    return mix({(item.category, item.id): item.amount for item in plan.items})


def _iterations(setting: Setting, project: str) -> Iterations:
    rows = counted(setting.asked.runs, project, str(setting.month))
    ends = rows.select("run_id", "outcome").unique()["outcome"].to_list()
    return Iterations(
        planned=_runs_planned(setting, project),
        runs=len(ends),
        failed=sum(end in LOST for end in ends),
        succeeded=ends.count("succeeded"),
        cost=sum(rows["cost"], ZERO),
    )


def _runs_planned(setting: Setting, project: str) -> Fraction | None:
    """Return the runs that the plan has up to the month; None where it counts none."""
    plan = setting.plans.get(project)
    found = [
        Fraction(item.quantity[name]) * done(plan, item, setting.spending)
        for item in (plan.items if plan else ())
        if plan and (name := runs_of(item))
    ]
    return sum(found, Fraction(0)) if found else None


def _iteration(setting: Setting, project: str, found: Iterations) -> IterationLine:
    def figure(measure: str, value: Decimal | Fraction | None) -> Figure:
        return setting.figure([project], measure, value)

    return IterationLine(
        project=project,
        planned=figure("runs_planned", found.planned),
        runs=figure("runs_to_date", Decimal(found.runs)),
        failed=figure("runs_failed_pct", percent(found.failed_share)),
        per_success=figure("runs_per_success", found.per_success),
    )
