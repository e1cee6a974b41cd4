"""Which item bears what attempts of training runs cost that failed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import SCALE, ZERO, parts
from models.unit import unit
from reconcile.driver.activity import Loss
from reconcile.driver.counted import Counted
from reconcile.driver.planned import Key

GPU_HOURS: Final = unit("gpu-hour").measures


def losses(found: Mapping[Key, Counted], loss: Loss) -> dict[Key, Loss]:
    """Return what was lost of a category and month by the line that it is told of.

    Runs are known by project, not by item: what was lost is divided by the hours of accelerators
    that lines have, or by cost where none has any; a line bears no more than its own cost.
    """
    hours = {key: _hours(each) for key, each in found.items()}
    weights = hours if any(hours.values()) else {k: _cost(each) for k, each in found.items()}
    keys = [key for key, weight in weights.items() if weight > 0]
    if not keys or loss.cost <= 0:
        return {}
    whole = sum((weights[key] for key in keys), Fraction(0))
    amounts = parts(loss.cost, [weights[key] for key in keys], SCALE)
    return {
        key: Loss(_atmost(amount, found[key]), loss.hours * weights[key] / whole)
        for key, amount in zip(keys, amounts, strict=True)
    }


def _hours(counted: Counted) -> Fraction:
    """Return hours of accelerators of a line whose plan counts them."""
    return counted.used if counted.measures == GPU_HOURS else Fraction(0)


def _cost(counted: Counted) -> Fraction:
    return Fraction(max(counted.cost, ZERO))


def _atmost(amount: Decimal, counted: Counted) -> Decimal:
    return min(amount, max(counted.cost, ZERO))
