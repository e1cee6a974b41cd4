"""What the alert about cost that no plan covers watches, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final

from models.money import ZERO
from reconcile.alerts import COST_WITHOUT_PLAN, Act, Alert
from reconcile.line import Line
from reconcile.message import Message, amount_text, envelope, fitting, said, who
from reconcile.portfolio import Portfolio
from reconcile.report.number import plain

_WAY_OUT: Final = (
    "plan the month in plans/, `trueup plan import` reads a workbook; where the cost is another "
    "project's, `trueup explain {figure}` says by which rule it came."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """What one project cost in the reported month, of which no plan says anything.

    Attributes:
        project: Project id.
        excess: The cost, reporting currency; zero where there is a plan, and for refunds.
    """

    rule: ClassVar[str] = COST_WITHOUT_PLAN
    project: str
    excess: Decimal
    trusted: bool = True


def unplanned(report: Portfolio, told: Iterable[str]) -> Iterator[Unplanned]:
    """Yield how each project stands; where nobody plans at all, none is in breach.

    Args:
        report: The report of the month.
        told: Projects of which was told before, listed or not.
    """
    lines = {line.key: line for line in report.projects}
    for project in dict.fromkeys((*lines, *told)):
        line = lines.get(project)
        covered = line is None or not report.plans or line.month.pl.value is not None
        cost = ZERO if covered or line is None else line.month.ac.value or ZERO
        yield Unplanned(project=project, excess=max(cost, ZERO))


def message(act: Act, alert: Alert, line: Line | None, report: Portfolio) -> Message:
    """Return what to tell about one change of the alert.

    Args:
        act: What happened to the alert.
        alert: The alert after it.
        line: The project's line in the report; None when it is there no longer.
        report: The report whose figures are quoted.
    """
    if act == "resolved" or line is None:
        subject, what, way_out = f": {report.month} has a plan, or no cost", "", ""
    else:
        cost = f"{plain(line.month.ac)} {report.currency}"
        subject = f": {cost} in {report.month} without a plan"
        what = f"{cost} in {report.month}, of which no plan has anything: all of it is over plan."
        way_out = _WAY_OUT.format(figure=line.month.ac.id)
    parts = [
        ("What", what),
        ("Since", f"told since {alert.since}."),
        ("Who", who(line.owner, line.cost_center) if line else ""),
        ("Do", way_out),
    ]
    return said(alert, fitting(alert.project, subject), parts)


def event(
    act: Act,
    alert: Alert,
    line: Line | None,
    report: Portfolio,
    told: Message,
    *,
    run: str,
    at: str,
) -> dict[str, Any]:
    """Return the change as a CloudEvent 1.0 in structured JSON; amounts are text."""
    facts = {
        "figure_ids": [line.month.ac.id] if line else [],
        "ac": amount_text(line.month.ac.value if line else ZERO),
        "owner": line.owner if line else "",
    }
    return envelope(act, alert, report, told, facts, run=run, at=at)
