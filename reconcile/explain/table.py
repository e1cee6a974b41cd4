"""The table of formulas: one for every measure there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconcile.explain.bill import BILLS
from reconcile.explain.formula import Builder, Formula, Input
from reconcile.explain.ground import Asked
from reconcile.explain.leaf import Leaf, Stated
from reconcile.explain.line import LINES

FORMULAS: Final[dict[str, Builder]] = {**LINES, **BILLS}

Used = tuple[int, Leaf, Input]


def formula(asked: Asked) -> Formula:
    """Return how a figure comes about, checked.

    Raises:
        InvariantError: when its inputs come to something else.
    """
    return FORMULAS[asked.measure](asked).checked(asked)


def leaves(asked: Asked, sign: int = 1) -> Iterator[Used]:
    """Yield what a figure is made of in the end, each with the sign it counts with.

    A sign of 0 is for what a method or a percentage looks at, which it does not add up. Where
    a sum has a part that is made by a method, that part is a leaf with its value.
    """
    found = formula(asked)
    for each in found.inputs:
        own = sign * each.sign if found.how == "sum" else 0
        if each.leaf is not None:
            yield own, each.leaf, each
        else:
            yield from _of_figure(asked.other(each.id, each.value), own, each)


def _of_figure(asked: Asked, sign: int, named: Input) -> Iterator[Used]:
    found = formula(asked)
    if sign and found.how != "sum":
        yield sign, Stated(kind="method", said=asked.figure.id, value=named.value), named
        sign = 0
    yield from leaves(asked, sign)
