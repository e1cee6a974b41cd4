from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.explain.ground import Ground
from reconcile.tie_out import SourceState

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


@pytest.fixture(scope="session")
def october(portfolio_of: Callable[..., Any], plan_of: Any, item_of: Any, rates_of: Any) -> Ground:
    """Two projects in October, one planned in euros; one source that ties out."""
    rates = rates_of({("EUR", m): Decimal("1.25") for m in ("2026-09", "2026-10")})
    people = item_of("people", "labor", [Decimal(1000), Decimal(1000)])
    machines = item_of("machines", "training_compute", [Decimal(400), Decimal("600.50")])
    plan = plan_of(
        "bot", currency="EUR", version=2, start=Month(2026, 9), items=(people, machines),
        contingency=Decimal(100),
    )  # fmt: skip
    spent = (
        ("bot", "training_compute", SEPTEMBER, "500.10"),
        ("bot", "training_compute", OCTOBER, "700.20"),
        ("bot", "labor", OCTOBER, "1300"),
        ("chat", "inference", OCTOBER, "33.333333333333333333"),
        ("unallocated", "unallocated", OCTOBER, "7"),
    )
    names = ("project", "category", "day", "cost")
    rows = [
        {**dict(zip(names, row, strict=True)), "cost": Decimal(row[3]), "source": "aws"}
        for row in spent
    ]
    euro = {**rows[2], "cost": Decimal("10.01"), "currency": "EUR"}
    state = SourceState(
        source="aws", state="final", rows=6,
        controls={"USD": Decimal("2040.533333333333333333"), "EUR": Decimal("10.01")},
    )  # fmt: skip
    report = portfolio_of([*rows, euro], plans=[plan], sources=[state], rates=rates)
    return Ground(report, [plan], rates, {("bot", "people"): "plans/bot.yaml:7"})
