"""Fiscal years: twelve calendar months from a month that the user names."""

from __future__ import annotations

from collections.abc import Iterator

from models.period import Month, months

LENGTH = 12
QUARTER = 3


def first_of_year(month: Month, starts: int) -> Month:
    """Return the first month of the fiscal year that holds a month.

    Years are contiguous: each month is in exactly one. Weeks (4-4-5) are not supported:
    bills and plans are by calendar month, and no week of one can be told from another.

    Args:
        month: Any month.
        starts: Month with which the year starts, 1 to 12.
    """
    return month + -((month.month - starts) % LENGTH)


def year(month: Month, starts: int) -> tuple[Month, ...]:
    """Return the twelve months of the fiscal year that holds a month."""
    return months(first_of_year(month, starts), LENGTH)


def quarters(month: Month, starts: int) -> Iterator[tuple[Month, ...]]:
    """Yield the four quarters of the fiscal year that holds a month."""
    whole = year(month, starts)
    return (whole[at : at + QUARTER] for at in range(0, LENGTH, QUARTER))


def label(month: Month, starts: int) -> str:
    """Return what the year is called: `2027`, by the month it ends in."""
    return f"{year(month, starts)[-1].year:04d}"
