"""What every line about decisions shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.money import SCALE, rounded
from models.period import Month
from reconcile.decision.asked import Asked
from reconcile.decision.spending import Spending
from reconcile.figure import Figure, Figures, scope
from reconcile.given import Planned
from reconcile.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every line shares.

    Attributes:
        asked: What is known and what is asked.
        spending: The spend, as decisions ask for it.
        plans: The plan of each project that has one, draws in it.
        lines: The line of each project in the report.
        progress: Share of the work that is done by project, where an output says it.
    """

    figures: Figures
    month: Month
    asked: Asked
    spending: Spending
    plans: Mapping[str, Planned]
    lines: Sequence[Line]
    progress: Mapping[str, Fraction]

    def figure(
        self, names: Sequence[str], measure: str, value: Decimal | Fraction | None
    ) -> Figure:
        """Register a figure of the month under the path of some names."""
        exact = rounded(value, SCALE) if isinstance(value, Fraction) else value
        return self.figures.add(scope(*names), str(self.month), measure, exact)

    def price(self, plan: Planned, amount: Decimal) -> Decimal:
        """Return an amount of a plan in the reporting currency, converted as the plan is."""
        return self.spending.convert(amount, plan.currency, plan.start)
