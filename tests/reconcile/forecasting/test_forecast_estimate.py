from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.period import Month
from reconcile.forecasting.basis import Basis
from reconcile.forecasting.compared import cost_performance
from reconcile.forecasting.estimate import outlook
from reconcile.forecasting.remaining import remaining, timing
from reconcile.forecasting.spreading import spread, total
from reconcile.forecasting.whatif import beside, side, what_if

HALF = Fraction(1, 2)


def months_of(basis: Basis, category: str = "infra") -> list[str]:
    found = next(each for each in outlook(basis).estimates if each.category == category)
    return [f"{amount:f}" for _, amount in sorted(found.months.items())]


def eac(basis: Basis) -> Decimal:
    return sum((each.eac for each in outlook(basis).estimates), Decimal(0))


@pytest.mark.failure("F10")
@pytest.mark.parametrize(
    ("n", "days", "expected", "why"),
    [
        (2, 90, 800, "fewer than three months are reported"),
        (3, 2, 900, "the first charge is fewer than three days old"),
        (3, 3, 1200, ""),
        (4, 90, 1200, ""),
    ],
)
def test_nothing_is_extrapolated_from_too_little_data(
    basis: Any, item: Any, n: int, days: int, expected: int, why: str
) -> None:
    """By hand: 200 a month against 100; with too little data the rest costs what is planned."""
    made = basis(item(), spent={"": [200] * n}, n=n, days=days)

    found = outlook(made)

    assert made.little == why
    assert found.method == ("actual plus remaining plan" if why else "category plan shape")
    assert eac(made) == expected


def test_the_rest_follows_the_shape_of_the_plan(basis: Any, item: Any) -> None:
    """By hand: 180 of 120 are spent, so the 60 and 30 that are left cost half as much again."""
    made = basis(item([40, 40, 40, 60, 30, 0]), spent={"train": [60, 60, 60]})

    assert months_of(made)[:5] == ["60", "60", "60", "90.00", "45.00"]
    assert eac(made) == 315
    assert outlook(made).method == "category plan shape"


def test_output_decides_where_it_is_counted(basis: Any, item: Any, six_months: Any) -> None:
    """By hand: half of 600 is done for 450, so the other half costs 450 more."""
    made = basis(item(gained={six_months[1]: HALF}), spent={"": [150] * 3})

    found = outlook(made)

    assert found.method == "category CPI"
    assert eac(made) == 900
    assert found.estimates[0].has_output
    assert months_of(made)[3:] == ["150.00", "150.00", "150.00"]


def test_output_of_a_month_that_is_not_reported_does_not_count(
    basis: Any, item: Any, six_months: Any
) -> None:
    made = basis(item(gained={six_months[1]: HALF, six_months[3]: HALF}), spent={"": [150] * 3})

    assert eac(made) == 900


def test_output_before_the_first_month_and_beyond_the_whole_counts_once(item: Any) -> None:
    early = {Month(2025, 12): HALF, Month(2026, 2): Fraction(3)}
    made = item(gained=early)

    assert made.earned({Month(2026, 1)}) == 300
    assert made.earned({Month(2026, 1), Month(2026, 2)}) == 600
    assert item(gained={Month(2026, 1): -HALF}).earned({Month(2026, 1)}) == 0
    assert made.earned(()) == 0


def test_an_item_whose_output_nobody_counts_has_earned_what_was_planned(
    basis: Any, item: Any, six_months: Any
) -> None:
    """By hand: 300 of one and 300 of the other are earned for 1,200: CPI 1/2, 600 left."""
    one = item(gained={six_months[0]: HALF})
    made = basis(one, item(id="other"), spent={"": [400] * 3})

    assert eac(made) == 1200 + 1200


def test_an_early_saving_is_not_believed_beyond_a_third(basis: Any, item: Any) -> None:
    made = basis(item(), spent={"": [1, 1, 1]})

    assert eac(made) == 103  # 3 + 300 / 3


@pytest.mark.parametrize("spent", [[0, 0, 0], [0, 0, -5]])
def test_what_was_not_begun_costs_what_is_planned(basis: Any, item: Any, spent: list[int]) -> None:
    assert eac(basis(item(), spent={"": spent})) == 300 + sum(spent)


