from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import MONEY, exact, from_double, from_text, parts, rounded, stored

D = Decimal
AMOUNTS: Final = st.decimals(-(10**15), 10**15, places=2)
FINE: Final = st.decimals(-(10**15), 10**15, places=24)
WEIGHTS: Final = st.lists(st.fractions(0, 1000), min_size=1, max_size=12).filter(any)
# everything that Python's own Decimal or float reads, and nobody prints on a bill
NO_NUMBERS: Final = (
    *("", " 1", "1 ", "1_000.5", "1,000", "NaN", "sNaN", "inf", "-Infinity", "0x10", "--1", "."),
    *("1e", "e1", "1e1000", "\uff11\uff12", "\u0661\u0662", "\u2212450", "\u00b2", "1.2.3", "$1"),
    *("+", "-", "1\n", "\n1", "1e+", "1e\u0661", "1.e", "\u066b5"),
)


@pytest.mark.failure("C13")
@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0", "0"), ("-0.10", "-0.10"), ("+7", "7"), (".5", "0.5"), ("5.", "5"), ("007", "7")),
        *(("4E-7", "0.0000004"), ("1e3", "1000"), ("-2.5e+2", "-250"), ("1e-100", "1e-100")),
    ],
)
def test_a_plain_decimal_is_read_as_it_is_printed(text: str, number: str) -> None:
    assert exact(text) == D(number)


@pytest.mark.failure("C12")
@pytest.mark.failure("C13")
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_plain_number_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plain decimal number") as error:
        exact(text)

    assert str(error.value) == f"{text!r} is not a plain decimal number"


