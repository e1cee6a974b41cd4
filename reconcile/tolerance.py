"""The tolerance of FOCUS 1.4 between a bill and its invoice: what rounding may explain."""

from __future__ import annotations

from decimal import Decimal
from math import isqrt
from typing import Final

from models.money import SCALE
from models.subunit import places, subunit

SUBUNITS: Final = 100  # FOCUS 1.4, appendix "Rounding Variance Tolerance"


def tolerance(rows: int, currency: str) -> Decimal:
    """Return MAX(100 subunits, SQRT(rows) x half a subunit), in units of the currency.

    The root is rounded down to 18 decimals. Amounts have no more of them, so a difference
    is at most the root exactly when it is at most what is returned.
    """
    halves_squared = rows * 10 ** (2 * (SCALE - places(currency))) // 4
    root = Decimal((0, tuple(map(int, str(isqrt(halves_squared)))), -SCALE))
    return max(SUBUNITS * subunit(currency), root)
