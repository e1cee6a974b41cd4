"""Decisions: everything about them that a report shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Protocol

import polars as pl

from models.period import Month
from reconcile.actuals import Converter
from reconcile.decision.asked import Asked
from reconcile.decision.drawn import ContingencyLine, contingency_lines
from reconcile.decision.endpoint import Endpoint
from reconcile.decision.hosted import HostingLine, hosting_lines
from reconcile.decision.idling import (
    MachineLine,
    ZombieLine,
    machine_lines,
    unmeasured,
    zombie_lines,
)
from reconcile.decision.levered import LeverLine, SpotLine, lever_lines, spot_lines
from reconcile.decision.mixed import IterationLine, MixLine, iteration_lines, mix_lines
from reconcile.decision.setting import Setting
from reconcile.decision.spending import Spending
from reconcile.figure import Figures
from reconcile.forecasting.estimate import Outlook
from reconcile.given import Planned
from reconcile.line import Line


class Given(Protocol):
    """What is needed of `reconcile.inputs.Inputs`."""

    @property
    def month(self) -> Month: ...  # noqa: D102 - the class says it
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def rates(self) -> Converter: ...  # noqa: D102
    @property
    def plans(self) -> Sequence[Planned]: ...  # noqa: D102
    @property
    def asked(self) -> Asked: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Lines of every part, each sorted.

    Attributes:
        unmeasured: Endpoints that cost, and of which nobody counts the calls: unknown, not idle.
    """

    contingencies: tuple[ContingencyLine, ...]
    levers: tuple[LeverLine, ...]
    spots: tuple[SpotLine, ...]
    hostings: tuple[HostingLine, ...]
    zombies: tuple[ZombieLine, ...]
    unmeasured: tuple[Endpoint, ...]
    machines: tuple[MachineLine, ...]
    mixes: tuple[MixLine, ...]
    iterations: tuple[IterationLine, ...]

    def of(self, projects: Collection[str]) -> Decisions:
        """Return the lines of some projects; machines, which are nobody's, are left out."""
        mine = {
            each.name: tuple(line for line in getattr(self, each.name) if _is_of(line, projects))
            for each in fields(self)
        }
        return replace(self, **mine)


def _is_of(line: object, projects: Collection[str]) -> bool:
    return getattr(line, "project", None) in projects


def decisions(setting: Setting) -> Decisions:
    """Return everything there is to say."""
    return Decisions(
        contingencies=contingency_lines(setting),
        levers=lever_lines(setting),
        spots=spot_lines(setting),
        hostings=hosting_lines(setting),
        zombies=zombie_lines(setting),
        unmeasured=unmeasured(setting),
        machines=machine_lines(setting),
        mixes=mix_lines(setting),
        iterations=iteration_lines(setting),
    )


def decided(
    given: Given,
    figures: Figures,
    spend: pl.DataFrame,
    lines: Sequence[Line],
    outlooks: Mapping[str, Outlook],
) -> Decisions:
    """Return everything there is to say about the month of a report.

    Args:
        given: What the report is made of.
        figures: Where its numbers are registered.
        spend: The spend of all months.
        lines: Its projects.
        outlooks: The forecast of each project; where outputs are counted they say its progress.
    """
    spending = Spending(spend, given.rates, given.currency, given.month)
    return decisions(
        Setting(
            figures=figures,
            month=given.month,
            asked=given.asked,
            spending=spending,
            plans={plan.project: plan for plan in given.plans},
            lines=lines,
            progress=_progress(outlooks),
        )
    )


def _progress(outlooks: Mapping[str, Outlook]) -> dict[str, Fraction]:
    """Return earned value by budget of projects whose outputs are counted."""
    earned = {
        project: [each.earned for each in outlook.estimates]
        for project, outlook in outlooks.items()
        if outlook.has_output
    }
    sums = {
        project: (sum(each.ev for each in mine), sum(each.bac for each in mine))
        for project, mine in earned.items()
    }
    return {project: Fraction(ev, bac) for project, (ev, bac) in sums.items() if bac > 0}
