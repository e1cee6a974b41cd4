"""What hinders no explanation: counts of several items, refunds, rounding, rebaselines."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.period import Month
from reconcile.driver.activity import Activity
from reconcile.driver.line import DriverLine

OCTOBER = Month(2026, 10)
RUNS = {"runs": "4", "gpu_hours_per_run": "200"}
COUNTED = Activity({("legal", OCTOBER, "runs training_compute"): Fraction(5)})
Driven = Callable[..., Any]
Explained = Callable[[DriverLine], Any]
Made = Callable[..., Any]
Charge = Callable[..., dict[str, Any]]


def test_a_count_that_is_of_several_items_divides_none_of_them(
    driven: Driven, plan_for: Made, charge: Charge
) -> None:
    plans = [plan_for(("train", RUNS, "gpu-hour", "2.50"), ("tune", RUNS, "gpu-hour", "1"))]
    rows = [charge("2520.00", "900"), charge("900", "900", item="tune")]

    train, tune = driven(plans, rows, activity=COUNTED).months[:2]
    alone, unused = driven(plans, rows[:1], activity=COUNTED).months[:2]

    assert (train.split.volume, train.split.factors) == (250, {})
    assert (tune.split.volume, tune.split.factors) == (100, {})
    assert (alone.split.factors, unused.split.factors) == (
        {},
        {"runs": -800, "gpu_hours_per_run": 0},
    )


@pytest.mark.parametrize(
    ("row", "parts", "why"),
    [
        ({}, {"volume": 20, "credits": -30}, ""),
        ({"charge_category": "Purchase"}, {"volume": 20, "credits": -30}, ""),
        ({"consumed_quantity": Decimal(-15), "consumed_unit": "GPU-Hours"}, {"volume": -10}, ""),
        ({"charge_category": "Tax"}, {"volume": 20, "spend": -30}, ""),
        ({"adjusts": "2026-08"}, {"volume": 20, "prior_period": -30}, ""),
        ({"lines": 0}, {"spend": -10}, "charged without a quantity"),
    ],
)
def test_what_is_given_back_without_a_quantity_hinders_nothing(
    driven: Driven,
    plan_for: Made,
    charge: Charge,
    explained: Explained,
    row: dict[str, Any],
    parts: dict[str, int],
    why: str,
) -> None:
    """Refunds, and discounts that are lines of their own, are Usage that counts nothing.

    An accrual, which has no lines, is none of them: it takes back what its invoice has too much.
    """
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))]

    (line,) = driven(plans, [charge("220", "110"), charge("-30", **row)]).months

    assert (explained(line), line.why) == (parts, why)


def test_closed_months_keep_the_quantities_and_prices_they_were_closed_with(
    driven: Driven, item_of: Made, plan_of: Made, charge: Charge, explained: Explained
) -> None:
    """By hand: 200 hours at 2.50 as planned; from October on an hour is planned at 2.00."""
    september = Month(2026, 9)

    def version(number: int, hours: str, price: str, *amounts: str) -> Any:
        item = item_of(
            "train",
            "training_compute",
            [Decimal(each) for each in amounts],
            quantity={"h": Decimal(hours)},
            unit="gpu-hour",
            unit_price=Decimal(price),
        )
        return plan_of("legal", start=september, items=[item], version=number)

    old, new = version(1, "400", "2.50", "500", "500"), version(2, "450", "2.00", "500", "400")
    corrected = version(1, "400", "2.50", "501", "499")
    rows = [charge("500", "200", day=september.first), charge("440", "220")]

    first, second = driven([new], rows, closed={("legal", september): old}).months
    without = driven([new], rows).months[0]
    other = driven([new], rows, closed={("legal", september): corrected}).months[0]

    assert explained(first) == {}
    assert (first.planned, first.planned_price) == (200, Fraction(5, 2))
    assert (explained(second), second.planned) == ({"volume": 40}, 200)
    assert explained(without) == explained(other) == {"volume": -100, "price": 100}


def test_items_at_one_price_are_no_mix_whatever_rounding_leaves(
    driven: Driven, plan_for: Made, charge: Charge, summed: Made
) -> None:
    """By hand: 0.335 twice is 0.34 twice, and 0.67 in one."""
    items = [("a", {"h": "1"}, "gpu-hour", "0.5"), ("b", {"h": "1"}, "gpu-hour", "0.5")]
    rows = [charge("0.33", "0.67", item="a"), charge("0.33", "0.67", item="b")]

    found = driven([plan_for(*items)], rows).months

    assert [line.kind for line in found] == ["item", "item"]
    assert summed(found) == {"volume": Decimal("-0.32"), "price": Decimal("-0.02")}


def test_a_count_is_of_the_only_item_that_is_planned_for_the_month(
    driven: Driven, item_of: Made, plan_of: Made, charge: Charge
) -> None:
    factors = {name: Decimal(value) for name, value in RUNS.items()}
    items = [
        item_of(
            name,
            "training_compute",
            [Decimal(each) for each in phased],
            quantity=factors,
            unit="gpu-hour",
            unit_price=Decimal("2.50"),
        )
        for name, phased in (("train", (0, 2000)), ("tune", (2000, 0)))
    ]
    plan = plan_of("legal", start=Month(2026, 9), items=items)

    found = driven([plan], [charge("2520.00", "900")], activity=COUNTED).of(OCTOBER)

    train = next(line for line in found if line.item == "train")
    assert train.split.factors == {"runs": 500, "gpu_hours_per_run": -250}


def test_what_was_drawn_from_contingency_is_no_quantity(
    driven: Driven, item_of: Made, plan_of: Made, charge: Charge, explained: Explained
) -> None:
    """By hand: 100 hours at 2.50 and 50.00 drawn; 20 hours more are 50.00 of volume, too."""

    def item(name: str, price: str, *phased: str) -> Any:
        return item_of(
            name,
            "training_compute",
            [Decimal(each) for each in phased],
            quantity={"h": Decimal(200)},
            unit="gpu-hour",
            unit_price=Decimal(price),
            weights=(Fraction(1), Fraction(1)),
        )

    items = [item("train", "2.50", "250", "300"), item("tune", "5", "500", "500")]
    plan = plan_of("legal", start=Month(2026, 9), items=items)
    rows = [charge("300", "120"), charge("400", "80", item="tune")]

    train, tune, mix = driven([plan], rows).of(OCTOBER)

    assert explained(train) == {"volume": 50, "spend": -50}
    assert (train.why, train.planned, train.split.plan) == (
        "contingency was drawn into its plan",
        100,
        300,
    )
    assert (explained(tune), tune.why) == ({"volume": -100}, "")
    assert explained(mix) == {"volume": 50, "mix": -50}
