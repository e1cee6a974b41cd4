from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.currency import RateEntry, RateError, Rates
from models.period import Month

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]

ROWS = (
    "{currency: EUR, to: USD, from: 2026-09, rate: 1.0840, source: ECB}",
    "{currency: EUR, to: USD, from: 2026-11, rate: 1.0795, source: ECB}",
    "{currency: GBP, to: USD, from: 2026-09, rate: 1.3000, source: ECB}",
)


def text(*rows: str) -> str:
    return "rates:\n" + "".join(f"- {row}\n" for row in rows)


@pytest.fixture
def rates(written: Written) -> Rates:
    return Rates.load(written("rates.yaml", text(*ROWS)))


@pytest.mark.failure("G02")
@pytest.mark.parametrize(
    ("month", "rate"),
    [("2026-09", "1.0840"), ("2026-10", "1.0840"), ("2026-11", "1.0795"), ("2030-01", "1.0795")],
)
def test_a_rate_holds_from_its_month_until_the_next_one(
    month: str, rate: str, rates: Rates
) -> None:
    assert str(rates.rate("EUR", "USD", Month.parse(month))) == rate
    assert rates.entry("EUR", "USD", Month.parse(month)).source == "ECB"


@pytest.mark.failure("G02")
@given(
    starts=st.lists(st.integers(0, 40), unique=True, min_size=1),
    later=st.integers(1, 9),
    asked=st.integers(0, 60),
)
def test_a_rate_stated_later_moves_no_month_before_it(
    starts: list[int], later: int, asked: int
) -> None:
    def entry(start: int) -> RateEntry:
        stated = {"currency": "EUR", "to": "USD", "rate": start + 1, "source": "x"}
        return RateEntry.model_validate({**stated, "from": Month(2026, 1) + start})

    known = [*map(entry, starts)]
    month = Month(2026, 1) + min(max(starts) + later - 1, max(asked, min(starts)))
    added = [*known, entry(max(starts) + later)]

    before = Rates.of(tuple(known)).rate("EUR", "USD", month)

    assert Rates.of(tuple(added)).rate("EUR", "USD", month) == before


@given(
    cents=st.integers(-(10**20), 10**20),
    rate=st.decimals("0.000001", "99999", places=6),
)
def test_an_amount_is_converted_exactly(cents: int, rate: Decimal) -> None:
    entry = RateEntry.model_validate(
        {"currency": "EUR", "to": "USD", "from": "2026-01", "rate": rate, "source": "x"}
    )
    rates = Rates.of((entry,))
    amount = Decimal(cents).scaleb(-18)

    found = rates.convert(amount, "EUR", "USD", Month(2026, 1))

    assert int(found.scaleb(24)) == cents * int(rate.scaleb(6))


def test_a_currency_is_one_of_itself_without_a_rate() -> None:
    assert Rates.of(()).convert(Decimal("1.10"), "JPY", "JPY", Month(2026, 1)) == Decimal("1.10")


@pytest.mark.failure("G01")
@pytest.mark.parametrize("gone", [0, 2])
def test_each_rate_that_is_missing_is_an_error_with_its_way_out(
    gone: int, written: Written
) -> None:
    rates = Rates.load(written("rates.yaml", text(*(r for r in ROWS if r != ROWS[gone]))))
    currency = ("EUR", "EUR", "GBP")[gone]

    with pytest.raises(RateError) as caught:
        rates.convert(Decimal(0), currency, "USD", Month(2026, 9))

    assert str(caught.value) == (
        f"rates.yaml:1:1: no rate {currency} to USD for 2026-09; "
        f"add {{currency: {currency}, to: USD, from: 2026-09, rate: ..., source: ...}}"
    )
    assert caught.value.exit_code == 5


@pytest.mark.failure("G07")
@pytest.mark.parametrize(("currency", "to"), [("USD", "EUR"), ("EUR", "GBP"), ("GBP", "EUR")])
def test_no_rate_is_inverted_or_crossed(currency: str, to: str, rates: Rates) -> None:
    with pytest.raises(RateError, match=f"no rate {currency} to {to} for 2026-12"):
        rates.rate(currency, to, Month(2026, 12))


@pytest.mark.failure("G07")
def test_a_rate_that_its_opposite_contradicts_is_inverted(complaints: Complaints) -> None:
    back = "{currency: USD, to: EUR, from: 2026-09, rate: 1.0840, source: ECB}"

    assert complaints(Rates.load, text(ROWS[0], back), "rates.yaml") == [
        (
            "rates.yaml:2:49: rates.0.rate: EUR to USD 1.0840 contradicts USD to EUR 1.0840; "
            "one of them is inverted"
        ),
        (
            "rates.yaml:3:49: rates.1.rate: USD to EUR 1.0840 contradicts EUR to USD 1.0840; "
            "one of them is inverted"
        ),
    ]


def test_a_rate_and_its_opposite_may_both_be_stated(written: Written) -> None:
    back = "{currency: USD, to: EUR, from: 2026-09, rate: 0.9225, source: ECB}"

    rates = Rates.load(written("rates.yaml", text(ROWS[0], back)))

    assert rates.rate("USD", "EUR", Month(2026, 9)) == Decimal("0.9225")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "{currency: EUR, to: USD, from: 2026-09, rate: 2, source: other}",
            (
                "rates.yaml:3:3: rates.1: EUR to USD from 2026-09 is already stated in line 2; "
                "remove one"
            ),
        ),
        (
            "{currency: USD, to: USD, from: 2026-09, rate: 1, source: x}",
            "rates.yaml:3:3: rates.1: USD to USD is 1 and cannot be stated; remove it",
        ),
        (
            "{currency: EUR, to: USD, from: 2026-10, rate: 0, source: x}",
            "rates.yaml:3:49: rates.1.rate: 0 must be above zero",
        ),
        (
            "{currency: EUR, to: USD, from: 2026-10, rate: '1,08', source: x}",
            (
                "rates.yaml:3:49: rates.1.rate: '1,08' is not a number; "
                "write without separators, for example 1200.50"
            ),
        ),
        (
            "{currency: euro, to: USD, from: 2026-10, rate: 1, source: x}",
            (
                "rates.yaml:3:14: rates.1.currency: 'euro' is not a currency; "
                "write an ISO 4217 code, for example USD"
            ),
        ),
        (
            "{currency: EUR, to: USD, from: 2026-10, rate: 1}",
            "rates.yaml:3:3: rates.1: missing key 'source'",
        ),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(
    row: str, said: str, complaints: Complaints
) -> None:
    assert complaints(Rates.load, text(ROWS[0], row), "rates.yaml") == [said]


def test_the_fingerprint_follows_rates_and_their_source(written: Written) -> None:
    def of(*rows: str) -> str:
        return Rates.load(written("rates.yaml", text(*rows))).fingerprint

    assert of(*ROWS) == of(*reversed(ROWS)) == of(ROWS[0].replace("1.0840", "1.084"), *ROWS[1:])
    changed = [ROWS[0].replace("1.0840", "1.0841"), ROWS[0].replace("ECB", "Fed")]
    assert len({of(*ROWS), *(of(row, *ROWS[1:]) for row in changed)}) == 3
