"""What the forecast takes back of a difference to date is timing, and comes from quantity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import SCALE, ZERO
from models.period import Month
from reconcile.anchors import Decomposition
from reconcile.driver.activity import Activity
from reconcile.driver.line import DriverLine
from reconcile.driver.timing import taken, to_date

SCOPE = ("legal", "training_compute")
SEPTEMBER = Month(2026, 9)
Driven = Callable[..., Any]
Explained = Callable[[DriverLine], Any]
Made = Callable[..., Any]


@pytest.mark.parametrize(
    ("outlook", "expected"),
    [
        pytest.param(None, {"volume": -80, "price": 20}, id="no forecast, no timing"),
        pytest.param("-60", {"volume": -80, "price": 20}, id="all of it stays"),
        pytest.param("-90", {"volume": -80, "price": 20}, id="it grows"),
        pytest.param("-45", {"volume": -65, "price": 20, "timing": -15}, id="a part comes back"),
        pytest.param("0", {"volume": -20, "price": 20, "timing": -60}, id="all of it comes back"),
        pytest.param("30", {"volume": -20, "price": 20, "timing": -60}, id="and beyond"),
    ],
)
def test_timing_is_what_comes_back_and_no_more_than_the_difference(
    driven: Driven,
    plan_for: Made,
    charge: Made,
    explained: Explained,
    outlook: str | None,
    expected: dict[str, Any],
) -> None:
    scopes = {} if outlook is None else {SCOPE: Decimal(outlook)}
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))]

    found = driven(plans, [charge("140", "60")], outlook=scopes)

    (line,) = found.to_date
    assert explained(line) == expected
    assert explained(found.months[0]) == {"volume": -80, "price": 20}


def test_a_difference_of_price_is_never_timing(
    driven: Driven, plan_for: Made, charge: Made, explained: Explained
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))]

    (line,) = driven(plans, [charge("150", "100")], outlook={SCOPE: ZERO}).to_date

    assert explained(line) == {"price": -50}


def test_timing_is_taken_from_each_item_in_proportion_and_from_its_factors(
    driven: Driven, plan_for: Made, charge: Made, explained: Explained
) -> None:
    factors = {"runs": "4", "h": "25"}
    items = [("a", factors, "gpu-hour", "2"), ("b", {"x": "40"}, "hour", "1")]
    rows = [charge("120", "60", item="a"), charge("20", item="b")]

    found = driven(
        [plan_for(*items)],
        rows,
        outlook={SCOPE: Decimal(-50)},
        activity=Activity({("legal", Month(2026, 10), "runs training_compute"): Fraction(3)}),
    )

    a, b = found.to_date
    assert found.months[0].split.factors == {"runs": -50, "h": -30}
    assert explained(a) == {"volume": -40, "timing": -40}
    assert a.split.factors == {"runs": -25, "h": -15}
    assert explained(b) == {"spend": -10, "timing": -10}


def test_lines_to_date_are_sums_of_months(
    driven: Driven, plan_for: Made, charge: Made, explained: Explained
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"), start=SEPTEMBER, months=2)]
    rows = [charge("90", "30", day=SEPTEMBER.first), charge("200", "80")]

    found = driven(plans, rows)

    (line,) = found.to_date
    assert [explained(each) for each in found.months] == [
        {"volume": -40, "price": 30},
        {"volume": 60, "price": 40},
    ]
    assert explained(line) == {"volume": 20, "price": 70}
    assert (line.planned, line.used, line.kept) == (100, 110, 110)
    assert (line.planned_price, line.price) == (2, Fraction(29, 11))
    assert (line.month, line.unit) == (Month(2026, 10), "gpu-hour")


def test_a_line_to_date_is_planned_where_any_of_its_months_is(
    driven: Driven, plan_for: Made, charge: Made
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"), start=SEPTEMBER)]

    found = driven(plans, [charge("90", "30", day=SEPTEMBER.first), charge("200", "80")])

    assert [line.is_planned for line in found.months] == [True, False]
    (line,) = found.to_date
    assert (line.is_planned, line.split.plan, line.why) == (True, 200, "nothing planned")


def test_months_in_two_units_have_neither_quantity_nor_price_together() -> None:
    month = DriverLine(
        project="legal",
        category="data",
        item="a",
        month=SEPTEMBER,
        split=Decomposition(plan=ZERO, actual=ZERO),
        unit="hour",
        planned=Fraction(1),
        used=Fraction(1),
        kept=Fraction(1),
        planned_price=Fraction(1),
        price=Fraction(1),
    )
    months = [month, replace(month, month=SEPTEMBER + 1, unit="month")]

    (line,) = to_date(months, {})

    assert (line.unit, line.planned, line.used, line.kept) == (None,) * 4
    assert (line.planned_price, line.price) == (None, None)


def test_the_volume_of_months_that_were_not_divided_is_a_factor_of_its_own(
    driven: Driven, plan_for: Made, charge: Made
) -> None:
    factors = {"runs": "4", "h": "50"}
    plans = [plan_for(("train", factors, "gpu-hour", "2"), start=SEPTEMBER, months=2)]
    rows = [charge("120", "60", day=SEPTEMBER.first), charge("240", "120")]
    runs = Activity({("legal", Month(2026, 10), "runs training_compute"): Fraction(3)})

    (line,) = driven(plans, rows, activity=runs).to_date

    assert line.split.volume == -40
    assert line.split.factors == {"runs": 100, "h": -60, "months without a count": -80}


def test_quantities_to_date_need_every_month_in_one_unit(
    driven: Driven, plan_for: Made, charge: Made
) -> None:
    plans = [plan_for(("train", {"h": "100"}, "gpu-hour", "2"), start=SEPTEMBER, months=2)]
    uncounted = driven(plans, [charge("90", day=SEPTEMBER.first), charge("200", "80")]).to_date[0]
    later = driven(
        [plan_for(("train", {"h": "100"}, "gpu-hour", "2"))],
        [charge("90", "30", day=SEPTEMBER.first), charge("200", "100")],
    ).to_date[0]

    assert (uncounted.planned, uncounted.used, uncounted.price) == (100, None, None)
    assert uncounted.why == "charged without a quantity"
    assert (later.unit, later.planned, later.used, later.why) == (
        None,
        None,
        None,
        "nothing planned",
    )
    assert later.is_planned


@pytest.mark.parametrize(
    ("amounts", "wanted", "expected"),
    [
        (["-30", "10", "-10"], "-8", ["-6", "0", "-2"]),
        (["-30", "10", "-10"], "-99", ["-30", "0", "-10"]),
        (["-30", "10"], "5", ["0", "5"]),
        (["-30", "0"], "5", ["0", "0"]),
        ([], "5", []),
    ],
)
def test_amounts_give_in_proportion_and_never_more_than_they_are(
    amounts: list[str], wanted: str, expected: list[str]
) -> None:
    assert taken([Decimal(a) for a in amounts], Decimal(wanted)) == [Decimal(e) for e in expected]


@settings(max_examples=30)
@given(
    amounts=st.lists(st.decimals(-(10**6), 10**6, places=4), max_size=5),
    wanted=st.decimals(-(10**6), 10**6, places=4),
)
def test_what_is_taken_sums_to_what_is_wanted_as_far_as_there_is_room(
    amounts: list[Decimal], wanted: Decimal
) -> None:
    found = taken(amounts, wanted)
    room = sum((amount for amount in amounts if amount * wanted > 0), ZERO)

    assert abs(sum(found)) == min(abs(room), abs(wanted))
    for amount, given_ in zip(amounts, found, strict=True):
        assert given_ * amount >= 0
        assert abs(given_) <= abs(amount) + Decimal(1).scaleb(-SCALE)
