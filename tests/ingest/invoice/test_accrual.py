from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.invoice.accrual import spans, spread

# amount, first and last day, share of each month
CASES = {
    "fifty days": ("4500.00", "2026-01-20", "2026-03-10", "1080.00 2520.00 900.00"),
    "an odd number of days": ("1000.00", "2026-01-15", "2026-02-14", "548.39 451.61"),
    "a leap month": ("290.00", "2028-02-01", "2028-02-29", "290.00"),
    "over the year's end": ("365.00", "2025-12-17", "2026-01-16", "176.61 188.39"),
    "a credit": ("-1000.00", "2026-01-15", "2026-02-14", "-548.39 -451.61"),
    "one day": ("12.34", "2026-03-31", "2026-03-31", "12.34"),
    "a year": (
        "12000.00",
        "2026-01-15",
        "2027-01-14",
        (
            "558.90 920.55 1019.18 986.30 1019.18 986.30 1019.18 1019.18 986.30 1019.18 986.30 "
            "1019.18 460.27"
        ),
    ),
}
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
AMOUNTS = st.decimals(-(10**9), 10**9, allow_nan=False, places=4)


@pytest.mark.failure("H08")
@pytest.mark.failure("C03")
@pytest.mark.parametrize("case", CASES)
def test_a_cost_is_spread_over_the_months_of_its_days(case: str) -> None:
    amount, first, last, shares = CASES[case]

    over = spans(date.fromisoformat(first), date.fromisoformat(last))

    assert spread(Decimal(amount), over) == [Decimal(share) for share in shares.split()]


@pytest.mark.failure("H08")
@given(DAYS, st.integers(0, 800))
def test_every_day_of_a_service_period_is_in_one_month(first: date, days: int) -> None:
    over = spans(first, first + timedelta(days=days))

    assert sum(span.days for span in over) == days + 1
    assert over[0].first == first
    assert all(a.end == b.first and b.first.day == 1 for a, b in itertools.pairwise(over))


@pytest.mark.failure("C03")
@given(AMOUNTS, DAYS, st.integers(0, 800))
def test_shares_sum_to_the_whole_and_a_credit_mirrors_them(
    amount: Decimal, first: date, days: int
) -> None:
    over = spans(first, first + timedelta(days=days))

    shares = spread(amount, over)

    assert sum(shares) == amount
    assert spread(-amount, over) == [-share for share in shares]


@pytest.mark.failure("C03")
def test_digits_below_a_cent_are_kept() -> None:
    over = spans(date(2026, 1, 1), date(2026, 2, 28))

    shares = spread(Decimal("0.000000000000000001"), over)

    assert sum(shares) == Decimal("0.000000000000000001")
