"""Every line of a plan is explained by month and item, and its parts sum to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.money import ZERO
from models.period import Month
from reconcile.driver.activity import Activity, Loss
from reconcile.driver.drivers import Drivers
from reconcile.driver.line import DriverLine

OCTOBER = Month(2026, 10)
RUNS = {"runs": "4", "gpu_hours_per_run": "200"}
Driven = Callable[..., Drivers]
Explained = Callable[[DriverLine], dict[str, Decimal]]
Made = Callable[..., Any]
Charge = Callable[..., dict[str, Any]]
Oracle = Callable[[str], Any]


def counted(runs: str | None = None, **losses: Any) -> Activity:
    counts = {} if runs is None else {("legal", OCTOBER, "runs"): Fraction(runs)}
    lost = {("legal", OCTOBER, "training_compute"): Loss(**losses)} if losses else {}
    return Activity(counts, lost)


def test_one_more_run_is_told_apart_from_shorter_runs_and_a_dearer_hour(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, explained: Explained
) -> None:
    stated = oracle("variance")["iterations"]
    found = driven(
        [plan_for(("train", RUNS, "gpu-hour", "2.50"))],
        [charge("2520.00", "900")],
        activity=counted("5"),
    )

    (line,) = found.months
    expected = {name: Decimal(stated[name]) for name in ("runs", "hours_per_run")}
    assert dict(zip(expected, line.split.factors.values(), strict=True)) == expected
    assert [*line.split.factors] == ["runs", "gpu_hours_per_run"]
    assert explained(line) == {"volume": 250, "price": Decimal(stated["price"])}
    assert (line.planned, line.used, line.kept) == (800, 900, 900)
    assert (line.planned_price, line.price) == (Fraction(5, 2), Fraction(14, 5))
    assert (line.unit, line.why, line.is_planned) == ("gpu-hour", "", True)
    assert line.split.total == Decimal(stated["total"])


def test_without_counted_runs_the_volume_is_not_divided(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    plans = [plan_for(("train", RUNS, "gpu-hour", "2.50"))]

    (line,) = driven(plans, [charge("2520.00", "900")]).months

    assert (line.split.volume, line.split.factors) == (250, {})


def test_factors_from_the_first_unknown_one_on_are_one(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    factors = {"runs": "4", "nodes": "5", "gpu_hours_per_node": "40"}
    plans = [plan_for(("train", factors, "gpu-hour", "2.50"))]

    (line,) = driven(plans, [charge("2520.00", "900")], activity=counted("5")).months

    assert line.split.factors == {"runs": 500, "nodes x gpu_hours_per_node": -250}


def test_items_on_spot_and_on_demand_are_a_mix(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, summed: Made
) -> None:
    stated = oracle("variance")["spot_vs_ondemand"]
    items = [(r["k"], {"h": r["pq"]}, "gpu-hour", r["pp"]) for r in stated["rows"]]
    rows = [charge(r["actual"], r["aq"], item=r["k"]) for r in stated["rows"]]

    found = driven([plan_for(*items)], rows).months

    assert summed(found) == {name: Decimal(stated[name]) for name in ("volume", "mix", "price")}
    assert sum(line.split.plan for line in found) == Decimal(stated["plan"])
    mix = found[-1]
    assert (mix.kind, mix.item, mix.split.total) == ("mix", "gpu-hour", 0)
    assert mix.split.mix == Decimal(stated["mix"]) == -mix.split.volume
    assert (mix.unit, mix.is_planned, mix.month) == (None, False, OCTOBER)


def test_the_mix_of_items_is_rounded_once(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, summed: Made
) -> None:
    stated = oracle("variance")["rounding_stress"]
    items = [("a", {"h": "100"}, "h", "0.333"), ("b", {"h": "50"}, "Hours", "1.005")]
    rows = [
        charge("35.71", "97.777", item="a", consumed_unit="Hours"),
        charge("58.02", "61.1", item="b", consumed_unit="Hrs"),
    ]

    found = driven([plan_for(*items)], rows).months

    assert summed(found) == {name: Decimal(stated[name]) for name in ("volume", "mix", "price")}


def test_items_that_count_different_things_are_no_mix(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    items = [("a", {"h": "10"}, "gpu-hour", "2"), ("b", {"h": "10"}, "hour", "4")]
    rows = [charge("40", "20", item="a"), charge("4", "1", item="b", consumed_unit="Hours")]

    assert [line.kind for line in driven([plan_for(*items)], rows).months] == ["item", "item"]


def test_months_are_split_and_then_summed(
    driven: Driven, plan_for: Made, item_of: Made, plan_of: Made, charge: Charge, oracle: Oracle
) -> None:
    stated = oracle("variance")["granularity"]["monthly_sum"]
    amounts = {Month(2026, 9): ("200", "50", "100"), OCTOBER: ("300", "150", "450")}
    plans, rows = [], []
    for month, (plan, used, cost) in amounts.items():
        quantity = {"h": Decimal(100)}
        item = item_of(
            f"train-{month}",
            "training_compute",
            [Decimal(plan) if month == each else ZERO for each in amounts],
            quantity=quantity,
            unit="gpu-hour",
            unit_price=Decimal(plan) / 100,
        )
        plans.append(item)
        rows.append(charge(cost, used, item=item.id, day=month.first))
    found = driven([plan_of("legal", start=Month(2026, 9), items=plans)], rows).to_date

    sums = {name: sum(line.split.parts[name] for line in found) for name in stated}
    assert sums == {name: Decimal(value) for name, value in stated.items()}


def test_what_nobody_planned_and_what_was_not_incurred(
    driven: Driven, plan_for: Made, charge: Charge, oracle: Oracle, explained: Explained
) -> None:
    stated = oracle("variance")
    plans = [plan_for(("train", {"h": "60"}, "gpu-hour", "2.50"))]

    new, dropped = driven(plans, [charge("300", "3", item="new")]).months

    assert explained(new) == {"unplanned": Decimal(stated["unplanned_item"]["amount"])}
    assert (new.is_planned, new.why, new.unit) == (False, "nothing planned", None)
    assert explained(dropped) == {"volume": Decimal(stated["not_incurred"]["amount"])}
    assert (dropped.used, dropped.price, dropped.why) == (0, None, "")


@pytest.mark.failure("F08")
def test_a_rate_of_exchange_is_a_part_of_its_own(
    driven: Driven,
    plan_for: Made,
    charge: Charge,
    rates_of: Made,
    oracle: Oracle,
    explained: Explained,
) -> None:
    stated = oracle("fx_variance")
    plan, actual = stated["plan"], stated["actual"]
    start = Month(2026, 9)
    rates = rates_of(
        {("EUR", "2026-09"): Decimal(plan["fx"]), ("EUR", "2026-10"): Decimal(actual["fx"])}
    )
    label = ("label", {"hours": str(2 * int(plan["q"]))}, "hour", plan["price_eur"])
    cost = str(Decimal(actual["q"]) * Decimal(actual["price_eur"]))
    said = {"item": "label", "category": "data", "consumed_unit": "Hours", "currency": "EUR"}

    found = driven(
        [plan_for(label, category="data", start=start, months=2, currency="EUR")],
        [charge(cost, actual["q"], **said)],
        rates=rates,
    )

    (line,) = found.of(OCTOBER)
    assert explained(line) == {n: Decimal(stated[n]) for n in ("volume", "price", "fx")}
    assert (line.split.plan, line.split.actual) == (Decimal(plan["usd"]), Decimal(actual["usd"]))
    assert line.split.total == Decimal(stated["total"])
    assert line.planned_price == Fraction("30.80")