def test_rosters_and_schedules_cost_what_is_planned(basis: Any, item: Any) -> None:
    made = basis(item(fixed=True), spent={"train": [150] * 3})

    assert eac(made) == 750
    assert outlook(made).method == "roster and schedule as planned"


def test_a_fixed_item_whose_output_is_counted_goes_by_it(
    basis: Any, item: Any, six_months: Any
) -> None:
    made = basis(item(fixed=True, gained={six_months[0]: HALF}), spent={"": [150] * 3})

    assert outlook(made).method == "category CPI"


def test_an_ordered_item_costs_what_is_spent_and_still_to_be_delivered(
    basis: Any, item: Any
) -> None:
    """By hand: 240 of three months, 50 of the running one, 130 to come in the plan's shape."""
    made = basis(
        item([100, 100, 100, 80, 50, 0], ordered=Decimal(130)), spent={"train": [80, 80, 80, 50]}
    )

    assert months_of(made) == ["80", "80", "80", "130.00", "50.00", "0.00"]
    assert outlook(made).method == "open orders at their price"


def test_orders_that_outlast_the_plan_come_in_the_month_after(basis: Any, item: Any) -> None:
    made = basis(item(ordered=Decimal(40)), spent={"": [100] * 6}, n=6)

    found = outlook(made).estimates[0].months

    assert found[Month(2026, 7)] == 40
    assert eac(made) == 640


def test_the_parts_of_a_category_are_forecast_apart(basis: Any, item: Any) -> None:
    """By hand: 60 ordered, 300 left of the roster, and the rest at twice its plan."""
    made = basis(
        item(id="labels", ordered=Decimal(60)),
        item(id="people", fixed=True),
        item(id="cloud"),
        spent={"labels": [50] * 3, "people": [90] * 3, "cloud": [150] * 3, "": [50] * 3},
    )

    found = outlook(made)

    assert eac(made) == (150 + 60) + (270 + 300) + (600 + 600)
    assert found.method == (
        "category plan shape; open orders at their price; roster and schedule as planned"
    )
    assert found.estimates[0].method == found.method


@pytest.mark.parametrize(
    ("orders", "method"),
    [
        (1, "open orders at their price"),
        (2, "actual alone, nothing is planned; open orders at their price"),
    ],
)
def test_cost_that_names_no_item_is_that_of_the_only_order(
    basis: Any, item: Any, orders: int, method: str
) -> None:
    items = [item(id=f"o{n}", ordered=Decimal(10)) for n in range(orders)]
    made = basis(*items, spent={"": [5, 5, 5, 5]})

    assert eac(made) == 20 + 10 * orders
    assert outlook(made).estimates[0].method == method


def test_no_category_is_below_what_is_spent_and_ordered(basis: Any, item: Any) -> None:
    """By hand: 300 spent and 300 left by plan; 500 are ordered."""
    made = basis(item(), spent={"": [100] * 3}, committed={"infra": Decimal(500)})

    found = outlook(made).estimates[0]

    assert [found.eac, found.raised] == [800, 200]
    assert months_of(made)[3:] == ["166.67", "166.66", "166.67"]


@pytest.mark.parametrize(("ordered", "expected"), [("299.99", "600"), ("300.5", "600.50")])
def test_orders_of_less_than_what_is_expected_add_nothing(
    basis: Any, item: Any, ordered: str, expected: str
) -> None:
    made = basis(item(), spent={"": [100] * 3}, committed={"infra": Decimal(ordered)})

    assert eac(made) == Decimal(expected)
    assert outlook(made).estimates[0].raised == max(Decimal(0), Decimal(ordered) - 300)


def test_an_order_of_what_is_not_planned_is_expected_all_the_same(basis: Any) -> None:
    made = basis(committed={"data": Decimal(70), "infra": Decimal(0)})

    found = outlook(made)

    assert {each.category: each.eac for each in found.estimates} == {"data": Decimal(70)}
    assert found.estimates[0].months == {Month(2026, 4): 70}
    assert found.method == "actual alone, nothing is planned"


