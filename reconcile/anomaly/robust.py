"""Robust statistics on exact decimals: median, median absolute deviation, modified z."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from models.money import ZERO

# Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993): 0.6745 is the 0.75 quantile of
# the normal distribution, by which a MAD becomes a standard deviation; 3.5 is their threshold
NORMAL: Final = Decimal("0.6745")
THRESHOLD: Final = Decimal("3.5")


def median(values: Sequence[Decimal]) -> Decimal:
    """Return the median; of an even number the mean of the two in the middle.

    Raises:
        ValueError: for no values.
    """
    if not values:
        raise ValueError("nothing has no median")
    ordered, middle = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def deviation(values: Sequence[Decimal]) -> Decimal:
    """Return the median absolute deviation from the median."""
    centre = median(values)
    return median([abs(value - centre) for value in values])


def active(values: Sequence[Decimal]) -> list[Decimal]:
    """Return the values that are not zero: days on which something ran."""
    return [value for value in values if value]


def modified_z(value: Decimal, history: Sequence[Decimal], floor: Decimal = ZERO) -> Decimal | None:
    """Return how many deviations a value lies above the median of its history.

    Args:
        value: What is judged.
        history: What came before it.
        floor: Least standard deviation, in the unit of the values: quiet series flag everything
            otherwise.

    Returns:
        0.6745 (value - median) / MAD, or (value - median) / floor where that is smaller; None
        where all values are equal and there is no floor, since nothing can be said then.
    """
    above, spread = value - median(history), deviation(history)
    if floor * NORMAL > spread:
        return above / floor
    return above * NORMAL / spread if spread else None
