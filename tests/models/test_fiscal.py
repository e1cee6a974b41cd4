from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fiscal import first_of_year, label, quarters, year
from models.period import Month

MONTHS = st.builds(Month, st.integers(1990, 2090), st.integers(1, 12))
STARTS = st.integers(1, 12)


@pytest.mark.failure("E13")
@given(month=MONTHS, starts=STARTS)
@settings(max_examples=50)
def test_fiscal_years_follow_each_other_without_gap_or_overlap(month: Month, starts: int) -> None:
    mine = year(month, starts)
    after = year(mine[-1] + 1, starts)

    assert month in mine
    assert mine[0].month == starts
    assert [each - mine[0] for each in mine] == list(range(12))
    assert after[0] - mine[-1] == 1
    assert all(year(each, starts) == mine for each in mine)


@pytest.mark.failure("E13")
@given(month=MONTHS, starts=STARTS)
@settings(max_examples=50)
def test_quarters_are_the_year_in_four_parts(month: Month, starts: int) -> None:
    parts = list(quarters(month, starts))

    assert [len(part) for part in parts] == [3, 3, 3, 3]
    assert tuple(each for part in parts for each in part) == year(month, starts)


@pytest.mark.parametrize(
    ("month", "starts", "first", "name"),
    [
        (Month(2026, 10), 1, Month(2026, 1), "2026"),
        (Month(2026, 10), 4, Month(2026, 4), "2027"),
        (Month(2026, 3), 4, Month(2025, 4), "2026"),
        (Month(2026, 4), 4, Month(2026, 4), "2027"),
        (Month(2026, 12), 12, Month(2026, 12), "2027"),
    ],
)
def test_a_fiscal_year_is_called_by_the_year_it_ends_in(
    month: Month, starts: int, first: Month, name: str
) -> None:
    assert (first_of_year(month, starts), label(month, starts)) == (first, name)
