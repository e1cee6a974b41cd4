"""Contingency by approval: what was drawn by month, what is left, and how fast it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded
from models.period import Month
from reconcile.state import PERCENT_PLACES

RATIO_PLACES: Final = 6
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Step:
    """The draws of one month, and the balance at its end."""

    month: Month
    drawn: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """Contingency of a project at the end of a month, in the reporting currency.

    Attributes:
        opening: Before any draw.
        steps: Months with draws, in order.
        progress: Share of the work that is done, 0 to 1 and more; None when it is unknown.
    """

    project: str
    opening: Decimal
    steps: tuple[Step, ...]
    progress: Fraction | None = None

    @property
    def drawn(self) -> Decimal:
        """Sum of the draws, less what was given back."""
        return sum((step.drawn for step in self.steps), ZERO)

    @property
    def balance(self) -> Decimal:
        """What is left to be drawn."""
        return self.opening - self.drawn

    @property
    def used(self) -> Fraction | None:
        """Share of the opening that is drawn; None without an opening."""
        return Fraction(self.drawn) / Fraction(self.opening) if self.opening else None

    @property
    def used_pct(self) -> Decimal | None:
        """The same in percent."""
        return percent(self.used)

    @property
    def progress_pct(self) -> Decimal | None:
        """Progress in percent."""
        return percent(self.progress)

    @property
    def burn(self) -> Fraction | None:
        """Used by progress; None while nothing is done, of which any draw were infinitely much."""
        if self.used is None or self.progress is None or self.progress <= 0:
            return None
        return self.used / self.progress

    @property
    def burn_ratio(self) -> Decimal | None:
        """The same, rounded."""
        return None if self.burn is None else rounded(self.burn, RATIO_PLACES)

    @property
    def fast(self) -> bool:
        """Whether the contingency goes faster than the work."""
        return self.burn is not None and self.burn > 1


def percent(share: Fraction | None) -> Decimal | None:
    """Return a share in percent; None stays None."""
    return None if share is None else rounded(share * _PERCENT, PERCENT_PLACES)


def drawdown(
    project: str,
    opening: Decimal,
    draws: Iterable[tuple[Month, Decimal]],
    month: Month,
    progress: Fraction | None = None,
) -> Drawdown:
    """Return how the contingency of a project stands at the end of a month.

    Args:
        project: Whose it is.
        opening: The contingency before any draw.
        draws: Month and amount of each approval; later ones have not happened yet.
        month: The month of the report.
        progress: Share of the work that is done.
    """
    by_month: defaultdict[Month, Decimal] = defaultdict(Decimal)
    for on, amount in draws:
        if on <= month:
            by_month[on] += amount
    steps, left = [], opening
    for on, amount in sorted(by_month.items()):
        left -= amount
        steps.append(Step(on, amount, left))
    return Drawdown(project=project, opening=opening, steps=tuple(steps), progress=progress)


def share_done(actual: Decimal | None, estimate: Decimal) -> Fraction | None:
    """Return actual to date by estimate at completion: progress where no output is measured."""
    if actual is None or estimate <= 0:
        return None
    return Fraction(actual) / Fraction(estimate)
