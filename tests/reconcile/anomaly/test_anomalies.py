from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.usage import OWNED
from reconcile.anomaly.found import Seen, anomalies

FIRST = date(2026, 10, 1)
Rows = list[dict[str, Any]]


def spent(day: int, cost: str, **given: Any) -> dict[str, Any]:
    """Return a row of spend, so many days after the first judged one."""
    base = {
        "project": "p",
        "category": "training_compute",
        "gpu_type": "H100",
        "consumed_unit": "GPU-Hours",
        "consumed_quantity": Decimal(cost) / 2,
    }
    return {**base, "day": FIRST + timedelta(day), "cost": Decimal(cost), **given}


@pytest.fixture
def seen(spend_of: Any, rates_of: Any) -> Callable[..., Any]:
    """Return anomalies of rows, as `kind, project, day of the month, cost, expected, detail`."""

    def told(rows: Rows, *, last: int = 20, plans: Any = (), usage: Rows | None = None) -> Rows:
        found = anomalies(
            Seen(
                spend=spend_of(rows),
                usage=pl.DataFrame(usage or [], schema=OWNED),
                plans=plans,
                rates=rates_of(),
                currency="USD",
                first=FIRST,
                last=FIRST + timedelta(last),
            )
        )
        return [
            {
                "kind": each.kind,
                "day": (each.day - FIRST).days,
                "excess": each.excess,
                "detail": each.detail,
                "project": each.project,
            }
            for each in found
        ]

    return told


def usual(days: range = range(-20, 0), cost: str = "100") -> Rows:
    return [spent(day, cost) for day in days]


def test_a_quiet_month_has_none(seen: Callable[..., Rows]) -> None:
    assert seen(usual(range(-20, 10))) == []
    assert seen([]) == []
    assert seen([*usual(), spent(0, "900")], last=-1) == []


def test_a_day_that_stands_out_says_how(seen: Callable[..., Rows]) -> None:
    assert seen([*usual(), spent(0, "900")]) == [
        {
            "kind": "stands_out",
            "day": 0,
            "excess": Decimal(800),
            "detail": "22.2 robust deviations above 20 active days",
            "project": "p",
        }
    ]


def test_runs_that_are_known_explain_a_day(
    seen: Callable[..., Rows], plan_of: Any, item_of: Callable[..., Any]
) -> None:
    rows = [*usual(), spent(0, "900")]
    item = item_of("train", "training_compute", (), unit="gpu-hour", unit_price=Decimal(2))
    plan = plan_of("p", {}, items=(item,))
    run = {
        **dict.fromkeys(OWNED),
        "driver": "gpu_hours",
        "run_id": "r",
        "project": "p",
        "day": FIRST,
        "quantity": Decimal(400),
    }

    assert seen(rows, plans=(plan,), usage=[run]) == []
    for other in ({"detail": "idle"}, {"run_id": None}, {"project": "q"}, {"driver": "tokens"}):
        found = seen(rows, plans=(plan,), usage=[run | other])
        assert [each["kind"] for each in found] == ["stands_out"]
    some = seen(rows, plans=(plan,), usage=[run | {"quantity": Decimal(100)}])
    assert some[0]["excess"] == Decimal(600)
    assert some[0]["detail"].endswith("active days, known runs taken off")


def test_a_day_of_more_than_twice_its_plan_is_told_without_statistics(
    seen: Callable[..., Rows], plan_of: Any
) -> None:
    plan = plan_of("p", {("training_compute", "2026-10"): Decimal(3100)})
    days = [spent(day, "100") for day in range(4)]

    found = seen([*days, spent(4, "200.01")], plans=(plan,))

    assert found == [
        {
            "kind": "over_plan",
            "day": 4,
            "excess": Decimal("100.01"),
            "detail": "more than 2 times a day of the plan",
            "project": "p",
        }
    ]
    assert seen([*days, spent(4, "200")], plans=(plan,)) == []


def test_what_a_project_never_bought_is_told_once(seen: Callable[..., Rows]) -> None:
    new = {"service_name": "Bedrock", "gpu_type": None, "consumed_unit": None}
    rows = [*usual(range(-20, 10)), spent(3, "60", **new), spent(4, "40", **new)]

    found = seen(rows)

    assert found == [
        {
            "kind": "new_service",
            "day": 3,
            "excess": Decimal(100),
            "detail": "Bedrock: not bought before 2026-10-04",
            "project": "p",
        }
    ]
    assert seen([*rows[:-1], spent(4, "39.99", **new)]) == []  # too little
    yearly = spent(-300, "60", **new)
    assert seen([yearly, *rows]) == []
    first = [spent(3, "5000", project="q")]  # a project that is new itself
    assert seen([*usual(range(-20, 10)), *first]) == []


def test_an_accelerator_that_became_dearer_is_told_with_both_prices(
    seen: Callable[..., Rows],
) -> None:
    def priced(price: str) -> Rows:
        hours = Decimal(100) / Decimal(price) * 10
        return [spent(day, "1000", consumed_quantity=hours) for day in range(3)]

    before = [spent(day, "1000") for day in range(-20, 0)]  # at 2.00 an hour

    found = seen([*before, *priced("2.5")])

    assert found == [
        {
            "kind": "price_change",
            "day": 0,
            "excess": Decimal("600.00"),
            "detail": "Compute H100 by GPU-Hours: 2.5000 a unit, 2.0000 before",
            "project": "p",
        }
    ]
    assert seen([*before, *priced("2.2")]) == []
    storage = [{**row, "gpu_type": None} for row in [*before, *priced("2.5")]]
    assert seen(storage) == []
