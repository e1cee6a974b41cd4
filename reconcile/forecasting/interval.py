"""Intervals around a forecast from few months: what may be said, and what may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from models.money import WIDE, rounded

FEW_MONTHS: Final = 4  # reported months below which deviations say nothing about their spread

# Student's t, 0.90 quantile, by degrees of freedom from 1: two-sided 80 percent. A plan has at
# most 36 months. Solved from the closed form for whole degrees of freedom (Abramowitz and
# Stegun, 26.7.3 and 26.7.4) with 50 digits; a test puts each back into it.
_T90: Final = (
    *("3.077684", "1.885618", "1.637744", "1.533206", "1.475884", "1.439756", "1.414924"),
    *("1.396815", "1.383029", "1.372184", "1.363430", "1.356217", "1.350171", "1.345030"),
    *("1.340606", "1.336757", "1.333379", "1.330391", "1.327728", "1.325341", "1.323188"),
    *("1.321237", "1.319460", "1.317836", "1.316345", "1.314972", "1.313703", "1.312527"),
    *("1.311434", "1.310415", "1.309464", "1.308573", "1.307737", "1.306952", "1.306212"),
)
T90: Final = tuple(map(Decimal, _T90))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What months to come may deviate from plan together, by 80 percent.

    Attributes:
        middle: Mean deviation of the past times months to come; + is over plan.
        half: Half the width, zero or more, in cents.
        deviation: Standard deviation of the sum of the months to come, in cents.
        months: How many months to come.
    """

    middle: Fraction
    half: Decimal
    deviation: Decimal
    months: int


def interval(residuals: Sequence[Decimal], months: int) -> Interval | None:
    """Return the 80 percent interval of the sum of future deviations from plan.

    half = t(n-1, 0.90) x s x sqrt(h (1 + h / n)) for h months to come after n past ones whose
    deviations are independent and alike: prediction of a sum with an estimated mean.

    Args:
        residuals: Actual minus plan by reported month, in one currency.
        months: How many months are to come.

    Returns:
        None below four reported months, without months to come, and beyond 36 past ones.
    """
    n = len(residuals)
    if n < FEW_MONTHS or months < 1 or n - 1 > len(T90):
        return None
    mean = sum(map(Fraction, residuals), Fraction(0)) / n
    squares = sum(((Fraction(each) - mean) ** 2 for each in residuals), Fraction(0))
    spread = squares / (n - 1) * months * (1 + Fraction(months, n))
    with localcontext(prec=WIDE):
        root = (Decimal(spread.numerator) / Decimal(spread.denominator)).sqrt()
        half = rounded(T90[n - 2] * root)
    return Interval(middle=mean * months, half=half, deviation=rounded(root), months=months)


def largest_coverage(months: int) -> Decimal:
    """Return the most, in percent, that an interval without assumptions covers: n / (n + 1).

    Split conformal prediction (Vovk, Shafer): a finite interval of coverage 1 - a exists only
    from n >= 1 / a - 1 past months on.
    """
    return rounded(Fraction(100 * months, months + 1))


def least_months(coverage: Decimal) -> int:
    """Return how many past months an interval without assumptions needs for a coverage.

    Args:
        coverage: In percent, above 0 and below 100.
    """
    miss = 1 - Fraction(coverage) / 100
    return -(-1 // miss) - 1
