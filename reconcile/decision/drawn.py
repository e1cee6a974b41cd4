"""Contingency of each project as a report shows it: approved draws, balance, and its burn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.money import ZERO
from models.period import Month
from reconcile.decision.drawdown import Drawdown, drawdown, share_done
from reconcile.decision.setting import Setting
from reconcile.figure import Figure
from reconcile.given import Planned
from reconcile.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawLine:
    """What was drawn in one month, and why; `balance` is at its end."""

    month: Month
    drawn: Figure
    balance: Figure
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencyLine:
    """Contingency of one project at the end of the month.

    Attributes:
        drawn: By approval, which an overrun is not.
        room: Budget and contingency less the estimate; + is what is left at completion.
        fast: Whether the contingency goes faster than the work.
        measured: Whether progress is of outputs; else it is actual by estimate.
    """

    project: str
    title: str
    opening: Figure
    drawn: Figure
    balance: Figure
    used: Figure
    progress: Figure
    burn: Figure
    room: Figure
    fast: bool
    measured: bool
    draws: tuple[DrawLine, ...]


def contingency_lines(setting: Setting) -> tuple[ContingencyLine, ...]:
    """Return a line for each project that has, or had, a contingency."""
    return tuple(_lines(setting))


def _lines(setting: Setting) -> Iterator[ContingencyLine]:
    for line in sorted(setting.lines, key=lambda each: each.key):
        plan = setting.plans.get(line.key)
        if plan is not None:
            found = _drawdown(setting, line, plan)
            if found.opening or found.steps:
                yield _line(setting, line, found)


def _drawdown(setting: Setting, line: Line, plan: Planned) -> Drawdown:
    draws = [
        (draw.month, setting.price(plan, draw.amount))
        for draw in setting.asked.draws.get(line.key, ())
    ]
    opening = setting.price(plan, plan.contingency) + sum((drawn for _, drawn in draws), ZERO)
    return drawdown(line.key, opening, draws, setting.month, _progress(setting, line))


def _progress(setting: Setting, line: Line) -> Fraction | None:
    """Return the share of the work that is done: of outputs, else actual by estimate."""
    if line.key in setting.progress:
        return setting.progress[line.key]
    return share_done(line.to_date.ac.value, line.tally.estimate)


def _line(setting: Setting, line: Line, found: Drawdown) -> ContingencyLine:
    def figure(measure: str, value: Decimal | None) -> Figure:
        return setting.figure([line.key], measure, value)

    beyond = line.outlook.beyond.value if line.outlook else None
    return ContingencyLine(
        project=line.key,
        title=line.title,
        opening=figure("opening", found.opening),
        drawn=figure("approved_draw", found.drawn),
        balance=figure("balance", found.balance),
        used=figure("used_pct", found.used_pct),
        progress=figure("progress_pct", found.progress_pct),
        burn=figure("burn_ratio", found.burn_ratio),
        room=figure("room", None if beyond is None else -beyond),
        fast=found.fast,
        measured=line.key in setting.progress,
        draws=tuple(_draws(setting, line.key, found)),
    )


def _draws(setting: Setting, project: str, found: Drawdown) -> Iterator[DrawLine]:
    for step in found.steps:
        mine = (draw for draw in setting.asked.draws.get(project, ()) if draw.month == step.month)
        where = [project, "draw", str(step.month)]
        yield DrawLine(
            month=step.month,
            drawn=setting.figure(where, "approved_draw", step.drawn),
            balance=setting.figure(where, "balance", step.balance),
            reasons=tuple(f"{draw.item}: {draw.reason} ({draw.by}, {draw.on})" for draw in mine),
        )
