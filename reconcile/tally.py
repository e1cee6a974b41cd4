"""Tallies: plan, actual and forecast by month of one scope, which add up to those above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from models.money import ZERO
from models.period import Month
from reconcile.actuals import Cells
from reconcile.forecasting.spreading import added, total

ByMonth = Mapping[Month, Decimal]


@dataclass(frozen=True, slots=True)
class Tally:
    """Amounts by month; a month that is absent has no line, which is not zero."""

    actual: ByMonth = field(default_factory=dict)
    plan: ByMonth = field(default_factory=dict)
    forecast: ByMonth = field(default_factory=dict)

    @property
    def months(self) -> list[Month]:
        """Every month with a plan, an actual or something to come, in order."""
        return sorted({*self.actual, *self.plan, *self.forecast})

    @property
    def budget(self) -> Decimal | None:
        """Plan of all months; None when nothing was planned."""
        return total(self.plan) if self.plan else None

    @property
    def estimate(self) -> Decimal:
        """Forecast of all months."""
        return total(self.forecast)

    def deviation(self, reported: Collection[Month]) -> dict[Month, Decimal]:
        """Return actual (reported months) or forecast (others) minus plan; + is over plan."""
        shown = {m: (self.actual if m in reported else self.forecast) for m in self.months}
        return {m: shown[m].get(m, ZERO) - self.plan.get(m, ZERO) for m in self.months}


def upto(amounts: ByMonth, last: Month) -> Decimal | None:
    """Return the sum to the end of a month; None when there is nothing to sum."""
    parts = [amount for month, amount in amounts.items() if month <= last]
    return sum(parts, ZERO) if parts else None


def tallies(
    actual: Cells, plan: Cells, forecasts: Mapping[tuple[str, str], ByMonth]
) -> dict[tuple[str, str], Tally]:
    """Return one tally per (project, category) that has a plan, an actual or a forecast.

    Args:
        actual: Cost by (project, category, month).
        plan: Planned cost by the same.
        forecasts: What each month adds to the estimate at completion, by project and category.
    """
    spent, planned = _nested(actual), _nested(plan)
    return {
        key: Tally(spent.get(key, {}), planned.get(key, {}), forecasts.get(key, {}))
        for key in sorted({*spent, *planned, *forecasts})
    }


def combined(parts: Iterable[Tally]) -> Tally:
    """Return the sum of tallies, month by month."""
    listed = list(parts)
    return Tally(
        added(part.actual for part in listed),
        added(part.plan for part in listed),
        added(part.forecast for part in listed),
    )


def _nested(cells: Cells) -> dict[tuple[str, str], dict[Month, Decimal]]:
    result: dict[tuple[str, str], dict[Month, Decimal]] = defaultdict(dict)
    for (project, category, month), amount in cells.items():
        result[project, category][month] = amount
    return dict(result)
