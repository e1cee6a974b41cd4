"""Anomalies as a report shows them, and as an alert watches them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from models.money import ZERO
from reconcile.alerts import DAILY_ANOMALY
from reconcile.anomaly.rule import Anomaly
from reconcile.figure import Figure, Figures, scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyLine:
    """An anomaly with its amounts as figures."""

    anomaly: Anomaly
    cost: Figure
    expected: Figure
    excess: Figure


def anomaly_lines(found: Iterable[Anomaly], figures: Figures) -> tuple[AnomalyLine, ...]:
    """Return a line for each anomaly, in their order."""
    return tuple(_line(each, figures) for each in found)


def _line(each: Anomaly, figures: Figures) -> AnomalyLine:
    where = scope(*filter(None, (each.project, each.category, each.kind, each.thing)))

    def figure(measure: str, value: Decimal) -> Figure:
        return figures.add(where, str(each.day), measure, value)

    return AnomalyLine(
        anomaly=each,
        cost=figure("day_cost", each.cost),
        expected=figure("day_expected", each.expected),
        excess=figure("day_excess", each.excess),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """How far the worst of a project's last days stands out.

    A sum of days would grow by itself while a step lasts, and be told every night of it.

    Attributes:
        excess: Cost of that day beyond what was expected, reporting currency; zero for nothing.
    """

    rule: ClassVar[str] = DAILY_ANOMALY
    project: str
    excess: Decimal
    trusted: bool = True


def unusual(
    lines: Iterable[AnomalyLine], projects: Iterable[str], today: date, days: int
) -> Iterator[Unusual]:
    """Yield how each project stands: the worst of so many days before a day."""
    sums: defaultdict[str, dict[date, Decimal]] = defaultdict(dict)
    for line in recent(lines, today, days):
        mine = sums[line.anomaly.project]
        for day, excess in line.anomaly.days.items():
            if _is_recent(day, today, days):
                mine[day] = mine.get(day, ZERO) + excess
    for project in dict.fromkeys((*projects, *sums)):
        yield Unusual(project=project, excess=max(sums[project].values(), default=ZERO))


def recent(lines: Iterable[AnomalyLine], today: date, days: int) -> list[AnomalyLine]:
    """Return what stood out in so many days before a day, and nobody has judged."""
    return [
        line
        for line in lines
        if line.anomaly.judgement is None
        and any(_is_recent(day, today, days) for day in line.anomaly.days)
    ]


def _is_recent(day: date, today: date, days: int) -> bool:
    return today - timedelta(days) <= day < today
