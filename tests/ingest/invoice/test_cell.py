from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.invoice.cell import CellError, Cells
from ingest.invoice.settings import Settings

Reading = Callable[..., Settings]
NARROW, UNBROKEN = "\u202f", "\u00a0"

# as printed, decimal mark, thousands mark, what it is; None is refused
FORMS = [
    ("1234.56", ".", "", "1234.56"),
    ("1,234.56", ".", ",", "1234.56"),
    ("1,234,567.89", ".", ",", "1234567.89"),
    ("1.234,56", ",", ".", "1234.56"),
    ("1.234.567", ",", ".", "1234567"),
    ("27,80", ",", ".", "27.80"),
    ("27,80", ",", "", "27.80"),
    ("1 234,56", ",", " ", "1234.56"),
    (f"3{UNBROKEN}038,14", ",", " ", "3038.14"),
    (f"3{NARROW}038,14", ",", " ", "3038.14"),
    ("12'345.60", ".", "'", "12345.60"),
    ("0.0000004", ".", "", "0.0000004"),
    ("-450.00", ".", "", "-450.00"),
    ("+450.00", ".", "", "450.00"),
    ("0", ".", "", "0"),
    (".50", ".", "", "0.50"),
    (",5", ",", ".", "0.5"),
    ("1234,56", ",", ".", "1234.56"),
    ("007", ".", "", "7"),
    ("1.234", ",", ".", "1234"),
    ("1.234", ".", ",", "1.234"),
    ("1,234", ".", ",", "1234"),
    ("1,234", ",", ".", "1.234"),
    # another locale than declared
    ("1.234,56", ".", ",", None),
    ("1,234.56", ",", ".", None),
    ("27,80", ".", ",", None),
    ("3 038,14", ",", ".", None),
    ("1,234.56", ".", "", None),
    ("1,23,456.00", ".", ",", None),
    ("1.23", ",", ".", None),
    ("12'345.60", ".", ",", None),
    # no number at all
    ("", ".", "", None),
    ("N/A", ".", "", None),
    ("-", ".", "", None),
    ("NaN", ".", "", None),
    ("Infinity", ".", "", None),
    ("1e3", ".", "", None),
    ("1_000.5", ".", "", None),
    ("0x10", ".", "", None),
    ("\uff11\uff12", ".", "", None),
    ("\u0661\u0662", ".", "", None),
    ("$5.00", ".", "", None),
    ("5.00 EUR", ".", "", None),
    ("(450.00)", ".", "", None),
    ("450.00-", ".", "", None),
    ("\u2212450.00", ".", "", None),
    ("1.2.3", ".", "", None),
    ("1.", ".", "", None),
    ("=1+1", ".", "", None),
    ("0." + "1" * 19, ".", "", None),
    ("1" * 19, ".", "", None),
]


@pytest.mark.failure("H06")
@pytest.mark.failure("B05")
@pytest.mark.parametrize(("printed", "decimal", "thousands", "number"), FORMS)
def test_a_number_is_read_as_its_locale_says_or_refused(
    reading: Reading, printed: str, decimal: str, thousands: str, number: str | None
) -> None:
    cells = Cells(reading(decimal=decimal, thousands=thousands))

    if number is None:
        with pytest.raises(CellError) as refused:
            cells.number("amount", printed)
        assert (refused.value.field, refused.value.value) == ("amount", printed)
    else:
        assert cells.number("amount", printed) == Decimal(number)


# as printed, how negative numbers are, what it is; None is refused
SIGNED = [
    ("-450.00", ("minus",), "-450.00"),
    ("450.00-", ("trailing",), "-450.00"),
    ("450.00", ("trailing",), "450.00"),
    ("(450.00)", ("parentheses",), "-450.00"),
    ("(1,450.00)", ("parentheses",), "-1450.00"),
    ("450.00-", ("minus", "trailing"), "-450.00"),
    ("-450.00", ("minus", "trailing"), "-450.00"),
    ("$450.00", ("minus",), "450.00"),
    ("$ 450.00", ("minus",), "450.00"),
    ("450.00 US$", ("minus",), "450.00"),
    (f"450.00{UNBROKEN}$", ("minus",), "450.00"),
    ("-$450.00", ("minus",), "-450.00"),
    ("$-450.00", ("minus",), "-450.00"),
    ("$450.00-", ("trailing",), "-450.00"),
    ("450.00-$", ("trailing",), "-450.00"),
    ("($450.00)", ("parentheses",), "-450.00"),
    ("$(450.00)", ("parentheses",), "-450.00"),
    # a sign where none is declared to stand, or two
    ("-450.00", ("trailing",), None),
    ("-450.00", ("parentheses",), None),
    ("450.00-", ("minus", "parentheses"), None),
    ("(450.00)", ("minus", "trailing"), None),
    ("-450.00-", ("minus", "trailing"), None),
    ("(-450.00)", ("minus", "parentheses"), None),
    ("(450.00", ("parentheses",), None),
    ("450.00)", ("parentheses",), None),
    ("$450.00$", ("minus",), None),
    ("\u20ac450.00", ("minus",), None),
    ("$", ("minus",), None),
    ("4$50.00", ("minus",), None),
]


