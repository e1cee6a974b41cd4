"""Readings: the amounts of a report that people compare with those of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.money import ZERO
from reconcile.figure import COMPLETION
from reconcile.line import Line
from reconcile.portfolio import Portfolio

TO_DATE: Final = "to-date"


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """What is measured.

    Attributes:
        scope: Path of a project, of a category in it, of what has none, or of the portfolio.
        period: A month (`YYYY-MM`), `to-date` for the months up to the one that is reported,
            or `completion`.
        measure: `ac`, `eac` or `bac`; see `reconcile.figure.MEASURES`.
    """

    scope: str
    period: str
    measure: str


Readings = Mapping[Reading, Decimal]


def readings(p: Portfolio) -> dict[Reading, Decimal]:
    """Return the readings of a report, in its currency and exactly; what is absent is zero.

    Of each project, each of its categories, what has no project, and the sum of projects:
    actual of every month, actual to date, EAC and BAC.
    """
    lines = (p.total, *p.projects, p.unallocated)
    parts = (part for line in p.projects for part in line.categories)
    return {key: amount for line in (*lines, *parts) for key, amount in _of(line)}


def _of(line: Line) -> Iterator[tuple[Reading, Decimal]]:
    for month, amount in line.tally.actual.items():
        yield Reading(line.scope, str(month), "ac"), amount
    found = {
        (TO_DATE, "ac"): line.to_date.ac,
        (COMPLETION, "eac"): line.completion.eac,
        (COMPLETION, "bac"): line.completion.bac,
    }
    for (period, measure), figure in found.items():
        yield Reading(line.scope, period, measure), figure.value or ZERO
