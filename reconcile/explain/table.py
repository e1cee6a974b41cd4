"""The table of formulas: one for every measure there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconcile.explain.bill import BILLS
from reconcile.explain.formula import Builder, Formula
from reconcile.explain.ground import Asked
from reconcile.explain.judged import JUDGED
from reconcile.explain.leaf import Leaf, Stated
from reconcile.explain.line import LINES

FORMULAS: Final[dict[str, Builder]] = {**LINES, **BILLS, **JUDGED}

Used = tuple[int, Leaf]


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

    Raises:
        InvariantError: see `formula`.
    """
    found = formula(asked)
    for each in found.inputs:
        own = sign * each.sign if found.how == "sum" else 0
        if each.leaf is not None:
            yield own, each.leaf
        else:
            yield from _of_figure(asked.other(each.id, each.value), own)


def _of_figure(asked: Asked, sign: int) -> Iterator[Used]:
    if sign and formula(asked).how != "sum":
        yield sign, Stated(kind="method", said=asked.figure.id, value=asked.figure.value)
        sign = 0
    yield from leaves(asked, sign)
