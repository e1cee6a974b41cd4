"""Levers: what an item would have cost at baseline rates for what was really made, and did cost.

A difference is consistent with its levers; nothing here shows that they caused it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Final, Protocol

from reconcile.decision.substitution import Method, saved

PRICE: Final = "unit_price"  # of a lever that acts on the price, as plans name it

Factors = Mapping[str, Fraction]


class Lever(Protocol):
    """What is needed of a lever; `models.plan.file.Lever` is the one in use."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the words of the plan file
    @property
    def item(self) -> str: ...  # noqa: D102
    @property
    def factor(self) -> str: ...  # noqa: D102
    @property
    def planned_reduction(self) -> Decimal: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Part:
    """What one factor of an item came to.

    Attributes:
        factor: Name of the factor, or unit_price.
        levers: Levers that act on it, in order; none for a factor that merely moved.
        planned: Reduction that was planned, of 1; None without a lever.
        reduction: Reduction against the baseline, of 1; below zero where it rose.
        saving: Its part of the realised saving; + is a saving.
    """

    factor: str
    levers: tuple[str, ...]
    planned: Fraction | None
    reduction: Fraction
    saving: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """What the levers of one item were to save and what was saved; in the plan's currency.

    Attributes:
        planned: Saving that was planned, for the planned output.
        counterfactual: Actual output at baseline rates.
        actual: What the item cost.
        baseline: Planned output at baseline rates.
        parts: By factor; they sum to `saving`.
    """

    planned: Fraction
    counterfactual: Fraction
    actual: Fraction
    baseline: Fraction
    parts: tuple[Part, ...]

    @property
    def saving(self) -> Fraction:
        """Counterfactual less actual; + is a saving."""
        return self.counterfactual - self.actual

    @property
    def naive(self) -> Fraction:
        """Baseline less actual, which mixes in how much was made."""
        return self.baseline - self.actual

    @property
    def output(self) -> Fraction:
        """What more output than planned costs at baseline rates; the naive saving lacks it."""
        return self.counterfactual - self.baseline


def realised(
    planned: Factors,
    observed: Factors,
    levers: Sequence[Lever],
    method: Method = "sequential",
) -> Realised:
    """Return what was saved.

    Args:
        planned: Factors of the planned quantity, and `unit_price`, in order.
        observed: The same as they were; their product is the actual cost.
        levers: Those of the item, as declared, which is the order of substitution; a price
            without a lever comes last. Factors without a lever are output.
        method: How parts are told apart.
    """
    cuts = _cuts(levers)
    base = {name: value / cuts.get(name, Fraction(1)) for name, value in planned.items()}
    moving = [*(name for name in cuts if name in planned), *([] if PRICE in cuts else [PRICE])]
    made = prod((observed[name] for name in planned if name not in moving), start=Fraction(1))
    before, after = ({name: of[name] for name in moving} for of in (base, observed))
    parts = saved(before, after, method)
    return Realised(
        planned=_product(base) - _product(planned),
        counterfactual=made * _product(before),
        actual=made * _product(after),
        baseline=_product(base),
        parts=tuple(
            Part(
                factor=name,
                levers=tuple(lever.id for lever in levers if lever.factor == name),
                planned=1 - cuts[name] if name in cuts else None,
                reduction=1 - after[name] / before[name] if before[name] else Fraction(0),
                saving=parts[name] * made,
            )
            for name in moving
        ),
    )


def _cuts(levers: Sequence[Lever]) -> dict[str, Fraction]:
    """Return what is to be left of each factor under its levers, in their order."""
    left: dict[str, Fraction] = {}
    for lever in levers:
        rest = 1 - Fraction(lever.planned_reduction)
        left[lever.factor] = left.get(lever.factor, Fraction(1)) * rest
    return left


def _product(factors: Factors) -> Fraction:
    return prod(factors.values(), start=Fraction(1))
