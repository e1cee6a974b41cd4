"""Tax, support and marketplace lines count as usage does, wherever cost is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.tie_out import SourceState

OCTOBER = Month(2026, 10)
LINES = {
    ("Usage", "Compute"): "100.00",
    ("Usage", "Support"): "10.00",
    ("Purchase", "Marketplace"): "7.00",
    ("Tax", "Compute"): "19.00",
    ("Credit", "Compute"): "-5.00",
    ("Adjustment", "Compute"): "0.50",
}


@pytest.mark.failure("C11")
def test_every_charge_category_counts_in_actuals_and_in_the_tie_out(
    portfolio_of: Callable[..., Portfolio],
) -> None:
    """131.50 of the project, and 131.50 against the control total of the bill."""
    rows: list[dict[str, Any]] = [
        {
            "project": "p",
            "category": "training_compute",
            "day": date(2026, 10, 5),
            "charge_category": category,
            "service_name": service,
            "cost": Decimal(cost),
        }
        for (category, service), cost in LINES.items()
    ]
    said = SourceState(source="cloud", state="final", controls={"USD": Decimal("131.50")})

    found = portfolio_of(rows, sources=[said])

    assert found.projects[0].tally.actual[OCTOBER] == Decimal("131.50")
    (source,) = found.sources
    assert (source.amount.value, source.difference.value) == (Decimal("131.50"), Decimal(0))