def test_what_is_spent_in_an_open_month_stays_spent(basis: Any, item: Any) -> None:
    made = basis(item(), spent={"": [100, 100, 100, 130, -20]})

    assert months_of(made) == ["100", "100", "100", "130", "100.00", "100.00"]


def test_a_gap_keeps_its_plan_in_the_estimate(basis: Any, item: Any, six_months: Any) -> None:
    """By hand: three whole months at 120 of 100; the gap and two more are to come at that."""
    reported = frozenset([six_months[0], six_months[2], six_months[3]])
    made = basis(item(), spent={"": [120, 10, 120, 120]}, reported=reported, month=six_months[3])

    assert months_of(made) == ["120", "120.00", "120", "120", "120.00", "120.00"]


def test_remaining_cost_by_item_is_bottom_up_and_tells_what_is_timing(
    basis: Any, item: Any, six_months: Any
) -> None:
    made = basis(
        item(id="labels", ordered=Decimal(60)),
        item(id="model", gained={six_months[0]: Fraction(1, 4)}),
        item(id="cloud"),
        spent={"labels": [50, 50, 50, 7]},
    )

    assert remaining(made) == {
        ("infra", "labels"): 67,
        ("infra", "model"): 450,
        ("infra", "cloud"): 300,
    }
    assert timing(made) == {
        ("infra", "labels"): 233,
        ("infra", "model"): -150,
        ("infra", "cloud"): 0,
    }


def test_a_change_scales_what_is_left_and_nothing_that_was(
    basis: Any, item: Any, six_months: Any
) -> None:
    twice = {"scale": Fraction(2)}
    made = [
        basis(item(**twice), spent={"": [100] * 3}),
        basis(item(gained={six_months[0]: HALF}, **twice), spent={"": [100] * 3}),
        basis(item(fixed=True, **twice), spent={"": [100] * 3}),
        basis(item(ordered=Decimal(300), **twice), spent={"": [100] * 3}),
        basis(item(**twice), spent={"": [100] * 2}, n=2),
    ]

    assert [eac(each) for each in made] == [900, 900, 900, 900, 1000]
    assert [sum(remaining(each).values()) for each in made] == [600, 600, 600, 600, 800]


def test_a_change_scales_the_budget_of_open_months_that_a_range_compares_with(
    basis: Any, item: Any
) -> None:
    """By hand: 220 and 4 x 110; 20 of the contingency are eaten, 30 are left on top."""
    made = basis(item(factors=("hours",)), spent={"": [110] * 2}, n=2, reserve=Decimal(50))

    found = beside(outlook(made), what_if("hours=+10%"))

    assert [found.eac, found.span.low, found.span.high] == [660, 220, 690]


def test_a_change_is_rounded_once_and_not_month_by_month(basis: Any, item: Any) -> None:
    """By hand: four months of 33.33 at 1.01 are 134.6532; rounded by month they were 134.64."""
    made = basis(item(["33.33"] * 6, factors=("hours",)), spent={"": [10] * 2}, n=2)

    found = beside(outlook(made), what_if("hours=+1%"))

    assert found.eac == found.span.high == Decimal("154.65")
    assert found.eac == found.methods["remaining_plan"]


def test_what_counted_output_says_bounds_the_range_from_four_months_on(
    basis: Any, item: Any, six_months: Any
) -> None:
    """By hand: a quarter of 600 for 400 is a CPI of 3/8, and 1,600 at the end."""
    made = basis(item(gained={six_months[0]: HALF / 2}), spent={"": [100] * 4}, n=4)

    assert side(outlook(made)).span.high == 1600
    assert cost_performance(outlook(made)) == [(Decimal(1600), "BAC by CPI")]
    assert cost_performance(outlook(basis(item(), spent={"": [100] * 4}, n=4))) == []


def test_what_is_not_changed_keeps_every_digit_of_its_plan(basis: Any, item: Any) -> None:
    made = basis(item(["0.005"] * 6), spent={"": [1, 1]}, n=2)

    assert months_of(made) == ["1", "1", *["0.005"] * 4]
    assert side(outlook(made)).span.high == Decimal("2.020")


