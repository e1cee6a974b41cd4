"""Units of another kind than the plan's price rests on are mix where a rate card prices them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.period import Month
from reconcile.anchors import decomposed
from reconcile.driver.counted import Share
from reconcile.driver.planned import PlanCell
from reconcile.driver.subtype import parts

SPOT = Share(Fraction(500), Fraction(4), "Dynamic", "H100")
ON_DEMAND = Share(Fraction(400), Fraction(4), "Standard", "H100")
COMMITTED = Share(Fraction(10), Fraction(4), "Committed", None)
OTHER_GPU = Share(Fraction(20), Fraction(6), "Standard", "H200")


def planned(basis: str, rate: str = "1") -> PlanCell:
    return PlanCell(
        amount=Decimal(2000),
        start=Month(2026, 1),
        rate=Decimal(rate),
        unit="gpu-hour",
        quantity=Fraction(800),
        price=Fraction("2.5"),
        basis=basis,
    )


@pytest.mark.parametrize(
    ("basis", "shares", "expected"),
    [
        ("", [SPOT, ON_DEMAND, OTHER_GPU], [(800, "2.5", 920)]),
        ("three-year average", [SPOT, ON_DEMAND], [(800, "2.5", 900)]),
        ("spot_average", [SPOT, ON_DEMAND], [(800, "2.5", 500), (0, "4", 400)]),
        ("Spot", [ON_DEMAND], [(800, "2.5", 0), (0, "4", 400)]),
        ("on-demand list", [SPOT, ON_DEMAND], [(800, "2.5", 400), (0, None, 500)]),
        ("reserved", [COMMITTED, ON_DEMAND], [(800, "2.5", 10), (0, "4", 400)]),
        ("H100 on demand", [ON_DEMAND, OTHER_GPU], [(800, "2.5", 400), (0, "6", 20)]),
        ("h100", [SPOT, ON_DEMAND, OTHER_GPU], [(800, "2.5", 900), (0, "6", 20)]),
        (
            "spot",
            [Share(Fraction(3), Fraction(0), "Standard", None)],
            [(800, "2.5", 0), (0, None, 3)],
        ),
        ("spot", [Share(Fraction(3), Fraction(1), None, None)], [(800, "2.5", 3)]),
    ],
)
def test_sub_types_by_what_the_price_rests_on(
    basis: str, shares: list[Share], expected: list[tuple[int, str | None, int]]
) -> None:
    found = parts(planned(basis), shares)

    assert [[each.planned, each.price, each.used] for each in found] == [
        [q, None if price is None else Fraction(price), used] for q, price, used in expected
    ]


def test_a_list_price_is_taken_back_to_the_currency_of_the_plan() -> None:
    assert parts(planned("spot", "1.25"), [ON_DEMAND])[1].price == Fraction("3.2")


def test_on_demand_in_place_of_spot_is_mix_and_not_price() -> None:
    found = decomposed(parts(planned("spot"), [SPOT, ON_DEMAND]), Decimal(2840), plan=Decimal(2000))

    assert [found.volume, found.mix, found.price] == [250, 600, -10]


def test_a_plan_on_spot_that_ran_on_demand_says_mix(
    driven: Any, plan_for: Any, charge: Any, explained: Any
) -> None:
    plans = [plan_for(("train", {"h": "800"}, "gpu-hour", "2.5"), price_basis="spot_average")]
    rows = [
        charge("1200", "500", pricing_category="Dynamic"),
        charge("1640", "400", pricing_category="Standard", list_cost=Decimal(1600)),
    ]

    (line,) = driven(plans, rows).months

    assert explained(line) == {"volume": 250, "mix": 600, "price": -10}
    assert line.used == 900
