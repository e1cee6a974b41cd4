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

Plan and actual are taken as they are; each anchor between them is rounded once and the parts
are differences, so that they sum exactly, and no part is further from the textbook formula than
one unit of the last place. The joint term of price and quantity is price's. A price that was
paid is cost by quantity, never multiplied back. A variance is split by month and item, and what
is shown of longer times or of several items is the sum of those splits (`together`); splitting
sums says something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Final

from models.money import WIDE, ZERO, rounded

CENTS: Final = 2
PARTS: Final = (
    *("prior_period", "credits", "commitments", "waste"),
    *("volume", "mix", "price", "fx", "unplanned", "spend", "timing"),
)
_ONE: Final = Decimal(1)

Number = Decimal | Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One sub-type of an item, such as spot or on-demand hours.

    Attributes:
        planned: Planned quantity; 0 for one that nobody planned.
        price: Planned price of one unit in the plan's currency. None for a sub-type without
            one in the rate card: it is then taken at the blend, and price bears what it costs.
        used: Actual quantity; None where nothing counts it.
    """

    planned: Number
    price: Number | None
    used: Number | None


@dataclass(frozen=True, slots=True)
class Factor:
    """One of the named factors whose product a quantity is, as planned and as it was."""

    name: str
    planned: Number
    actual: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """Plan, actual and what lies between; + is over plan. `plan + sum of parts == actual`.

    Attributes:
        prior_period: What belongs to months that are closed.
        credits: Credits, refunds, adjustments and discounts of bills.
        commitments: Commitments that were bought, or that nobody used.
        waste: Attempts of training runs that failed, were preempted or cancelled.
        volume: More or fewer units, at the blended price; `factors` is how it is made up.
        mix: Dearer or cheaper sub-types among the same number of units.
        price: Another price of the same units, at the planned rate of exchange.
        fx: Another rate of exchange.
        unplanned: Cost where nothing was planned.
        spend: Difference that no quantity explains.
        timing: What the forecast takes back until the end; only of sums to date.
    """

    plan: Decimal
    actual: Decimal
    prior_period: Decimal = ZERO
    credits: Decimal = ZERO
    commitments: Decimal = ZERO
    waste: Decimal = ZERO
    volume: Decimal = ZERO
    factors: Mapping[str, Decimal] = field(default_factory=dict)
    mix: Decimal = ZERO
    price: Decimal = ZERO
    fx: Decimal = ZERO
    unplanned: Decimal = ZERO
    spend: Decimal = ZERO
    timing: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Actual minus plan."""
        with localcontext(prec=WIDE):
            return self.actual - self.plan

    @property
    def parts(self) -> dict[str, Decimal]:
        """Every part by its name, in the order of PARTS."""
        return {name: getattr(self, name) for name in PARTS}


def decomposed(
    parts: Sequence[Part],
    actual: Decimal,
    *,
    paid: Decimal | None = None,
    plan: Decimal | None = None,
    rate: Number = _ONE,
    factors: Sequence[Factor] = (),
    places: int = CENTS,
) -> Decomposition:
    """Take the difference between plan and actual of one item in one month apart.

    Args:
        parts: Sub-types of the item; one where it has none.
        actual: Actual cost of all of them, in the reporting currency.
        paid: The same at the planned rates of exchange; `actual` unless given.
        plan: Planned amount in the reporting currency as phased; quantities times prices
            unless given.
        rate: Planned rate of exchange: one unit of the prices in the reporting currency.
        factors: Factors of the quantity in the order in which volume is split; the last one
            takes what is left, so that their product need not be the quantity to the last digit.
        places: Decimals that anchors are rounded to.

    Raises:
        ValueError: for a factor that is planned as zero, which nothing can be a share of, or
            a planned quantity without a price.
    """
    with localcontext(prec=WIDE):
        worth, planned, used = _worth(parts), _planned(parts), _used(parts)
        start = rounded(worth * Fraction(rate), places) if plan is None else plan
        blend = worth / planned if planned else _only_price(parts)
        if blend is None:
            return Decomposition(plan=start, actual=actual, unplanned=actual - start)
        if used is None or (used == 0 and actual):
            return unexplained(start, actual, paid)
        mixed = sum((_at_plan(each, blend) for each in parts), Fraction(0))
        volume, mix = (rounded(cost * Fraction(rate), places) for cost in (used * blend, mixed))
        found = unexplained(mix, actual, paid)
        split = _split(factors, start, volume, places)
        shares = {"volume": volume - start, "mix": mix - volume, "price": found.spend}
        return replace(found, plan=start, spend=ZERO, factors=split, **shares)


def unexplained(plan: Decimal, actual: Decimal, paid: Decimal | None = None) -> Decomposition:
    """Return a difference that no quantity explains, less what is of rates of exchange."""
    with localcontext(prec=WIDE):
        reached = actual if paid is None else paid
        return Decomposition(plan=plan, actual=actual, spend=reached - plan, fx=actual - reached)


def together(found: Iterable[Decomposition]) -> Decomposition:
    """Return the sum of decompositions: of months, of items, of projects."""
    each = list(found)
    with localcontext(prec=WIDE):
        names = dict.fromkeys(name for one in each for name in one.factors)
        return Decomposition(
            plan=_sum(one.plan for one in each),
            actual=_sum(one.actual for one in each),
            factors={name: _sum(one.factors.get(name, ZERO) for one in each) for name in names},
            **{name: _sum(getattr(one, name) for one in each) for name in PARTS},
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


def _worth(parts: Sequence[Part]) -> Fraction:
    """Return planned quantities at planned prices."""
    if any(each.planned and each.price is None for each in parts):
        raise ValueError("a planned quantity has no price; give the one of the plan")
    return sum((Fraction(each.planned) * _fraction(each.price) for each in parts), Fraction(0))


def _planned(parts: Sequence[Part]) -> Fraction:
    return sum((Fraction(each.planned) for each in parts), Fraction(0))


def _only_price(parts: Sequence[Part]) -> Fraction | None:
    """Return what stands for a blend of nothing: the one price there is; None without one."""
    prices = {Fraction(each.price) for each in parts if each.price is not None}
    return prices.pop() if len(prices) == 1 else None


def _used(parts: Sequence[Part]) -> Fraction | None:
    """Return the actual quantity of all; None where one of them is not counted."""
    quantities = [each.used for each in parts]
    known = [Fraction(quantity) for quantity in quantities if quantity is not None]
    return sum(known, Fraction(0)) if len(known) == len(quantities) else None


def _at_plan(part: Part, blend: Fraction) -> Fraction:
    price = blend if part.price is None else Fraction(part.price)
    return _fraction(part.used) * price


def _fraction(number: Number | None) -> Fraction:
    return Fraction(0) if number is None else Fraction(number)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
