from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest

from reconcile.forecasting.interval import T90, interval, largest_coverage, least_months

PI = Decimal("3.14159265358979323846264338327950288419716939937510")


def arctan(x: Decimal) -> Decimal:
    """Return the angle by its series, after halving it until that is quick."""
    times = 1
    while abs(x) > Decimal("0.05"):
        x, times = x / (1 + (1 + x * x).sqrt()), times * 2
    term, total, n = x, x, 1
    while abs(term) > Decimal("1E-30"):
        term, n = -term * x * x, n + 2
        total += term / n
    return total * times


def between(t: Decimal, degrees: int) -> Decimal:
    """Return P(|T| <= t) by Abramowitz and Stegun, 26.7.3 (odd) and 26.7.4 (even)."""
    square = degrees / (degrees + t * t)
    sine, cosine = (1 - square).sqrt(), square.sqrt()
    odd = degrees % 2
    term = cosine if odd else Decimal(1)
    total = term if degrees > 1 else Decimal(0)
    for k in range(2 + odd, degrees - 1, 2):
        term = term * square * (k - 1) / k
        total += term
    if odd:
        return 2 / PI * (arctan(t / Decimal(degrees).sqrt()) + sine * total)
    return sine * total


@pytest.mark.parametrize("degrees", range(1, 36))
def test_a_quantile_leaves_a_tenth_on_each_side(degrees: int) -> None:
    with localcontext(prec=40):
        step = Decimal("0.0000005")
        low, high = (between(T90[degrees - 1] + each, degrees) for each in (-step, step))

    assert low < Decimal("0.8") < high


def test_the_interval_is_that_of_the_oracle(oracle: Callable[[str], dict[str, Any]]) -> None:
    given = oracle("interval")
    residuals = [Decimal(each) for each in given["residuals"]]

    found = interval(residuals, given["h"])

    assert found is not None
    assert str(T90[given["n"] - 2]) == given["t_0_90_df4"]
    assert (str(found.half), str(found.deviation)) == (given["half_width_80"], given["sd_sum"])
    assert (found.middle, found.months) == (Fraction(given["mean"]), 3)


def test_deviations_whose_spread_is_no_whole_number() -> None:
    """By hand: s^2 = 8.75 / 3, times 1 + 1 / 4 is 3.6458; its root 1.9094, by 1.637744 3.13."""
    found = interval([Decimal(each) for each in (1, 2, 3, 5)], 1)

    assert found is not None
    assert [found.middle, found.deviation, found.half] == [
        Fraction(11, 4),
        Decimal("1.91"),
        Decimal("3.13"),
    ]


def test_the_middle_is_the_mean_deviation_of_all_months_to_come() -> None:
    found = interval([Decimal(10)] * 4, 5)

    assert found is not None
    assert [found.middle, found.half, found.deviation] == [50, 0, 0]


@pytest.mark.parametrize(
    ("n", "months", "there"),
    [(3, 1, False), (4, 1, True), (4, 0, False), (36, 1, True), (37, 1, False)],
)
def test_an_interval_needs_four_months_and_something_to_come(
    n: int, months: int, *, there: bool
) -> None:
    assert (interval([Decimal(1)] * n, months) is not None) is there


def test_what_can_be_covered_without_assumptions_is_that_of_the_oracle(
    oracle: Callable[[str], dict[str, Any]],
) -> None:
    given = oracle("interval")

    shown = {n: str(largest_coverage(int(n))) for n in given["conformal_max_coverage"]}

    assert shown == given["conformal_max_coverage"]
    assert least_months(Decimal(90)) == given["min_n_for_90pct"]
    assert least_months(Decimal(95)) == given["min_n_for_95pct"]
    assert least_months(Decimal(80)) == 4
    assert least_months(Decimal(85)) == 6
    assert largest_coverage(0) == 0
