from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.forecasting.estimate import outlook
from reconcile.forecasting.past import Miss, PastForecast, body, first_whole, misses

Months = Sequence[Month]


def forecast(project: str, month: Month, **months: int) -> PastForecast:
    amounts = {Month.parse(text.replace("m", "2026-0")): Decimal(v) for text, v in months.items()}
    return PastForecast(project, month, amounts)


def test_a_forecast_is_kept_by_project_category_and_month_as_text(basis: Any, item: Any) -> None:
    found = body([outlook(basis(item(), spent={"": ["100.10"] * 3}))], {"p": True})

    assert found == {
        "p": {
            "whole": True,
            "method": "category plan shape",
            "categories": {
                "infra": {
                    "eac": "600.6",
                    "method": "category plan shape",
                    "months": {f"2026-0{n}": "100.1" for n in range(1, 7)},
                }
            },
        }
    }


def test_a_project_of_which_nobody_says_that_it_is_whole_is_not(basis: Any, item: Any) -> None:
    assert body([outlook(basis(item()))], {})["p"]["whole"] is False


def test_the_first_forecast_that_saw_the_whole_month_counts(six_months: Months) -> None:
    def said(amount: str, *, whole: bool) -> dict[str, Any]:
        months = {"2026-03": "1", "2026-04": amount, "2026-05": "2"}
        return {"projects": {"p": {"whole": whole, "categories": {
            "infra": {"months": months}, "data": {"months": {"2026-04": "5"}},
        }}}}  # fmt: skip

    found = first_whole(
        six_months[2],
        [said("10", whole=False), said("20", whole=True), said("30", whole=True)],
    )

    assert found == [forecast("p", six_months[2], m4=25, m5=2)]


def test_errors_are_weighed_by_cost_and_keep_their_sign(six_months: Months) -> None:
    """By hand: |110 - 100| + |90 - 120| = 40 of 200; 10 - 30 = -20 of 200."""
    past = [forecast("p", six_months[0], m2=100), forecast("p", six_months[1], m3=120)]
    actual = {"p": {six_months[1]: Decimal(110), six_months[2]: Decimal(90)}}

    found = misses(past, actual, {"p": list(six_months[:3])})

    assert found == [Miss(lag=1, months=2, wape=Decimal("20.00"), bias=Decimal("-10.00"))]


def test_a_lag_compares_with_what_was_said_so_many_closes_before(six_months: Months) -> None:
    past = [forecast("p", six_months[0], m2=50, m4=80), forecast("q", six_months[0], m4=100)]
    actual = {key: {six_months[3]: Decimal(100)} for key in "pq"}

    found = misses(past, actual, {key: [six_months[3]] for key in "pq"})

    assert found == [Miss(lag=3, months=2, wape=Decimal("10.00"), bias=Decimal("10.00"))]


def test_a_month_that_nobody_expected_is_all_miss(six_months: Months) -> None:
    past = [PastForecast("p", six_months[0], {})]

    found = misses(past, {"p": {six_months[1]: Decimal(7)}}, {"p": [six_months[1]]})

    assert found == [Miss(lag=1, months=1, wape=Decimal("100.00"), bias=Decimal("100.00"))]


@pytest.mark.parametrize("spent", ["0", "-5"])
def test_without_cost_there_is_no_share_of_it(six_months: Months, spent: str) -> None:
    past = [forecast("p", six_months[0], m2=10)]

    assert misses(past, {"p": {six_months[1]: Decimal(spent)}}, {"p": [six_months[1]]}) == []


def test_a_month_that_is_not_reported_is_not_compared(six_months: Months) -> None:
    past = [forecast("p", six_months[0], m2=10)]

    assert misses(past, {"p": {six_months[1]: Decimal(5)}}, {"p": [six_months[0]]}) == []


def test_a_project_that_cost_nothing_is_all_miss_among_others(six_months: Months) -> None:
    """By hand: |0 - 20| + |80 - 80| of 80."""
    past = [forecast("p", six_months[0], m2=20), forecast("q", six_months[0], m2=80)]
    actual = {"q": {six_months[1]: Decimal(80)}}

    found = misses(past, actual, {key: [six_months[1]] for key in "pq"})

    assert found == [Miss(lag=1, months=2, wape=Decimal("25.00"), bias=Decimal("-25.00"))]
