from __future__ import annotations

from decimal import Decimal

import pytest

from models.currency import RateEntry, RateError, Rates
from models.period import Month
from models.pinnedrates import PinnedRates, pinned, read, stated

OCTOBER = Month(2026, 10)


def rates(*entries: tuple[str, str, str]) -> Rates:
    return Rates.of(
        tuple(
            RateEntry.model_validate(
                {"currency": currency, "to": "USD", "from": start, "rate": rate, "source": "bank"}
            )
            for currency, start, rate in entries
        )
    )


THEN = rates(("EUR", "2026-01", "1.08"), ("EUR", "2026-10", "1.10"), ("EUR", "2026-11", "1.2"))
NOW = rates(("EUR", "2026-01", "2"), ("GBP", "2026-01", "3"))


def test_the_ledger_keeps_the_rates_in_force_and_the_hash_of_all() -> None:
    assert stated(THEN, OCTOBER) == {
        "hash": THEN.fingerprint,
        "stated": [
            {"currency": "EUR", "to": "USD", "from": "2026-10", "rate": "1.10", "source": "bank"}
        ],
    }
    assert stated(THEN, Month(2025, 12))["stated"] == []


@pytest.mark.failure("G02")
def test_a_closed_month_keeps_its_rate_and_others_have_the_rates_of_today() -> None:
    pinned = PinnedRates.over(NOW, {OCTOBER: read(stated(THEN, OCTOBER))})

    found = [pinned.convert(Decimal(10), "EUR", "USD", OCTOBER + each) for each in (-1, 0, 1)]

    assert found == [Decimal(20), Decimal("11.00"), Decimal(20)]
    assert pinned.entry("EUR", "USD", OCTOBER).source == "bank"
    assert pinned.fingerprint == NOW.fingerprint


@pytest.mark.failure("G01")
def test_a_pair_that_a_month_was_closed_without_has_the_rate_of_today_or_is_an_error() -> None:
    pinned = PinnedRates.over(NOW, {OCTOBER: read(stated(THEN, OCTOBER))})

    assert pinned.rate("GBP", "USD", OCTOBER) == Decimal(3)
    assert pinned.rate("USD", "USD", OCTOBER) == Decimal(1)
    with pytest.raises(RateError, match="no rate CHF to USD for 2026-10"):
        pinned.rate("CHF", "USD", OCTOBER)


def test_a_month_closed_without_rates_has_those_of_today() -> None:
    assert PinnedRates.over(NOW, {OCTOBER: read({})}).rate("EUR", "USD", OCTOBER) == Decimal(2)


@pytest.mark.failure("G02")
def test_what_is_late_in_a_new_currency_keeps_the_rate_of_the_month_that_bears_it() -> None:
    november = stated(NOW, OCTOBER + 1, [OCTOBER, OCTOBER])
    later = stated(rates(("GBP", "2026-01", "7")), OCTOBER + 2, [OCTOBER])
    bodies = {OCTOBER: stated(THEN, OCTOBER), OCTOBER + 1: november, OCTOBER + 2: later}

    found = pinned(bodies)[OCTOBER]

    assert [each["rate"] for each in november["late"]["2026-10"]] == ["2", "3"]
    assert found.rate("EUR", "USD", OCTOBER) == Decimal("1.10")  # its own comes first
    assert found.rate("GBP", "USD", OCTOBER) == Decimal(3)  # then that of the earliest close
    assert pinned({OCTOBER + 1: november})[OCTOBER].rate("EUR", "USD", OCTOBER) == Decimal(2)
