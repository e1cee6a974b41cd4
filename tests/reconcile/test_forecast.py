from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.period import Month, months
from reconcile.forecast import estimate_range, months_forecast, run_out, total

JANUARY = Month(2026, 1)
SIX = months(JANUARY, 6)
# A plan of 21,550.00 phased over six months, and what was spent by the end of the third.
PHASED = {
    "compute": ["0.00", "500.00", "500.00", "500.00", "500.00", "0.00"],
    "labeling": ["333.33", "833.34", "1083.33", "1083.33", "833.34", "333.33"],
    "storage": ["25.00"] * 6,
    "labor": ["3857.14", "3214.29", "2571.43", "1928.57", "1285.71", "642.86"],
    "infra": ["200.00"] * 6,
    "inference": ["0.00", "0.00", "0.00", "0.00", "100.00", "100.00"],
}
SPENT = {
    "compute": "640.00",
    "labeling": "1980.00",
    "storage": "82.50",
    "labor": "7425.00",
    "infra": "560.00",
    "inference": "0.00",
}


def plan_of(texts: list[str]) -> dict[Month, Decimal]:
    return {month: Decimal(text) for month, text in zip(SIX, texts, strict=True)}


def test_the_estimate_after_three_months_is_actual_plus_remaining_plan() -> None:
    estimate = sum(
        total(months_forecast({SIX[2]: Decimal(SPENT[item])}, plan_of(texts), SIX[:3]))
        for item, texts in PHASED.items()
    )

    assert sum(map(Decimal, SPENT.values())) == Decimal("10687.50")
    assert estimate == Decimal("18669.64")


@pytest.mark.parametrize(
    ("so_far", "expected"),
    [(None, "100"), ("40", "100"), ("100", "100"), ("130", "130"), ("-20", "100")],
)
def test_a_running_month_is_at_least_its_plan_and_at_least_what_was_spent(
    so_far: str | None, expected: str
) -> None:
    actual = {} if so_far is None else {JANUARY: Decimal(so_far)}

    assert months_forecast(actual, {JANUARY: Decimal(100)}, ()) == {JANUARY: Decimal(expected)}


def test_a_reported_month_counts_what_it_cost_even_below_plan() -> None:
    plan = {JANUARY: Decimal(100)}

    assert months_forecast({JANUARY: Decimal(30)}, plan, [JANUARY]) == {JANUARY: Decimal(30)}


def test_below_four_months_the_range_goes_from_what_is_spent_to_all_that_is_approved() -> None:
    plan = dict.fromkeys(SIX, Decimal(100))
    actual = dict.fromkeys(SIX[:3], Decimal(110))
    forecast = months_forecast(actual, plan, SIX[:3])

    found = estimate_range(actual, plan, forecast, SIX[:3], Decimal(50))

    assert (found.low, found.low_method) == (Decimal(330), "actual plus open commitments")
    assert (found.high, found.high_method) == (
        Decimal(650),  # 330 + 300 + 20 left of the contingency
        "actual plus remaining plan plus remaining contingency",
    )


def test_from_four_months_on_the_range_reaches_to_the_ratio_of_the_last_three() -> None:
    plan = dict.fromkeys(SIX, Decimal(100))
    actual = {SIX[0]: Decimal(500), **dict.fromkeys(SIX[1:4], Decimal(120))}
    forecast = months_forecast(actual, plan, SIX[:4])

    found = estimate_range(actual, plan, forecast, SIX[:4], Decimal(50))

    assert (found.low, found.low_method) == (Decimal(1060), "actual plus remaining plan")
    assert found.high == Decimal(1100)
    assert found.high_method == "rest at the ratio of the last three months"


def test_a_trailing_plan_of_zero_gives_no_ratio() -> None:
    plan = {**dict.fromkeys(SIX[:4], Decimal(0)), **dict.fromkeys(SIX[4:], Decimal(100))}
    actual = dict.fromkeys(SIX[:4], Decimal(7))
    forecast = months_forecast(actual, plan, SIX[:4])

    found = estimate_range(actual, plan, forecast, SIX[:4], Decimal(0))

    assert found.low == found.high == Decimal(228)


@settings(max_examples=50, deadline=None)
@given(
    spent=st.lists(st.integers(-100, 500), min_size=6, max_size=6),
    planned=st.lists(st.integers(0, 300), min_size=6, max_size=6),
    closed=st.integers(0, 6),
    reserve=st.integers(0, 400),
)
def test_the_estimate_lies_in_its_range(
    spent: list[int], planned: list[int], closed: int, reserve: int
) -> None:
    actual = {m: Decimal(v) for m, v in zip(SIX, spent, strict=True)}
    plan = {m: Decimal(v) for m, v in zip(SIX, planned, strict=True)}
    forecast = months_forecast(actual, plan, SIX[:closed])

    found = estimate_range(actual, plan, forecast, SIX[:closed], Decimal(reserve))

    assert found.low <= total(forecast) <= found.high


@pytest.mark.parametrize(
    ("deviation", "reserve", "day"),
    [
        ((10, 10, 10), 25, date(2026, 3, 16)),
        ((10, 10, 10), 30, None),
        ((10, -10, 40), 0, date(2026, 1, 1)),
        ((0, 28, 5), 14, date(2026, 2, 15)),
    ],
)
def test_contingency_runs_out_on_a_day_that_is_linear_inside_its_month(
    deviation: tuple[int, ...], reserve: int, day: date | None
) -> None:
    steps = {month: Decimal(step) for month, step in zip(SIX, deviation, strict=False)}

    assert run_out(steps, Decimal(reserve)) == day
