"""Variance taken apart by anchors: volume, mix, price and FX, which sum to the cent.

Between plan and actual stand costs that nobody paid, each the last one with one thing changed:

| anchor | is | the step to it |
| --- | --- | --- |
| plan | planned quantities at planned prices | |
| after each factor | the plan with that factor as it was | the factor's part of `volume` |
| volume | actual total quantity at the planned blended price | `volume` |
| mix | actual quantities at planned prices | `mix` |
| price | actual cost at the planned rate of exchange | `price` |
| actual | actual cost | `fx` |

Each anchor is rounded once and the parts are their differences, so that they sum exactly, and
no part is further from the textbook formula than one unit of the last place. The joint term
of price and quantity is price's. A price that was paid is cost by quantity, never multiplied
back. A variance is split by month and item, and what is shown of longer times or of several
items is the sum of those splits (`together`); splitting sums says something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Final

from models.money import WIDE, ZERO, rounded

CENTS: Final = 2
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One sub-type of an item, such as spot or on-demand hours.

    Attributes:
        planned: Planned quantity; 0 for one that nobody planned.
        price: Planned price of one unit in the plan's currency. None for a sub-type without
            one in the rate card: it is then taken at the blend, and price bears what it costs.
        used: Actual quantity; None where nothing counts it.
    """

    planned: Decimal
    price: Decimal | None
    used: Decimal | None


@dataclass(frozen=True, slots=True)
class Factor:
    """One of the named factors whose product a quantity is, as planned and as it was."""

    name: str
    planned: Decimal
    actual: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """Plan, actual and what lies between; + is over plan. `plan + sum of parts == actual`.

    Attributes:
        volume: More or fewer units, at the blended price; `factors` is how it is made up.
        mix: Dearer or cheaper sub-types among the same number of units.
        price: Another price of the same units, at the planned rate of exchange.
        fx: Another rate of exchange.
        unplanned: Cost where no quantity was planned.
        spend: The whole difference where no quantity explains it.
    """

    plan: Decimal
    actual: Decimal
    volume: Decimal = ZERO
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    mix: Decimal = ZERO
    price: Decimal = ZERO
    fx: Decimal = ZERO
    unplanned: Decimal = ZERO
    spend: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Actual minus plan."""
        with localcontext(prec=WIDE):
            return self.actual - self.plan


def decomposed(
    parts: Sequence[Part],
    actual: Decimal,
    *,
    factors: Sequence[Factor] = (),
    plan_rate: Decimal = _ONE,
    actual_rate: Decimal = _ONE,
    plan: Decimal | None = None,
    places: int = CENTS,
) -> Decomposition:
    """Take the difference between plan and actual of one item in one month apart.

    Args:
        parts: Sub-types of the item; one where it has none.
        actual: Actual cost of all of them, in the currency of the prices.
        factors: Factors of the quantity in the order in which volume is split; the last one
            takes what is left, so that their product need not be the quantity to the last digit.
        plan_rate: Planned rate of exchange: one unit of the prices in the reporting currency.
        actual_rate: The rate that `actual` was converted at.
        plan: Planned amount in the reporting currency as phased; quantities times prices
            unless given.
        places: Decimals that anchors are rounded to.

    Raises:
        ValueError: for a factor that is planned as zero, which nothing can be a share of, or
            a planned quantity without a price.
    """
    if any(each.planned and each.price is None for each in parts):
        raise ValueError("a planned quantity has no price; give the one of the plan")
    with localcontext(prec=WIDE):
        rate, end = Fraction(plan_rate), rounded(Fraction(actual) * Fraction(actual_rate), places)
        worth = sum((Fraction(each.planned) * _fraction(each.price) for each in parts), Fraction(0))
        start = rounded(worth * rate, places) if plan is None else rounded(plan, places)
        planned = sum((Fraction(each.planned) for each in parts), Fraction(0))
        used = _used(parts)
        if not planned:
            return Decomposition(plan=start, actual=end, unplanned=end - start)
        if used is None or (used == 0 and actual):
            return Decomposition(plan=start, actual=end, spend=end - start)
        blend = worth / planned
        mixed = sum((_at_plan(each, blend) for each in parts), Fraction(0))
        volume, mix, paid = (
            rounded(amount * rate, places) for amount in (used * blend, mixed, Fraction(actual))
        )
        return Decomposition(
            plan=start,
            actual=end,
            volume=volume - start,
            factors=_split(factors, start, volume, places),
            mix=mix - volume,
            price=paid - mix,
            fx=end - paid,
        )


def together(found: Iterable[Decomposition]) -> Decomposition:
    """Return the sum of decompositions: of months, of items, of projects."""
    each = list(found)
    with localcontext(prec=WIDE):
        names = dict.fromkeys(name for one in each for name in one.factors)
        return Decomposition(
            plan=_sum(one.plan for one in each),
            actual=_sum(one.actual for one in each),
            volume=_sum(one.volume for one in each),
            factors={name: _sum(one.factors.get(name, ZERO) for one in each) for name in names},
            mix=_sum(one.mix for one in each),
            price=_sum(one.price for one in each),
            fx=_sum(one.fx for one in each),
            unplanned=_sum(one.unplanned for one in each),
            spend=_sum(one.spend for one in each),
        )


def _split(
    factors: Sequence[Factor], start: Decimal, volume: Decimal, places: int
) -> dict[str, Decimal]:
    """Return the part of each factor: the plan with one after the other as it was."""
    reached, anchors = Fraction(start), [start]
    for factor in factors[:-1]:
        if not factor.planned:
            raise ValueError(f"factor {factor.name!r} is planned as zero; leave it out")
        reached *= Fraction(factor.actual) / Fraction(factor.planned)
        anchors.append(rounded(reached, places))
    steps = pairwise((*anchors, volume))
    return {factor.name: b - a for factor, (a, b) in zip(factors, steps, strict=False)}


def _used(parts: Sequence[Part]) -> Fraction | None:
    """Return the actual quantity of all; None where one of them is not counted."""
    quantities = [each.used for each in parts]
    known = [Fraction(quantity) for quantity in quantities if quantity is not None]
    return sum(known, Fraction(0)) if len(known) == len(quantities) else None


def _at_plan(part: Part, blend: Fraction) -> Fraction:
    price = blend if part.price is None else Fraction(part.price)
    return _fraction(part.used) * price


def _fraction(number: Decimal | None) -> Fraction:
    return Fraction(0) if number is None else Fraction(number)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
