from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.period import Month
from reconcile.forecasting.span import Scope, burn_ratio, estimate_range, run_out, trailing
from reconcile.forecasting.spreading import total

Months = Sequence[Month]


def scope_of(
    months: Months, spent: Sequence[int], planned: Sequence[int], n: int, **rest: Any
) -> Scope:
    actual = {m: Decimal(v) for m, v in zip(months, spent, strict=False)}
    plan = {m: Decimal(v) for m, v in zip(months, planned, strict=False)}
    made = Scope(actual=actual, plan=plan, forecast={}, reported=months[:n])
    forecast = made.as_planned
    return Scope(
        **{"actual": actual, "plan": plan, "forecast": forecast, "reported": months[:n], **rest}
    )


def test_below_four_months_the_range_goes_from_what_is_spent_to_all_that_is_approved(
    six_months: Months,
) -> None:
    scope = scope_of(six_months, [110] * 3, [100] * 6, 3, reserve=Decimal(50))

    found = estimate_range(scope)

    assert (found.low, found.low_method) == (Decimal(330), "actual plus open commitments")
    assert (found.high, found.high_method) == (
        Decimal(650),  # 330 + 300 + 20 left of the contingency
        "actual plus remaining plan plus remaining contingency",
    )


def test_what_is_ordered_lifts_the_lower_end_up_to_the_estimate(six_months: Months) -> None:
    lows = [
        estimate_range(scope_of(six_months, [100], [100] * 6, 1, committed=Decimal(amount))).low
        for amount in (0, 36, 500, 501)
    ]

    assert lows == [100, 136, 600, 600]


def test_an_early_estimate_beyond_everything_approved_is_the_upper_end(six_months: Months) -> None:
    forecast = {six_months[0]: Decimal(1000)}
    scope = scope_of(
        six_months, [100], [100] * 6, 1, reserve=Decimal(50), forecast=forecast, method="CPI"
    )

    found = estimate_range(scope)

    assert (found.high, found.high_method) == (Decimal(1000), "CPI")
    assert found.low == 100


def test_contingency_that_the_overrun_has_eaten_adds_nothing(six_months: Months) -> None:
    scope = scope_of(six_months, [200, 200], [100] * 6, 2, reserve=Decimal(150))

    assert estimate_range(scope).high == 800


def test_from_four_months_on_the_range_spans_methods_and_the_interval(six_months: Months) -> None:
    """By hand: deviations 20, -20, 20, -20 have s = 23.094 and two months are to come.

    half = 1.637744 x 23.094 x sqrt(2 x 1.5) = 65.51; as planned 400 + 200.
    """
    scope = scope_of(six_months, [120, 80, 120, 80], [100] * 6, 4)

    found = estimate_range(scope)

    assert (found.low, found.high) == (Decimal("534.49"), Decimal("665.51"))
    assert found.low_method == found.high_method == "interval of past deviations from plan"


def test_three_months_that_ran_alike_set_the_upper_end(six_months: Months) -> None:
    scope = scope_of(
        six_months, [100, 120, 120, 120], [100] * 6, 4, others=((Decimal(900), "BAC by CPI"),)
    )

    assert estimate_range(scope).high_method == "BAC by CPI"
    assert trailing(scope) == 700  # 460 + 200 x 360 / 300


def test_no_end_is_below_what_is_spent_and_ordered(six_months: Months) -> None:
    scope = scope_of(
        six_months, [100] * 4, [100] * 6, 4, committed=Decimal(150), others=((Decimal(1), "x"),)
    )

    found = estimate_range(scope)

    assert (found.low, found.low_method) == (Decimal(550), "actual plus open commitments")


def test_an_end_that_is_just_what_is_spent_and_ordered_keeps_its_name(six_months: Months) -> None:
    scope = scope_of(
        six_months, [100] * 4, [100] * 6, 4, committed=Decimal(150), others=((Decimal(550), "x"),)
    )

    assert estimate_range(scope).low_method == "x"


@pytest.mark.parametrize(
    ("spent", "planned", "expected"),
    [
        ([7] * 4, [0] * 4 + [100] * 2, 228),  # nothing was planned: as planned
        ([0] * 4, [100] * 6, 0),  # nothing was spent: nothing more is
        ([-9] * 4, [100] * 6, -36),  # a refund is no rate
        ([100] * 4 + [70], [50] * 6, 600),  # the open month is at least what is spent
        ([50] * 4 + [120], [50] * 6, 370),
        ([120] * 4 + [30], [100] * 4, 510),  # spent in a month without a plan
        ([0, 150], [100] * 6, 250),  # of three months one cost anything
    ],
)
def test_the_rest_at_the_ratio_of_the_last_three_months(
    six_months: Months, spent: list[int], planned: list[int], expected: int
) -> None:
    assert trailing(scope_of(six_months, spent, planned, 4)) == expected


@settings(max_examples=50, deadline=None)
@given(
    spent=st.lists(st.integers(-100, 500), min_size=6, max_size=6),
    planned=st.lists(st.integers(0, 300), min_size=6, max_size=6),
    closed=st.integers(0, 6),
    reserve=st.integers(0, 400),
    committed=st.integers(0, 900),
)
def test_the_estimate_lies_in_its_range(
    six_months: Months,
    spent: list[int],
    planned: list[int],
    closed: int,
    reserve: int,
    committed: int,
) -> None:
    scope = scope_of(
        six_months, spent, planned, closed, reserve=Decimal(reserve), committed=Decimal(committed)
    )

    found = estimate_range(scope)

    assert found.low <= total(scope.forecast) <= found.high
    assert found.low >= min(total(scope.actual) + committed, total(scope.forecast))


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
    six_months: Months, deviation: tuple[int, ...], reserve: int, day: date | None
) -> None:
    steps = {month: Decimal(step) for month, step in zip(six_months, deviation, strict=False)}

    assert run_out(steps, Decimal(reserve)) == day


@pytest.mark.parametrize(
    ("actual", "plan", "expected"),
    [(None, 1, None), (1, None, None), (1, 0, None), (3, 2, Fraction(3, 2)), (0, 2, Fraction(0))],
)
def test_the_burn_ratio_is_actual_by_plan(
    actual: int | None, plan: int | None, expected: Any
) -> None:
    given_ = [None if each is None else Decimal(each) for each in (actual, plan)]

    assert burn_ratio(*given_) == expected


def test_a_report_of_a_past_month_knows_none_that_ended_after_it(
    portfolio_of: Any, plan_of: Any
) -> None:
    """Of March, made in May: April is as planned, and May, which runs, no less than is spent."""
    planned = {("training_compute", f"2026-0{m}"): Decimal(1000) for m in range(3, 7)}
    of = {"project": "p", "category": "training_compute"}
    rows = [
        {**of, "day": date(2026, month, 5), "cost": Decimal(cost)}
        for month, cost in ((3, 900), (4, 5000), (5, 1300))
    ]
    report = portfolio_of(
        rows,
        month=Month(2026, 3),
        as_of=datetime(2026, 5, 20, tzinfo=UTC),
        plans=[plan_of("p", planned)],
    )
    (line,) = report.projects

    assert line.outlook is not None
    assert line.completion.eac.value == 900 + 1000 + 1300 + 1000
    assert line.outlook.spread.low.value == 900 + 1300
    assert line.outlook.spread.high.value == 900 + 1000 + 1300 + 1000
