"""Phasing: how an amount is spread over months, to the last cent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from models.money import parts

Method = Literal[
    "even",
    "front_loaded",
    "back_loaded",
    "s_curve",
    "milestone",
    "explicit_weights",
    "explicit_amounts",
]


def _even(months: int) -> tuple[Fraction, ...]:
    return (Fraction(1),) * months


def _front_loaded(months: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(n) for n in range(months, 0, -1))


def _back_loaded(months: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(n) for n in range(1, months + 1))


def _s_curve(months: int) -> tuple[Fraction, ...]:
    reached = [Fraction(n, months) for n in range(months + 1)]
    done = [3 * u**2 - 2 * u**3 for u in reached]
    return tuple(after - before for before, after in pairwise(done))


SHAPES: Final[Mapping[str, Callable[[int], tuple[Fraction, ...]]]] = {
    "even": _even,
    "front_loaded": _front_loaded,
    "back_loaded": _back_loaded,
    "s_curve": _s_curve,
}


def weights(method: Method, months: int, given: Sequence[Decimal] = ()) -> tuple[Fraction, ...]:
    """Return one weight a month, exact; quantities and amounts are spread by the same.

    Args:
        method: A shape, or one whose weights or amounts are given.
        months: How many months.
        given: What the plan states, for milestones and explicit methods.

    Raises:
        ValueError: when what is given is not one number a month, or all are zero.
    """
    shape = SHAPES.get(method)
    if shape:
        return shape(months)
    if len(given) != months:
        raise ValueError(f"{len(given)} numbers for {months} months; give one a month")
    if not any(given):
        raise ValueError("all are zero; give at least one month a share")
    return tuple(map(Fraction, given))


def phased(amount: Decimal, shares: Sequence[Fraction], places: int = 2) -> tuple[Decimal, ...]:
    """Return the amount of each month: differences of rounded cumulative amounts.

    The months sum to the amount, and a credit is spread as its invoice was.
    """
    return tuple(parts(amount, shares, places))