@pytest.mark.failure("C13")
@given(st.text(max_size=8) | st.text("0123456789+-.eE_,\u0661\uff11 ", max_size=8))
def test_no_text_whatever_is_read_as_another_number(text: str) -> None:
    plain = re.fullmatch(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", text)
    try:
        found = exact(text)
    except ValueError:
        assert not plain
    else:
        assert plain
        assert found == Fraction(text)


@pytest.mark.failure("C13")
@pytest.mark.parametrize(
    "text", [*NO_NUMBERS, pytest.param("1" + "0" * 20, id="more than money holds")]
)
def test_columns_read_no_other_numbers_than_the_program_does(text: str) -> None:
    assert column(text) is None


def column(text: str) -> Decimal | None:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    found: Decimal | None = frame.select(from_text(pl.col("text"))).item()
    return found


@pytest.mark.parametrize(
    ("amount", "places", "expected"),
    [
        *(("0.005", 2, "0.01"), ("-0.005", 2, "-0.01"), ("0.025", 2, "0.03"), ("2.5", 0, "3")),
        *(("-2.5", 0, "-3"), ("0.0049", 2, "0.00"), ("1.005", 2, "1.01"), ("1e-7", 2, "0.00")),
        *(("12345678901234567890.125", 2, "12345678901234567890.13"), ("7", 4, "7.0000")),
    ],
)
def test_a_half_is_rounded_away_from_zero(amount: str, places: int, expected: str) -> None:
    for whole in (D(amount), Fraction(amount)):
        found = rounded(whole, places)

        assert str(found) == expected or (found == 0 and D(expected) == 0)
        assert found.as_tuple().exponent == -places


def test_amounts_are_rounded_to_cents_unless_told_otherwise() -> None:
    assert str(rounded(D("1.995"))) == "2.00"
    assert str(rounded(Fraction(1, 3))) == "0.33"


@given(FINE, st.integers(0, 18))
def test_rounding_is_alike_for_decimals_and_fractions_and_mirrors_credits(
    amount: Decimal, places: int
) -> None:
    found = rounded(amount, places)

    assert rounded(Fraction(amount), places) == found
    assert rounded(amount.copy_negate(), places) == -found
    assert abs(Fraction(found) - Fraction(amount)) <= Fraction(1, 2 * 10**places)


@pytest.mark.failure("C02")
@given(FINE)
def test_frames_keep_eighteen_places(amount: Decimal) -> None:
    found = stored(amount)

    assert found == rounded(amount, 18)
    assert found.as_tuple().exponent == -18


@pytest.mark.failure("C03")
@given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_whole_and_none_is_off_by_more_than_a_unit(
    total: Decimal, weights: list[Fraction]
) -> None:
    found = parts(total, weights)

    assert sum(found) == total
    assert len(found) == len(weights)
    whole = sum(weights)
    for part, weight in zip(found, weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * weight / whole) <= Fraction(1, 100)
    upto = [Fraction(total) * reached / whole for reached in accumulate(weights)]
    assert [rounded(each) for each in upto] == list(accumulate(found))


@pytest.mark.failure("C03")
@pytest.mark.parametrize(
    ("total", "weights", "places", "expected"),
    [
        ("100.00", (1, 1, 1), 2, "33.33 33.34 33.33"),
        ("1", (1, 1, 1), 0, "0 1 0"),
        ("-0.01", (1, 1), 2, "-0.01 0.00"),
        ("10.00", (0, 1, 0, 3), 2, "0.00 2.50 0.00 7.50"),
        ("0.001", (Fraction(1, 3), Fraction(2, 3)), 3, "0.000 0.001"),
    ],
)
def test_an_amount_is_split_by_cumulative_rounding(
    total: str, weights: tuple[int, ...], places: int, expected: str
) -> None:
    assert " ".join(map(str, parts(D(total), weights, places))) == expected


@pytest.mark.parametrize(
    ("total", "weights", "message"),
    [
        ("1.00", [], "the weights sum to zero"),
        ("1.00", [0, 0], "the weights sum to zero"),
        ("1.00", [1, -1], "the weights sum to zero"),
        ("1.005", [1, 1], "1.005 has more than 2 decimals"),
    ],
)
def test_what_cannot_be_split_is_refused(total: str, weights: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        parts(D(total), weights)


@pytest.mark.failure("C02")
@given(st.decimals(-(10**9), 10**9, places=12))
def test_a_double_is_read_as_the_decimal_it_was_printed_from(amount: Decimal) -> None:
    double = float(amount)
    frame = pl.DataFrame({"cost": [double]})

    found = frame.select(from_double(pl.col("cost"))).item()

    assert found == rounded(D(repr(double)), 12)
    assert frame.select(from_double(pl.col("cost"))).schema == {"cost": MONEY}


@pytest.mark.failure("C02")
@given(st.decimals(-(10**13), 10**13, places=24) | st.decimals(-(10**19), 10**19, places=18))
def test_text_is_read_at_eighteen_places_half_away_from_zero(amount: Decimal) -> None:
    assert column(f"{amount:f}") == rounded(amount, 18)


@pytest.mark.failure("C02")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.0000000000000000005", "0.000000000000000001"),
        ("0.0000000000000000025", "0.000000000000000003"),
        ("-0.0000000000000000025", "-0.000000000000000003"),
        ("99999999999999999999.5", "99999999999999999999.5"),
    ],
)
def test_a_half_unit_of_text_is_rounded_away_from_zero_and_large_amounts_are_read(
    text: str, expected: str
) -> None:
    assert column(text) == D(expected)


@pytest.mark.failure("C02")
def test_a_half_unit_of_a_double_is_rounded_away_from_zero() -> None:
    doubles = [float(text) for text in ("2.5e-12", "-2.5e-12", "1e-13")]

    found = pl.DataFrame({"cost": doubles}).select(from_double(pl.col("cost")))

    assert found["cost"].to_list() == [D("3e-12"), D("-3e-12"), D(0)]


@pytest.mark.failure("C08")
def test_sums_and_rounding_are_exact_with_as_many_digits_as_frames_hold() -> None:
    most = D("99999999999999999999.999999999999999999")

    assert rounded(most, 2) == D("100000000000000000000.00")
    assert stored(most) == most
    assert sum(map(Fraction, parts(most, (1, 1, 1), 18))) == Fraction(most)
