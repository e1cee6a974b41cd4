"""Alerts as a report shows them: each with its amounts as figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from models.period import Month
from reconcile.alerts import (
    COST_WITHOUT_PLAN,
    DAILY_ANOMALY,
    SPEND_AFTER_END,
    UNALLOCATED_OVER,
)
from reconcile.figure import Figure, Figures, scope

_NOW: Final = {
    SPEND_AFTER_END: "told",
    UNALLOCATED_OVER: "over",
    DAILY_ANOMALY: "told_excess",
    COST_WITHOUT_PLAN: "told_unplanned",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One open alert; amounts in the reporting currency, + is over."""

    name: str
    rule: str
    severity: str
    project: str
    since: date
    state: str
    now: Decimal | None = None
    worst: Decimal | None = None
    owner: str = ""
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert with its amounts as figures."""

    row: AlertRow
    now: Figure
    worst: Figure


def alert_lines(rows: Iterable[AlertRow], figures: Figures, month: Month) -> tuple[AlertLine, ...]:
    """Return the alerts in their order, their amounts registered."""
    return tuple(_line(row, figures, month) for row in rows)


def _line(row: AlertRow, figures: Figures, month: Month) -> AlertLine:
    where = scope("alert", row.name)
    measure = _NOW.get(row.rule, "now")
    now = figures.add(where, str(month), measure, row.now)
    return AlertLine(row=row, now=now, worst=figures.add(where, str(month), "worst", row.worst))
