"""Bullets: actual, forecast, budget and limit of each project as bars on one common scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.money import ZERO, rounded
from reconcile.line import Line
from reconcile.report.number import Unit

WIDTH: Final = 150
HEIGHT: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """Places of the marks of one bullet, in pixels as text; `spoken` says it in words."""

    spent: str
    estimate: str
    budget: str
    limit: str
    planned: str
    spoken: str


def longest(lines: Iterable[Line]) -> Decimal:
    """Return the largest amount that any bullet has to show."""
    ends = [
        value
        for line in lines
        for value in (line.completion.eac.value, line.outlook and line.outlook.limit.value)
        if value
    ]
    return max(ends, default=Decimal(1))


def bullet(line: Line, top: Decimal, money: Unit) -> Bullet:
    """Return the bullet of a project on a scale that ends at `top`."""
    end, budget = line.completion, line.completion.bac.value or ZERO
    limit = (line.outlook.limit.value if line.outlook else None) or budget
    spent = line.to_date.ac.value or ZERO
    return Bullet(
        spent=_at(spent, top),
        estimate=_at(end.eac.value or ZERO, top),
        budget=_at(budget, top),
        limit=_at(limit, top),
        planned=_at(line.to_date.pl.value or ZERO, top),
        spoken=(
            f"actual {money.amount(line.to_date.ac)} of estimate {money.amount(end.eac)}, "
            f"budget {money.plan(end.bac)}"
        ),
    )


def _at(value: Decimal, top: Decimal) -> str:
    return str(rounded(max(ZERO, value) / top * WIDTH, 1))
