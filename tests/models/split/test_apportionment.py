from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvariantError
from models.money import MONEY
from models.split.apportionment import WIDE, apportioned, lowest, parts

DIGITS = 10**37  # of money in frames
AMOUNTS = st.integers(-DIGITS, DIGITS) | st.integers(-5, 5)
WEIGHTS = st.lists(st.integers(0, 9) | st.integers(0, 10**36), min_size=1, max_size=6).filter(any)


@pytest.mark.failure("C03")
@settings(max_examples=30, deadline=None)
@given(amount=AMOUNTS, weights=WEIGHTS)
def test_parts_are_the_whole_each_within_a_unit_and_a_credit_mirrors_its_cost(
    amount: int, weights: list[int]
) -> None:
    found = apportioned(amount, weights)

    assert sum(found) == amount
    whole = sum(weights)
    exact = [Fraction(amount * weight, whole) for weight in weights]
    assert all(abs(part - each) < 1 for part, each in zip(found, exact, strict=True))
    assert apportioned(-amount, weights) == [-part for part in found]
    assert apportioned(amount, lowest(weights)) == found


@pytest.mark.failure("C03")
@settings(max_examples=20, deadline=None)
@given(
    groups=st.lists(WEIGHTS, min_size=1, max_size=3),
    rows=st.lists(st.tuples(AMOUNTS, AMOUNTS, st.integers(0, 2)), max_size=12),
)
def test_frames_are_divided_as_integers_are(
    groups: list[list[int]], rows: list[tuple[int, int, int]]
) -> None:
    rows = [(one, other, group % len(groups)) for one, other, group in rows]
    by = [(group, weight) for group, each in enumerate(groups) for weight in lowest(each)]
    weights = pl.DataFrame(by, schema={"group": pl.UInt32, "weight": WIDE}, orient="row")
    frame = pl.DataFrame(
        rows, schema={"one": WIDE, "other": WIDE, "group": pl.UInt32}, orient="row"
    )
    money = pl.col("one", "other").reinterpret(dtype=MONEY)

    found = parts(frame.with_columns(money), weights, ["one", "other"])

    for at, name in enumerate(("one", "other")):
        expected = [part for row in rows for part in apportioned(row[at], groups[row[2]])]
        assert found[name].to_physical().to_list() == expected


@pytest.mark.parametrize(
    ("amount", "weights", "expected"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (10, [1, 2, 4], [1, 3, 6]),  # 1.43, 2.86, 5.71: the largest remainders first
        (7, [0, 3, 0], [0, 7, 0]),
        (0, [5, 5], [0, 0]),
    ],
)
def test_what_is_left_goes_to_the_largest_remainders(
    amount: int, weights: list[int], expected: list[int]
) -> None:
    assert apportioned(amount, weights) == expected


def test_rows_are_divided_the_same_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = pl.DataFrame({"group": [0, 0, 0], "weight": pl.Series([1, 2, 4], dtype=WIDE)})
    rows = pl.DataFrame({"group": [0] * 9, "one": pl.Series([*range(9)]).cast(MONEY)})
    at_once = parts(rows, weights, ["one"])

    monkeypatch.setattr("models.split.apportionment._ROWS", 6)

    assert parts(rows, weights, ["one"]).equals(at_once)


def test_a_part_has_what_its_row_and_its_weight_have_and_nothing_else() -> None:
    weights = pl.DataFrame(
        {"group": [0, 0], "target": ["a", "b"], "weight": pl.Series([1, 2], dtype=WIDE)}
    )
    rows = pl.DataFrame({"group": [0], "day": ["first"], "one": pl.Series([9]).cast(MONEY)})

    found = parts(rows, weights, ["one"])

    assert found.rows() == [(0, "first", 3, "a"), (0, "first", 6, "b")]
    assert parts(rows.clear(), weights.clear(), ["one"]).equals(found.clear())


@pytest.mark.parametrize(
    ("weights", "expected"),
    [([4, 6, 0], [2, 3, 0]), ([7], [1]), ([3, 5], [3, 5]), ([0, 0], [0, 0])],
)
def test_weights_are_put_in_lowest_terms(weights: list[int], expected: list[int]) -> None:
    assert lowest(weights) == expected


def test_weights_are_refused_from_a_quarter_of_what_an_integer_holds() -> None:
    assert lowest([2**125 - 2, 1]) == [2**125 - 2, 1]
    with pytest.raises(InvariantError):
        lowest([2**125 - 1, 1])


def test_weights_that_no_integer_holds_are_refused() -> None:
    with pytest.raises(InvariantError) as caught:
        lowest([10**38, 1])

    assert str(caught.value) == (
        "weights of 39 digits cannot be divided by; "
        "nothing is published, the last good figures stay"
    )
