"""Where the money goes: the share of data, and what attempts at training came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO

BAND: Final = (40, 60)  # percent, as surveys are quoted
CAVEAT: Final = (
    "The band of forty to sixty percent is quoted from surveys whose data work includes "
    "the engineering labor on it; no primary source was checked. It is information, not a target."
)


@dataclass(frozen=True, slots=True)
class Mix:
    """Data in all cost of a project; `prepared` is data and the labor that prepares it."""

    base: Decimal
    data: Decimal
    prepared: Decimal

    @property
    def share(self) -> Fraction | None:
        """Data by all cost; None without cost."""
        return _share(self.data, self.base)

    @property
    def share_prepared(self) -> Fraction | None:
        """Data and the labor that prepares it by all cost; None without cost."""
        return _share(self.prepared, self.base)


def mix(amounts: Mapping[tuple[str, str], Decimal], labor: Iterable[str] = ()) -> Mix:
    """Return the share of data.

    Args:
        amounts: Cost by (category, item), contingency excluded.
        labor: Items of labor that prepare data.
    """
    tagged = {("labor", item) for item in labor}
    data = sum((cost for (category, _), cost in amounts.items() if category == "data"), ZERO)
    extra = sum((cost for key, cost in amounts.items() if key in tagged), ZERO)
    return Mix(sum(amounts.values(), ZERO), data, data + extra)


def _share(part: Decimal, whole: Decimal) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterations:
    """Training runs of a project to date.

    Attributes:
        planned: Runs that the plan has for these months; None where it states no runs.
        runs: How many there were.
        failed: Of them that failed or were broken off.
        succeeded: Of them that went well.
        cost: Of all of them.
    """

    planned: Fraction | None
    runs: int
    failed: int
    succeeded: int
    cost: Decimal

    @property
    def failed_share(self) -> Fraction | None:
        """Failed by those that ended; None while none has."""
        ended = self.failed + self.succeeded
        return Fraction(self.failed, ended) if ended else None

    @property
    def per_success(self) -> Fraction | None:
        """Cost of all runs for each that went well; None without one."""
        return Fraction(self.cost) / self.succeeded if self.succeeded else None
