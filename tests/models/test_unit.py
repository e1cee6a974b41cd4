"""Units of bills and plans are compared by what they measure, whatever they are called."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.unit import quantity, says, unit


@pytest.mark.parametrize(
    ("stated", "wanted", "expected"),
    [
        ("GPU-Hours", "gpu-hour", "1"),
        ("GPU hours", "gpu_hour", "1"),
        ("Hrs", "hour", "1"),
        ("h", "Hours", "1"),
        ("Seconds", "hour", "1/3600"),
        ("GPU-minutes", "gpu-hour", "1/60"),
        ("days", "hours", "24"),
        ("year", "months", "12"),
        ("GB-Mo", "tb-month", "1/1000"),
        ("TB-Months", "gb-month", "1000"),
        ("GiB-Mo", "KiB-Mo", "1048576"),
        ("gigabyte month", "GB-Months", "1"),
        ("gibibyte month", "gib-month", "1"),
        ("tebibytes", "terabytes", "17179869184/15625000000"),
        ("1000 Tokens", "token", "1000"),
        ("1M tokens", "1K tokens", "1000"),
        ("million tokens", "thousand-tokens", "1000"),
        ("Requests", "request", "1"),
        ("role-months", "role-month", "1"),
        ("inference-hour", "Inference-Hours", "1"),
    ],
)
def test_two_names_of_one_thing_are_compared(stated: str, wanted: str, expected: str) -> None:
    assert quantity(Decimal(1), stated, wanted) == Fraction(expected)


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        ("Hours", "gpu-hour"),
        ("GB-Hours", "gb-month"),
        ("GB", "GB-Mo"),
        ("tokens", "requests"),
        ("hour", "month"),
        ("", "hour"),
        (None, "hour"),
        ("hour", None),
    ],
)
def test_what_measures_something_else_is_never_converted(
    stated: str | None, wanted: str | None
) -> None:
    assert quantity(Decimal(1), stated, wanted) is None


def test_a_word_that_nobody_knows_means_itself() -> None:
    assert unit("Widgets") == unit("widget")
    assert [unit("10 widgets").measures, unit("10 widgets").size] == ["widget", 10]
    assert unit("0 widgets").measures == "0-widget"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("Units", False), ("each", False), ("C62", False), ("", False), (None, False), ("h", True)],
)
def test_a_unit_that_counts_just_anything_says_nothing(stated: str | None, expected: bool) -> None:
    assert says(stated) is expected


@settings(max_examples=30)
@given(
    number=st.decimals(0, 10**9, places=6),
    pair=st.sampled_from([("GPU-Hours", "gpu-second"), ("TB-Mo", "GiB-Months"), ("day", "min")]),
)
def test_there_and_back_is_the_same_number(number: Decimal, pair: tuple[str, str]) -> None:
    there = quantity(number, *pair)

    assert there is not None
    assert quantity(there, pair[1], pair[0]) == Fraction(number)
