"""Lines to date: sums of months, with what the forecast takes back told apart as timing.

What a project is over or under plan to date stays until its end, or it does not: work that came
early, late, or is not billed yet. The forecast knows: `delta to date - (EAC - BAC)` is what it
takes back. As far as that goes the same way as the delta, and not beyond it, it is temporary; it
is taken from what is over or under for quantity (`volume` and `spend`), which
time can give back, and never from price, FX or waste, which it cannot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import SCALE, ZERO
from models.money import parts as divided
from reconcile.anchors import Decomposition, together
from reconcile.driver.line import DriverLine, checked

UNDIVIDED: Final = "months without a count"
_GIVING: Final = ("volume", "spend")

Scope = tuple[str, str]  # project, category


def to_date(
    lines: Iterable[DriverLine], outlook: Mapping[Scope, Decimal]
) -> tuple[DriverLine, ...]:
    """Return one line an item, the sum of its months, and what of it is timing.

    Args:
        lines: Of months.
        outlook: EAC less BAC by project and category; without one nothing is timing.
    """
    months: defaultdict[tuple[str, str, str, str], list[DriverLine]] = defaultdict(list)
    for line in lines:
        months[line.project, line.category, line.kind, line.item].append(line)
    scopes: defaultdict[Scope, list[DriverLine]] = defaultdict(list)
    for (project, category, *_), found in sorted(months.items()):
        scopes[project, category].append(_summed(found))
    return tuple(
        line for scope, found in scopes.items() for line in _timed(found, outlook.get(scope))
    )


def taken(amounts: Sequence[Decimal], wanted: Decimal) -> list[Decimal]:
    """Return what each amount gives of one with the same sign, in proportion, and never more."""
    room = [amount if amount * wanted > 0 else ZERO for amount in amounts]
    whole = sum(room, ZERO)
    if not whole:
        return [ZERO] * len(room)
    given = wanted if abs(wanted) < abs(whole) else whole
    return divided(given, [Fraction(amount) for amount in room], SCALE)


def _timed(lines: Sequence[DriverLine], outlook: Decimal | None) -> list[DriverLine]:
    """Return the lines of one category with what the forecast takes back as timing."""
    delta = sum((line.split.total for line in lines), ZERO)
    back = ZERO if outlook is None else delta - outlook
    if back * delta <= 0:
        return list(lines)
    wanted = back if abs(back) < abs(delta) else delta
    sources = [getattr(line.split, name) for line in lines for name in _GIVING]
    given = taken(sources, wanted)
    step = len(_GIVING)
    return [_with(line, given[step * n : step * n + step]) for n, line in enumerate(lines)]


def _with(line: DriverLine, given: Sequence[Decimal]) -> DriverLine:
    split, (volume, spend) = line.split, given
    factors = taken(list(split.factors.values()), volume)
    left = {
        name: part - less for (name, part), less in zip(split.factors.items(), factors, strict=True)
    }
    return checked(
        replace(
            line,
            split=replace(
                split,
                volume=split.volume - volume,
                factors=left,
                spend=split.spend - spend,
                timing=volume + spend,
            ),
        )
    )


def _summed(lines: Sequence[DriverLine]) -> DriverLine:
    """Return the sum of months of one item; quantities where all months have them in one unit."""
    split = _whole(together(line.split for line in lines))
    why = "; ".join(dict.fromkeys(line.why for line in lines if line.why))
    said = any(line.is_planned for line in lines)
    whole = replace(lines[-1], split=split, is_planned=said, why=why)
    one = len({line.unit for line in lines}) == 1
    return replace(
        whole,
        unit=whole.unit if one else None,
        planned=_sum([line.planned for line in lines]) if one else None,
        used=_sum([line.used for line in lines]) if one else None,
        kept=_sum([line.kept for line in lines]) if one else None,
        planned_price=_price([(line.planned, line.planned_price) for line in lines])
        if one
        else None,
        price=_price([(line.used, line.price) for line in lines]) if one else None,
    )


def _whole(split: Decomposition) -> Decomposition:
    """Return a sum whose factors are all of its volume, that of undivided months among them."""
    rest = split.volume - sum(split.factors.values(), ZERO)
    if not split.factors or not rest:
        return split
    return replace(split, factors={**split.factors, UNDIVIDED: rest})


def _sum(numbers: Sequence[Fraction | None]) -> Fraction | None:
    known = [number for number in numbers if number is not None]
    return sum(known, Fraction(0)) if len(known) == len(numbers) else None


def _price(pairs: Sequence[tuple[Fraction | None, Fraction | None]]) -> Fraction | None:
    """Return the price of one unit of all; None where there is none."""
    count = _sum([number for number, _ in pairs])
    if not count:
        return None
    return sum(((number or 0) * (price or 0) for number, price in pairs), Fraction(0)) / count