@pytest.mark.parametrize(
    ("amount", "shape", "expected"),
    [
        ("100", [1, 1, 1], ["33.33", "33.34", "33.33"]),
        ("-100", [1, 1, 1], ["-33.33", "-33.34", "-33.33"]),
        ("10", [0, 0], ["5.00", "5.00"]),
        ("0.005", [1], ["0.01"]),
        ("7", [], []),
        ("100", [-500, 500], ["50.00", "50.00"]),  # a draw that was given back
    ],
)
def test_what_is_to_come_is_spread_to_the_cent(
    six_months: Sequence[Month], amount: str, shape: list[int], expected: list[str]
) -> None:
    plan = {month: Decimal(each) for month, each in zip(six_months, shape, strict=False)}

    assert [str(each) for each in spread(Fraction(amount), plan).values()] == expected


amounts = st.lists(st.integers(0, 500), min_size=6, max_size=6)
spending = st.lists(st.integers(-50, 800), min_size=0, max_size=6)
share = st.none() | st.fractions(0, 1, max_denominator=7)


def drawn(basis: Any, item: Any, six: Sequence[Month], given_: Mapping[str, Any]) -> Basis:
    items = [
        item(
            plan,
            id=f"i{n}",
            category=("infra", "data")[n % 2],
            gained=None if done is None else {six[0]: done},
            fixed=fixed,
            ordered=None if left is None else Decimal(left),
        )
        for n, (plan, done, fixed, left) in enumerate(given_["items"])
    ]
    spent = dict(zip(("", "i0", "i2"), given_["spent"], strict=False))
    return basis(*items, spent=spent, n=given_["n"], committed={"infra": Decimal(given_["open"])})  # type: ignore[no-any-return]


bases = st.fixed_dictionaries(
    {
        "items": st.lists(
            st.tuples(amounts, share, st.booleans(), st.none() | st.integers(0, 300)), max_size=3
        ),
        "spent": st.lists(spending, max_size=3),
        "n": st.integers(0, 6),
        "open": st.integers(0, 900),
    }
)


@settings(max_examples=50, deadline=None)
@given(given_=bases)
def test_estimates_respect_their_floors_whatever_is_given(
    basis: Any, item: Any, six_months: Sequence[Month], given_: dict[str, Any]
) -> None:
    made = drawn(basis, item, six_months, given_)
    spent = {month: Decimal(0) for month in six_months}
    for each in made.actual.get("infra", {}).values():
        for month, amount in each.items():
            spent[month] += amount

    found = {each.category: each for each in outlook(made).estimates}

    assert sum((each.eac for each in found.values()), Decimal(0)) == total(outlook(made).months)
    if "infra" in found:
        infra = found["infra"]
        assert infra.eac >= total(spent) + given_["open"]
        for month, amount in infra.months.items():
            if month in made.reported:
                assert amount == spent[month]
            assert amount >= spent.get(month, 0)


@settings(max_examples=50, deadline=None)
@given(given_=bases)
def test_when_every_month_is_reported_the_estimate_is_what_was_spent_and_is_ordered(
    basis: Any, item: Any, six_months: Sequence[Month], given_: dict[str, Any]
) -> None:
    made = drawn(basis, item, six_months, {**given_, "n": 6, "open": 0})
    made = replace(made, items=tuple(replace(each, ordered=None) for each in made.items))

    spent = sum((total(m) for items in made.actual.values() for m in items.values()), Decimal(0))

    assert eac(made) == spent


@settings(max_examples=50, deadline=None)
@given(
    plan=amounts,
    done=share,
    spent=st.lists(st.integers(1, 500), min_size=3, max_size=3),
    more=st.integers(1, 900),
)
def test_more_cost_never_lowers_an_estimate(
    basis: Any,
    item: Any,
    six_months: Sequence[Month],
    plan: list[int],
    done: Fraction | None,
    spent: list[int],
    more: int,
) -> None:
    gained = None if done is None else {six_months[0]: done}

    before = eac(basis(item(plan, gained=gained), spent={"": spent}))
    after = eac(basis(item(plan, gained=gained), spent={"": [spent[0] + more, *spent[1:]]}))

    assert after >= before + more
