"""Mix between items: dearer or cheaper ones among the same number of units.

Each item has its own volume, at its own price. Several items of one category that count the same
thing (hours on spot and on demand, months of two roles) are a mix as well: their volume together
is at the price of their blend, and the rest of what their volumes sum to is mix. One line says
so: it moves that rest from volume to mix and changes no sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from models.money import ZERO, rounded
from models.unit import unit
from reconcile.anchors import Decomposition
from reconcile.driver.line import DriverLine, checked

SEVERAL: Final = 2


def mixes(lines: Iterable[DriverLine], places: int) -> Iterator[DriverLine]:
    """Yield a line for each category, month and unit whose items shifted between each other.

    Args:
        lines: Of items.
        places: Decimals that an anchor is rounded to.
    """
    groups: defaultdict[tuple[str, str, str, str], list[DriverLine]] = defaultdict(list)
    for line in lines:
        if line.unit and line.used is not None:
            what = unit(line.unit).measures
            groups[line.project, line.category, str(line.month), what].append(line)
    for (*_, what), group in sorted(groups.items()):
        moved = _moved(group, places)
        if len(group) >= SEVERAL and moved:
            yield _line(group, what, moved)


def _moved(group: Sequence[DriverLine], places: int) -> Decimal:
    """Return what the volumes of items sum to beyond that of their blend."""
    planned = sum((_units(line, line.planned) for line in group), Fraction(0))
    if not planned:
        return ZERO
    worth = sum(((line.planned or 0) * (line.planned_price or 0) for line in group), Fraction(0))
    blended = _kept(group) * worth / planned
    if blended == sum(
        ((line.kept or 0) * (line.planned_price or 0) for line in group), Fraction(0)
    ):
        return ZERO  # all at one price: what anchors leave of a cent is no mix
    alone = sum((line.split.plan - line.drawn + line.split.volume for line in group), ZERO)
    return alone - rounded(blended, places)


def _kept(group: Iterable[DriverLine]) -> Fraction:
    """Return what was used and not lost, in units of what all of them measure."""
    return sum((_units(line, line.kept) for line in group), Fraction(0))


def _units(line: DriverLine, number: Fraction | None) -> Fraction:
    return (number or Fraction(0)) * unit(line.unit or "").size


def _line(group: Sequence[DriverLine], what: str, moved: Decimal) -> DriverLine:
    first = group[0]
    return checked(
        DriverLine(
            project=first.project,
            category=first.category,
            item=what,
            kind="mix",
            month=first.month,
            split=Decomposition(plan=ZERO, actual=ZERO, volume=-moved, mix=moved),
            is_planned=False,
        )
    )
