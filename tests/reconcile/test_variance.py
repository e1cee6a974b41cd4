from __future__ import annotations

from decimal import Decimal

import pytest

from models.period import Month
from reconcile.state import Materiality
from reconcile.variance import VARIANCE, comparison, variance_frame

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)


def test_a_matrix_with_holes_keeps_every_cell(thresholds: Materiality) -> None:
    actual = {
        ("a", "infra", SEPTEMBER): Decimal(5000),
        ("a", "labor", OCTOBER): Decimal(-300),
        ("b", "infra", OCTOBER): Decimal(0),
    }
    plan = {
        ("a", "infra", SEPTEMBER): Decimal(4000),
        ("a", "labor", OCTOBER): Decimal(100),
        ("a", "labor", SEPTEMBER): Decimal(100),
        ("b", "data", OCTOBER): Decimal(0),
    }

    frame = variance_frame(
        actual,
        plan,
        complete=lambda project, month: (project, month) != ("a", OCTOBER),
        materiality=thresholds,
    )

    assert frame.schema == VARIANCE
    assert frame.drop("percent").rows() == [
        ("a", "infra", "2026-09", Decimal(4000), Decimal(5000), Decimal(1000), "at_risk"),
        ("a", "labor", "2026-09", Decimal(100), Decimal(0), Decimal(-100), "no_actuals"),
        ("a", "labor", "2026-10", Decimal(100), Decimal(-300), Decimal(-400), "incomplete"),
        ("b", "data", "2026-10", Decimal(0), Decimal(0), Decimal(0), "no_actuals"),
        ("b", "infra", "2026-10", None, Decimal(0), Decimal(0), "no_plan"),
    ]
    assert frame.get_column("percent").to_list() == [25, -100, None, None, None]


@pytest.mark.failure("F01")
def test_spend_without_a_plan_is_all_over_plan_and_has_no_percentage() -> None:
    seen = comparison(Decimal(700), None, complete=True)

    assert (seen.plan, seen.delta, seen.percent) == (None, Decimal(700), None)


@pytest.mark.failure("F07")
def test_missing_data_is_unknown_and_never_zero() -> None:
    seen = comparison(None, Decimal(700), complete=False)

    assert (seen.actual, seen.delta, seen.percent) == (None, None, None)


def test_no_line_in_a_whole_month_is_a_known_zero() -> None:
    seen = comparison(None, Decimal(200), complete=True)

    assert (seen.actual, seen.delta, seen.percent) == (Decimal(0), Decimal(-200), Decimal(-100))
