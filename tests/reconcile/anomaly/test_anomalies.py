from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.decision.judgement import Judgement
from models.money import plain
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

    def told(rows: Rows, *, last: int = 20, usage: Rows | None = None, **given: Any) -> Rows:
        found = anomalies(
            Seen(
                spend=spend_of(rows),
                usage=pl.DataFrame(usage or [], schema=OWNED),
                rates=rates_of(),
                currency="USD",
                first=FIRST,
                last=FIRST + timedelta(last),
                **{"plans": (), **given},
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


NEW = {"service_name": "Bedrock", "gpu_type": None, "consumed_unit": None}
FEE = {"service_name": "Labels", "gpu_type": None, "consumed_unit": None}


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

    told = seen([*days, spent(4, "200.01")], plans=(plan,))

    assert told == [
        {
            "kind": "over_plan",
            "day": 4,
            "excess": Decimal("100.01"),
            "detail": "more than 2 times a day of the plan",
            "project": "p",
        }
    ]
    assert seen([*days, spent(4, "200")], plans=(plan,)) == []
    little = plan_of("p", {("training_compute", "2026-10"): Decimal(310)})
    cheap = [spent(day, "10") for day in range(4)]
    assert found(seen([*cheap, spent(4, "110")], plans=(little,))) == [("over_plan", 4, "100")]
    assert seen([*cheap, spent(4, "109.99")], plans=(little,)) == []


def test_what_a_project_never_bought_is_told_once(seen: Callable[..., Rows]) -> None:
    rows = [*usual(range(-20, 10)), spent(3, "60", **NEW), spent(4, "40", **NEW)]

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
    assert seen([*rows[:-1], spent(4, "39.99", **NEW)]) == []  # too little
    yearly = spent(-300, "60", **NEW)
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


def hours(quantity: str) -> dict[str, Decimal]:
    return {"consumed_quantity": Decimal(quantity)}


def found(each: Rows) -> list[tuple[str, int, str]]:
    """Return kind, day and excess of what is told."""
    return [(one["kind"], one["day"], plain(one["excess"])) for one in each]


def test_each_of_two_new_things_of_one_day_is_told(seen: Callable[..., Rows]) -> None:
    other = NEW | {"service_name": "Glue"}
    told = seen([*usual(range(-20, 10)), spent(3, "200", **NEW), spent(3, "300", **other)])

    assert [(each["detail"], each["excess"]) for each in told] == [
        ("Glue: not bought before 2026-10-04", Decimal(300)),
        ("Bedrock: not bought before 2026-10-04", Decimal(200)),
    ]


def test_what_a_new_thing_costs_is_told_once_and_hides_nothing_else(
    seen: Callable[..., Rows],
) -> None:
    rows = [*usual(range(-20, 5)), spent(5, "900"), *usual(range(6, 10))]
    new = [spent(day, "500", **NEW) for day in range(3, 10)]

    assert found(seen([*rows, *new])) == [("new_service", 3, "3500"), ("stands_out", 5, "800")]


def test_a_new_thing_is_judged_by_itself_from_its_sixth_day_on(seen: Callable[..., Rows]) -> None:
    rows = [*usual(range(-20, 10)), *(spent(day, "100", **NEW) for day in range(3, 9))]

    told = seen([*rows, spent(9, "900", **NEW)])

    assert found(told) == [("new_service", 3, "1500"), ("stands_out", 9, "800")]
    assert told[1]["detail"] == "Bedrock: 22.2 robust deviations above 6 active days"
    early = [row for row in rows if row["day"] < FIRST + timedelta(7)]
    assert found(seen([*early, spent(7, "900", **NEW)])) == [("new_service", 3, "1300")]


def test_after_28_days_a_new_thing_is_a_part_of_its_category(seen: Callable[..., Rows]) -> None:
    rows = [*usual(range(-20, 36)), *(spent(day, "100", **NEW) for day in range(36))]

    assert found(seen(rows, last=36)) == [("new_service", 0, "2800")]
    assert found(seen([*rows, spent(34, "1800")], last=36)) == [
        ("new_service", 0, "2800"),
        ("stands_out", 34, "1800"),
    ]


def test_a_dearer_hour_and_more_hours_are_told_apart(seen: Callable[..., Rows]) -> None:
    """By hand: 500 hours at 2.00 are usual; 1,000 at 4.00 are 2,000 dearer, and 1,000 more."""
    rows = [*usual(cost="1000"), spent(0, "4000", consumed_quantity=Decimal(1000))]

    assert found(seen(rows)) == [("price_change", 0, "2000"), ("stands_out", 0, "1000")]


def test_a_new_thing_that_becomes_dearer_is_told_as_new_alone(seen: Callable[..., Rows]) -> None:
    new = {"gpu_type": "H200"}
    dear = [spent(9, "1000", consumed_quantity=Decimal(400), **new)]  # at 2.50 after 2.00
    rows = [*usual(range(-20, 10)), *(spent(day, "1000", **new) for day in range(3, 9)), *dear]

    assert found(seen(rows)) == [("new_service", 3, "7000")]
    older = [spent(-40, "1000", **new)]
    assert ("price_change", 9, "200") in found(seen([*rows, *older]))


def test_a_dearer_hour_is_told_from_the_floor_on_and_by_the_name_of_its_price(
    seen: Callable[..., Rows],
) -> None:
    spot = {"pricing_category": "Dynamic"}
    rows = [spent(day, "200", **spot) for day in range(-20, 0)]  # 100 hours at 2.00

    found_at, below = (
        seen([*rows, spent(0, cost, consumed_quantity=Decimal(100), **spot)])
        for cost in ("300", "299.99")
    )

    assert [(each["kind"], plain(each["excess"])) for each in found_at] == [("price_change", "100")]
    assert found_at[0]["detail"] == ("Compute H100 spot by GPU-Hours: 3.0000 a unit, 2.0000 before")
    assert below == []


def test_hours_that_become_ever_dearer_are_told_once(seen: Callable[..., Rows]) -> None:
    """By hand: 100 dearer on each of six days, and 3,000 on the seventh, at 8.00 after 2.00."""
    rows = [*usual(cost="1000"), *(spent(day, "600", **hours("250")) for day in range(6))]

    assert found(seen([*rows, spent(6, "4000", **hours("500"))])) == [("price_change", 0, "3600")]


def test_dearer_hours_of_an_invoice_take_nothing_off_a_day(seen: Callable[..., Rows]) -> None:
    vendor = {"source": "vendor", "gpu_type": "B200"}
    rows = [*usual(), spent(-9, "1000", **vendor), spent(0, "2000", **vendor, **hours("500"))]

    told = seen([*rows, spent(0, "900")], invoiced=["vendor"])

    assert found(told) == [("price_change", 0, "1000"), ("stands_out", 0, "800")]


def test_days_without_cost_are_no_days_of_a_new_thing(seen: Callable[..., Rows]) -> None:
    costs = ["100", "0", "100", "100", "100", "900"]
    rows = [*usual(range(-20, 10)), *(spent(3 + n, each, **NEW) for n, each in enumerate(costs))]

    assert found(seen(rows)) == [("new_service", 3, "1300")]


@pytest.mark.parametrize(
    ("days", "more"),
    [
        ((-30, 0), {}),  # the first of September and of October
        ((-57, -28, 3), {}),  # one day each of three months
        ((-28, -20, 3, 9), {"source": "vendor"}),  # whatever its days, it is an invoice
        ((-57, -56, 3), {"lines": 0}),  # an accrual
        ((-57, -56, 3), {"adjusts": "2026-08"}),
    ],
)
def test_the_day_of_an_invoice_or_a_fee_tells_nothing(
    seen: Callable[..., Rows], plan_of: Any, days: tuple[int, ...], more: dict[str, Any]
) -> None:
    plan = plan_of("p", {("training_compute", "2026-10"): Decimal(6200)})
    fees = [spent(day, "3000", **FEE, **more) for day in days]
    rows = [spent(day, "100", gpu_type=None) for day in range(-60, 10)]

    assert seen([*rows, *fees], plans=(plan,), invoiced=["vendor"]) == []


@pytest.mark.parametrize(
    ("days", "more"),
    [
        ((-28, 3), {}),  # two months say nothing yet
        ((-57, -56, -28, 3), {}),
        ((-57, -28, 3), {"gpu_type": "H100"}),  # a run a month is no fee
        ((-57, -28, -20, 3), {"source": "cloud"}),
    ],
)
def test_what_is_used_now_and_then_stands_out(
    seen: Callable[..., Rows], days: tuple[int, ...], more: dict[str, Any]
) -> None:
    rows = [spent(day, "100", gpu_type=None) for day in range(-60, 10)]
    used = [spent(day, "3000", **(FEE | more)) for day in days]

    assert ("stands_out", 3, "3000") in found(seen([*rows, *used], invoiced=["vendor"]))


@pytest.mark.parametrize("more", [{"adjusts": "2026-08"}, {"lines": 0}])
def test_a_fee_stays_one_though_something_late_stands_on_another_day(
    seen: Callable[..., Rows], more: dict[str, Any]
) -> None:
    rows = [spent(day, "100", gpu_type=None) for day in range(-60, 10)]
    fees = [spent(day, "3000", **FEE) for day in (-57, -28, 3)]

    assert seen([*rows, *fees, spent(0, "5", **FEE, **more)]) == []


def test_the_first_invoice_of_a_vendor_is_new_and_takes_nothing_off_its_day(
    seen: Callable[..., Rows],
) -> None:
    rows = [*usual(), spent(0, "900"), spent(0, "500", **FEE, source="vendor")]

    assert found(seen(rows, invoiced=["vendor"])) == [
        ("stands_out", 0, "800"),
        ("new_service", 0, "500"),
    ]


def test_what_somebody_says_of_a_day_stands_with_it(spend_of: Any, rates_of: Any) -> None:
    said = {"category": "training_compute", "verdict": "planned", "by": "lead", "reason": "sweep"}
    mine, other = (
        Judgement.model_validate({**said, "project": project, "day": FIRST})
        for project in ("p", "q")
    )

    def told(*judgements: Judgement) -> Any:
        (one,) = anomalies(
            Seen(
                spend=spend_of([*usual(), spent(0, "900")]),
                usage=pl.DataFrame(schema=OWNED),
                plans=(),
                rates=rates_of(),
                currency="USD",
                first=FIRST,
                last=FIRST,
                judgements=judgements,
            )
        )
        return one.judgement

    assert told(other, mine) == mine
    assert told(other) is None