@pytest.mark.failure("H06")
@pytest.mark.parametrize(("printed", "negative", "number"), SIGNED)
def test_signs_stand_only_where_they_are_declared_to(
    reading: Reading, printed: str, negative: tuple[str, ...], number: str | None
) -> None:
    cells = Cells(reading(thousands=","), negative, ("$", "US$"))

    if number is None:
        with pytest.raises(CellError) as refused:
            cells.number("amount", printed)
        assert refused.value.reason.startswith("is not a number written like 1,234.56")
    else:
        assert cells.number("amount", printed) == Decimal(number)
        assert bool(cells.sign(printed)) == ("$" in printed)


@pytest.mark.parametrize(
    ("negative", "shown"),
    [
        (("minus",), "1234.56"),
        (("trailing",), "1234.56 or 1234.56-"),
        (("minus", "parentheses"), "1234.56 or (1234.56)"),
    ],
)
def test_a_refused_number_is_shown_the_signs_that_are_declared(
    reading: Reading, negative: tuple[str, ...], shown: str
) -> None:
    with pytest.raises(CellError) as refused:
        Cells(reading(), negative).number("amount", "?")

    assert refused.value.reason == f"is not a number written like {shown}"


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("12,5", "is not a number written like 1234.56"),
        ("0." + "1" * 19, "has more than 18 digits before or after the mark"),
    ],
)
def test_a_refused_number_says_how_it_should_be_written(
    reading: Reading, printed: str, reason: str
) -> None:
    with pytest.raises(CellError) as refused:
        Cells(reading()).number("amount", printed)

    assert str(refused.value) == f"amount: {printed!r} {reason}"


@pytest.mark.failure("H06")
@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=2))
def test_a_number_printed_in_a_locale_is_read_back_as_it_was(amount: Decimal) -> None:
    given = {
        "kind": "invoice_csv",
        "folder": ".",
        "issuer": "A",
        "service": "B",
        "columns": {"number": "a", "issued": "b", "amount": "c", "currency": "d"},
        "decimal": ",",
        "thousands": ".",
    }
    printed = f"{amount:,}".translate(str.maketrans(",.", ".,"))

    assert Cells(Settings.model_validate(given)).number("amount", printed) == amount


@pytest.mark.parametrize(
    ("printed", "dates", "day"),
    [
        ("2026-10-05", "%Y-%m-%d", date(2026, 10, 5)),
        ("5.10.2026", "%d.%m.%Y", date(2026, 10, 5)),
        ("10/05/26", "%m/%d/%y", date(2026, 10, 5)),
        ("29.02.2028", "%d.%m.%Y", date(2028, 2, 29)),
        ("2026-10-05T23:59:59+02:00", "%Y-%m-%d*", date(2026, 10, 5)),
        ("2026-10-05", "%Y-%m-%d*", date(2026, 10, 5)),
    ],
)
def test_a_date_is_read_as_declared(reading: Reading, printed: str, dates: str, day: date) -> None:
    assert Cells(reading(dates=dates)).day("issued", printed) == day


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("2026-10-05", "is not a date written like %d.%m.%Y"),
        ("05.10.26", "is not a date written like %d.%m.%Y"),
        ("05.10.2026 00:00", "is not a date written like %d.%m.%Y"),
        ("05,10,2026", "is not a date written like %d.%m.%Y"),
        ("\u0660\u0665.10.2026", "is not a date written like %d.%m.%Y"),
        ("", "is not a date written like %d.%m.%Y"),
        ("31.11.2026", "is a day that is in no calendar"),
        ("29.02.2026", "is a day that is in no calendar"),
    ],
)
def test_a_date_of_another_form_is_refused(reading: Reading, printed: str, reason: str) -> None:
    with pytest.raises(CellError) as refused:
        Cells(reading(dates="%d.%m.%Y")).day("issued", printed)

    assert refused.value.reason == reason
