from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import rounded
from models.period import Month
from reconcile.decision.drawdown import drawdown, percent, share_done

D = Decimal
MARCH, MAY, JUNE = (Month(2026, number) for number in (3, 5, 6))


@pytest.mark.failure("F04")
def test_the_oracle_of_contingency(oracle: Callable[[str], Any]) -> None:
    known = oracle("contingency")
    draws = [(Month.parse(month), D(amount)) for month, amount in known["drawdowns"]]
    progress = Fraction(known["progress_pct_for_same_month"]) / 100

    found = drawdown("p", D(known["opening"]), draws, JUNE, progress)

    balances = [[str(step.month), str(step.balance)] for step in found.steps]
    assert balances == known["balance"]
    assert found.used_pct is not None
    assert rounded(found.used_pct) == D(known["used_pct"])
    assert found.burn is not None
    assert rounded(found.burn, 4) == D(known["burn_ratio"])
    assert found.burn_ratio == D("0.967447")
    assert (found.drawn, found.balance) == (D(1720), D("1512.50"))
    assert not found.fast


@pytest.mark.parametrize(("progress", "fast"), [(49, True), (50, False), (51, False)])
def test_contingency_that_goes_faster_than_the_work_is_told_beyond_one(
    progress: int, *, fast: bool
) -> None:
    found = drawdown("p", D(100), [(MAY, D(50))], MAY, Fraction(progress, 100))

    assert found.fast is fast


@pytest.mark.parametrize("progress", [None, Fraction(0), Fraction(-1)])
def test_without_progress_there_is_no_burn_ratio(progress: Fraction | None) -> None:
    found = drawdown("p", D(100), [(MAY, D(50))], MAY, progress)

    assert (found.burn, found.burn_ratio, found.fast) == (None, None, False)


def test_without_an_opening_nothing_is_used_of_it() -> None:
    found = drawdown("p", D(0), [], MAY, Fraction(1, 2))

    assert (found.used, found.used_pct, found.burn) == (None, None, None)


def test_a_draw_of_a_later_month_has_not_happened() -> None:
    found = drawdown("p", D(100), [(JUNE, D(5)), (MAY, D(7)), (MARCH, D(3)), (MAY, D(1))], MAY)

    assert [(step.month, step.drawn) for step in found.steps] == [(MARCH, D(3)), (MAY, D(8))]
    assert found.balance == D(89)


def test_progress_without_outputs_is_actual_by_estimate() -> None:
    assert share_done(D(25), D(100)) == Fraction(1, 4)
    assert share_done(None, D(100)) is None
    assert share_done(D(25), D(0)) is None
    assert (percent(Fraction(1, 3)), percent(None)) == (D("33.333333"), None)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(-500, 500)), max_size=8))
def test_opening_is_drawn_and_balance(draws: list[tuple[int, int]]) -> None:
    moved = [(Month(2026, month), D(amount)) for month, amount in draws]

    found = drawdown("p", D(1000), moved, Month(2026, 12))

    assert found.drawn + found.balance == found.opening
    assert found.drawn == sum((amount for _, amount in moved), D(0))
    assert not found.steps or found.steps[-1].balance == found.balance
