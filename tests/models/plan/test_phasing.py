from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.plan.phasing import SHAPES, Method, phased, weights

NUMBERS: Final = st.lists(st.decimals("0", "100", places=2), min_size=1, max_size=36).filter(any)
AMOUNTS: Final = st.decimals("-1000000", "1000000", places=2)


def spread(amount: str, method: Method, months: int, given: str = "") -> str:
    shares = weights(method, months, tuple(map(Decimal, given.split())))
    return " ".join(map(str, phased(Decimal(amount), shares)))


@pytest.mark.parametrize(
    ("amount", "method", "months", "numbers", "expected"),
    [
        ("1000.00", "even", 6, "", "166.67 166.66 166.67 166.67 166.66 166.67"),
        ("150.00", "even", 6, "", "25.00 25.00 25.00 25.00 25.00 25.00"),
        ("-100.00", "even", 3, "", "-33.33 -33.34 -33.33"),
        ("0.01", "even", 3, "", "0.00 0.01 0.00"),
        ("13500.00", "front_loaded", 6, "", "3857.14 3214.29 2571.43 1928.57 1285.71 642.86"),
        ("200.00", "back_loaded", 6, "", "9.52 19.05 28.57 38.10 47.62 57.14"),
        ("4500.00", "s_curve", 6, "", "333.33 833.34 1083.33 1083.33 833.34 333.33"),
        ("1000.00", "s_curve", 3, "", "259.26 481.48 259.26"),
        ("2000.00", "milestone", 6, "0 1 1 1 1 0", "0.00 500.00 500.00 500.00 500.00 0.00"),
        ("200.00", "explicit_weights", 6, "0 0 0 0 1 1", "0.00 0.00 0.00 0.00 100.00 100.00"),
        (
            "1200.00",
            "explicit_amounts",
            6,
            "300 180 180 180 180 180",
            "300.00 180.00 180.00 180.00 180.00 180.00",
        ),
    ],
)
def test_an_amount_is_spread_to_the_cent(
    amount: str, method: Method, months: int, numbers: str, expected: str
) -> None:
    assert spread(amount, method, months, numbers) == expected


def test_the_s_curve_is_exact() -> None:
    half = [Fraction(2, 27), Fraction(5, 27), Fraction(13, 54)]

    assert [*weights("s_curve", 6)] == half + half[::-1]


@pytest.mark.failure("C03")
@given(amount=AMOUNTS, months=st.integers(1, 36), method=st.sampled_from(sorted(SHAPES)))
def test_the_months_sum_to_the_amount_and_none_turns_its_sign(
    amount: Decimal, months: int, method: Method
) -> None:
    parts = phased(amount, weights(method, months))

    assert sum(parts) == amount
    assert len(parts) == months
    assert all(part * amount >= 0 for part in parts)


@given(amount=AMOUNTS, numbers=NUMBERS)
def test_given_weights_sum_to_the_amount_and_leave_their_zeros_empty(
    amount: Decimal, numbers: list[Decimal]
) -> None:
    parts = phased(amount, weights("explicit_weights", len(numbers), numbers))

    assert sum(parts) == amount
    assert not any(part for part, number in zip(parts, numbers, strict=True) if not number)


@given(amount=AMOUNTS, months=st.integers(1, 36), method=st.sampled_from(sorted(SHAPES)))
def test_a_credit_is_spread_as_its_invoice_was(
    amount: Decimal, months: int, method: Method
) -> None:
    shares = weights(method, months)

    assert phased(-amount, shares) == tuple(-part for part in phased(amount, shares))


@given(numbers=NUMBERS)
def test_amounts_that_are_given_come_back_unchanged(numbers: list[Decimal]) -> None:
    shares = weights("explicit_amounts", len(numbers), numbers)

    assert [*phased(sum(numbers, Decimal(0)), shares)] == numbers


@pytest.mark.parametrize("method", ["front_loaded", "back_loaded", "s_curve"])
@pytest.mark.parametrize("months", [2, 3, 6, 12, 36])
def test_shapes_lean_the_way_they_are_called(method: Method, months: int) -> None:
    shares = [*weights(method, months)]
    rising, falling = sorted(shares), sorted(shares, reverse=True)

    assert {
        "front_loaded": shares == falling != rising,
        "back_loaded": shares == rising != falling,
        "s_curve": shares == shares[::-1],
    }[method]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("1 1", "2 numbers for 3 months; give one a month"),
        ("", "0 numbers for 3 months; give one a month"),
        ("0 0 0", "all are zero; give at least one month a share"),
    ],
)
@pytest.mark.parametrize("method", ["milestone", "explicit_weights", "explicit_amounts"])
def test_numbers_that_do_not_fit_the_months_are_refused(
    numbers: str, message: str, method: Method
) -> None:
    with pytest.raises(ValueError, match=message):
        weights(method, 3, [Decimal(n) for n in numbers.split()])


def test_a_method_is_a_shape_or_takes_numbers() -> None:
    given = {"milestone", "explicit_weights", "explicit_amounts"}

    assert {*get_args(Method)} == {*SHAPES} | given
