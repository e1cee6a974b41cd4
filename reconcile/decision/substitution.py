"""Substitution: which factor of a product saved how much; the parts sum to the whole, exactly.

Sequential substitution changes one factor after the other, so the order matters; the
value of Shapley (1953) is the average over every order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from math import factorial, prod
from typing import Final, Literal

from models.errors import InvariantError

Method = Literal["sequential", "shapley"]
Factors = Mapping[str, Fraction]
MOST: Final = 6  # factors that differ; more would have thousands of orders


def saved(before: Factors, after: Factors, method: Method = "sequential") -> dict[str, Fraction]:
    """Return what each factor saved of the product: before minus after; + is a saving.

    Args:
        before: Factors, in the order of substitution.
        after: The same factors as they are.
        method: In this order, or the average over every order of those that differ.

    Raises:
        InvariantError: when both have not the same factors.
    """
    if set(before) != set(after):
        raise InvariantError(f"factors {sorted(before)} are not {sorted(after)}; give both alike")
    names = [name for name in before if before[name] != after[name]]
    if method == "sequential" or len(names) > MOST:
        return _in_order([*before], before, after)
    found = dict.fromkeys(before, Fraction(0))
    for order in permutations(names):
        for name, part in _in_order(order, before, after).items():
            found[name] += part / factorial(len(names))
    return found


def _in_order(order: Sequence[str], before: Factors, after: Factors) -> dict[str, Fraction]:
    now, found = dict(before), dict.fromkeys(before, Fraction(0))
    for name in order:
        was = prod(now.values(), start=Fraction(1))
        now[name] = after[name]
        found[name] = was - prod(now.values(), start=Fraction(1))
    return found
