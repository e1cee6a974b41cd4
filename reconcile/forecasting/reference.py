"""The reference class: what finished projects came to, as a share of their plans."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from reconcile.forecasting.basis import Basis
from reconcile.forecasting.spreading import added, total

PROJECTS_LEAST: Final = 10  # finished ones, below which they say nothing of the next


def final_share(basis: Basis) -> Fraction | None:
    """Return what a project cost by what was planned; None while anything is to come.

    Every month with a plan or a cost is reported, and nothing is ordered.
    """
    plan = added(item.plan for item in basis.items)
    cost = added(months for items in basis.actual.values() for months in items.values())
    if total(plan) <= 0 or any(basis.committed.values()):
        return None
    if not {*plan, *cost} <= basis.reported:
        return None
    return Fraction(total(cost)) / Fraction(total(plan))


def middle(shares: Sequence[Fraction]) -> tuple[Fraction, Fraction] | None:
    """Return between which shares at least eight of ten such projects end; None for too few.

    Of n shares in order the k-th from below and from above, k = (n + 1) / 10 rounded down:
    whatever their distribution, the next one lies between with (n + 1 - 2 k) / (n + 1).
    """
    count = len(shares)
    if count < PROJECTS_LEAST:
        return None
    ordered, rank = sorted(shares), (count + 1) // 10
    return ordered[rank - 1], ordered[-rank]
