"""What somebody should look at, and the rule that needs a plan alone: twice a day of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from models.decision.judgement import Judgement
from models.money import rounded
from models.period import Month
from reconcile.anomaly.detector import Amounts
from reconcile.anomaly.series import Scope

Kind = Literal["stands_out", "over_plan", "new_service", "price_change"]

TIMES: Final = 2  # planned daily cost, beyond which a day is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """What somebody should look at in the cost of a project; amounts in the reporting currency.

    Attributes:
        kind: Which rule found it.
        day: The day, or the first of several.
        cost: What it cost.
        expected: What was to be expected.
        detail: What it is about, and how it was found.
        thing: What was bought, as people call it; empty for all of the category.
        by_day: Excess of each of several days, as an alert counts it.
        apart: Cost by day that stands here, so that the day of the category is judged without.
        judgement: What somebody says of it.
    """

    kind: Kind
    project: str
    category: str
    day: date
    cost: Decimal
    expected: Decimal
    detail: str
    thing: str = ""
    by_day: Amounts = field(default_factory=dict)
    apart: Amounts = field(default_factory=dict)
    judgement: Judgement | None = None

    @property
    def scope(self) -> Scope:
        """Project and category."""
        return self.project, self.category

    @property
    def excess(self) -> Decimal:
        """Cost beyond what was expected."""
        return self.cost - self.expected

    @property
    def days(self) -> Mapping[date, Decimal]:
        """Excess by day; of one day all of it."""
        return self.by_day or {self.day: self.excess}


def over_plan(
    scope: Scope, day: date, cost: Decimal, planned: Decimal | None, floor: Decimal
) -> Anomaly | None:
    """Return a day that cost more than twice a day of its month's plan, or None.

    Args:
        scope: Project and category.
        day: The day.
        cost: What it cost.
        planned: Plan of its month; None where nothing was planned, which is told elsewhere.
        floor: Least excess that is told.
    """
    if not planned:
        return None
    usual = rounded(Fraction(planned) / Month.of(day).days, 2)
    if cost <= TIMES * usual or cost - usual < floor:
        return None
    return Anomaly(
        kind="over_plan",
        project=scope[0],
        category=scope[1],
        day=day,
        cost=cost,
        expected=usual,
        detail=f"more than {TIMES} times a day of the plan",
    )
