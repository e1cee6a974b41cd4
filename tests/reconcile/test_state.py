from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reconcile.state import (
    Materiality,
    State,
    cell_state,
    coloured,
    is_under,
    material,
    percent,
    project_state,
)

# Plan, actual and verdict of a full month, at 500 and 10 %.
MONTHLY_REPORT = {
    "compute": ("2000.00", "2520.00", "520.00", "26.00", True),
    "labeling": ("4500", "5011.20", "511.20", "11.36", True),
    "storage": ("150", "171.00", "21.00", "14.00", False),
    "labor": ("13500.0", "15525.00", "2025.00", "15.00", True),
    "infra": ("1200", "1200.00", "0.00", "0.00", False),
    "inference": ("200.00", "0.00", "-200.00", "-100.00", False),
}


@pytest.mark.parametrize("item", MONTHLY_REPORT)
def test_a_full_month_is_judged_by_both_thresholds(item: str, thresholds_of: Any) -> None:
    plan, actual, delta, share, is_material = MONTHLY_REPORT[item]
    strict = thresholds_of(Decimal(10), Decimal(500), Decimal(50000), Decimal(10))
    found = Decimal(actual) - Decimal(plan)

    assert found == Decimal(delta)
    assert percent(found, Decimal(plan), Decimal(actual)) == Decimal(share)
    assert material(found, Decimal(plan), strict) is is_material


def test_the_full_month_sums_to_its_total_variance() -> None:
    deltas = [Decimal(actual) - Decimal(plan) for plan, actual, *_ in MONTHLY_REPORT.values()]

    assert sum(deltas) == Decimal("2877.20")


@pytest.mark.parametrize(
    ("delta", "plan", "expected"),
    [
        ("999.99", "1000", False),  # large share, below the floor
        ("1000", "20000", True),  # both, exactly
        ("1000", "20000.01", False),  # floor reached, share missed
        ("50000", "9000000", True),  # always
        ("-1000", "20000", True),  # under plan is a comment too
        ("1000", "0", True),  # a plan of zero: the floor alone
        ("1000", None, True),
        (None, "1000", False),
    ],
)
def test_material_needs_share_and_floor_or_the_amount_that_always_is(
    delta: str | None, plan: str | None, expected: bool, thresholds: Materiality
) -> None:
    given = [None if text is None else Decimal(text) for text in (delta, plan)]

    assert material(given[0], given[1], thresholds) is expected


def test_colour_starts_at_a_smaller_share_than_a_comment(thresholds: Materiality) -> None:
    delta, plan = Decimal(4000), Decimal(100000)

    assert coloured(delta, plan, thresholds)
    assert not material(delta, plan, thresholds)


@pytest.mark.failure("F02")
@pytest.mark.parametrize(
    ("actual", "state"),
    [
        ("0", State.ON_PLAN),
        ("999.99", State.ON_PLAN),
        ("1000", State.AT_RISK),
        ("-1000", State.ON_PLAN),
    ],
)
def test_a_plan_of_zero_is_judged_by_the_amount_and_has_no_percentage(
    actual: str, state: State, thresholds: Materiality
) -> None:
    spent, zero = Decimal(actual), Decimal(0)

    assert cell_state(spent, zero, complete=True, materiality=thresholds) is state
    assert percent(spent - zero, zero, spent) is None


@pytest.mark.failure("F03")
@pytest.mark.parametrize("actual", ["-0.01", "-120"])
def test_a_month_of_more_refunds_than_cost_has_no_percentage(actual: str) -> None:
    spent, plan = Decimal(actual), Decimal(100)

    assert percent(spent - plan, plan, spent) is None


@pytest.mark.parametrize(
    ("actual", "plan", "complete", "state"),
    [
        pytest.param("5", None, True, State.NO_PLAN, marks=pytest.mark.failure("F01")),
        pytest.param("5", None, False, State.NO_PLAN, marks=pytest.mark.failure("F01")),
        pytest.param("5", "5", False, State.INCOMPLETE, marks=pytest.mark.failure("F07")),
        pytest.param(None, "5", False, State.INCOMPLETE, marks=pytest.mark.failure("F07")),
        (None, "5", True, State.NO_ACTUALS),
        (None, None, True, State.NO_ACTUALS),
        ("5", "5", True, State.ON_PLAN),
        ("6000", "5000", True, State.AT_RISK),
        ("4000", "5000", True, State.ON_PLAN),
    ],
)
def test_a_cell_says_what_is_missing_before_it_says_how_it_stands(
    actual: str | None, plan: str | None, complete: bool, state: State, thresholds: Materiality
) -> None:
    spent, planned = (None if text is None else Decimal(text) for text in (actual, plan))

    assert cell_state(spent, planned, complete=complete, materiality=thresholds) is state


BASE: dict[str, Any] = {
    "complete": True,
    "actual": Decimal(500),
    "estimate": Decimal(1000),
    "budget": Decimal(1000),
    "reserve": Decimal(100),
    "month_over": False,
}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, State.ON_PLAN),
        ({"estimate": Decimal(1050)}, State.ON_PLAN),  # half the reserve, exactly
        ({"estimate": Decimal("1050.01")}, State.AT_RISK),
        ({"month_over": True}, State.AT_RISK),
        ({"estimate": Decimal(1100)}, State.AT_RISK),  # at the limit
        ({"estimate": Decimal("1100.01")}, State.OVER_LIMIT),
        ({"actual": Decimal(1101)}, State.OVER_LIMIT),
        ({"estimate": Decimal(2000), "complete": False}, State.INCOMPLETE),
        ({"actual": None}, State.NO_ACTUALS),
        ({"budget": None}, State.NO_PLAN),
        ({"budget": None, "complete": False}, State.NO_PLAN),
        ({"budget": Decimal(0), "reserve": Decimal(0)}, State.OVER_LIMIT),
    ],
)
def test_a_project_is_grey_before_red_before_amber_before_green(
    change: dict[str, Any], state: State
) -> None:
    assert project_state(**{**BASE, **change}) is state


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_shape_and_a_word_and_only_on_plan_is_green(state: State) -> None:
    assert state.shape
    assert state.word
    assert (state.colour == "green") is (state is State.ON_PLAN)


@pytest.mark.parametrize(
    ("estimate", "budget", "expected"),
    [("899.99", "1000", True), ("900", "1000", False), ("1", None, False)],
)
def test_less_than_nine_tenths_of_the_budget_is_under(
    estimate: str, budget: str | None, expected: bool
) -> None:
    planned = None if budget is None else Decimal(budget)

    assert is_under(Decimal(estimate), planned) is expected
