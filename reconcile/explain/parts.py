"""Formulas of sums: of what stands below a figure, of its months, of other figures with signs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import localcontext
from typing import Final

from models.money import WIDE, ZERO
from models.plan.bridge import KINDS
from reconcile.anchors import PARTS
from reconcile.driver.measure import PART
from reconcile.explain.formula import Builder, Formula, Input, figures, method, minus, named
from reconcile.explain.ground import Asked
from reconcile.figure import scope

MONTHS: Final = 12  # of a fiscal year
_FACTOR: Final = f"{PART}factor"


def if_it_comes(found: Formula, asked: Asked) -> Formula:
    """Return a sum as one where it comes to its figure, else as inputs of a method."""
    comes = found.inputs and found.comes_to() == asked.figure.value
    return found if comes else replace(found, how="method")


def sum_of(said: str, *parts: tuple[int, str]) -> Builder:
    """Return measures by their signs; where one of them has no value, they are only looked at.

    Args:
        said: The same in words.
        parts: Sign and name of each; see `reconcile.explain.formula.named`.
    """

    def built(asked: Asked) -> Formula:
        ids = [(sign, named(asked, each)) for sign, each in parts]
        return _known(asked, said, ids)

    return built


def _known(asked: Asked, said: str, ids: Iterable[tuple[int, str]]) -> Formula:
    found = tuple(figures(asked, ids))
    there = tuple(each for each in found if each.value is not None)
    whole = there and len(there) == len(found)
    return Formula(how="sum" if whole else "method", said=said, inputs=there)


def of_below(said: str, otherwise: Builder) -> Builder:
    """Return the sum of the same measure of all that stands below, and another formula of none."""

    def built(asked: Asked) -> Formula:
        ids = asked.ground.below.get((asked.scope, asked.period, asked.measure), ())
        return _known(asked, said, ((1, each) for each in ids)) if ids else otherwise(asked)

    return built


def driver(otherwise: Builder) -> Builder:
    """Return a part of a difference: the sum of items, or of factors where it is volume."""
    by_items = of_below("sum of its items", otherwise)

    def built(asked: Asked) -> Formula:
        ids = asked.ground.below.get((asked.scope, asked.period, _FACTOR), ())
        if asked.measure != f"{PART}volume" or not ids:
            return by_items(asked)
        found = _known(asked, "sum of its factors", ((1, each) for each in ids))
        return if_it_comes(found, asked)

    return built


def difference(asked: Asked) -> Formula:
    """Return actual minus plan, with the drivers that sum to it where there are any."""
    known = asked.ground.report.figures
    ids = [asked.id(f"{PART}{part}") for part in PARTS]
    drivers = tuple(figures(asked, ((1, each) for each in ids if each in known)))
    return replace(minus("ac", "pl")(asked), drivers=drivers)


def bridged(asked: Asked) -> Formula:
    """Return what an item did to the budget: the sum of its steps."""
    known = asked.ground.report.figures
    there = [each for step in KINDS if (each := asked.id(f"bridge_{step}")) in known]
    return _known(asked, "sum of its steps", ((1, each) for each in there))


def drawn(otherwise: Builder) -> Builder:
    """Return the draws of a project: the sum of its months; and what a month alone says."""

    def built(asked: Asked) -> Formula:
        ids = _draws(asked)
        if len(asked.names) > 1 or not ids:
            return otherwise(asked)
        return _known(asked, "sum of the months with draws", ((1, each) for each in ids))

    return built


def balance(asked: Asked) -> Formula:
    """Return the opening of a project's contingency less its draws, up to a month where one is."""
    project, *rest = asked.names
    opening = asked.id("opening", scope=scope(project))
    until = asked.id("approved_draw") if rest else ""
    draws = [each for each in _draws(asked) if not until or each <= until]
    return _known(asked, "opening minus draws", ((1, opening), *((-1, each) for each in draws)))


def _draws(asked: Asked) -> tuple[str, ...]:
    where = f"{scope(asked.names[0])}/draw"
    return asked.ground.below.get((where, asked.period, "approved_draw"), ())


def unfunded(asked: Asked) -> Formula:
    """Return the overrun beyond the contingency: what is left of it once that is used up."""
    if asked.figure.value:
        return sum_of("overrun minus contingency that is needed", (1, "dbac"), (-1, "drawn"))(asked)
    return method("no overrun beyond the contingency", "dbac", "reserve")(asked)


def of_year(measure: str, otherwise: Builder) -> Builder:
    """Return the sum of a line's months in the fiscal year, which begins where they come to it."""

    def built(asked: Asked) -> Formula:
        if asked.line is None or asked.figure.value is None:
            return otherwise(asked)
        reached, inputs = ZERO, list[Input]()
        for back in range(MONTHS):
            found = asked.id(measure, period=str(asked.month + -back))
            if (value := asked.value(found)) is not None:
                inputs.insert(0, Input(id=found, value=value))
                with localcontext(prec=WIDE):
                    reached += value
            if inputs and reached == asked.figure.value:
                said = "sum of the months of the fiscal year so far"
                return Formula(how="sum", said=said, inputs=tuple(inputs))
        return otherwise(asked)

    return built
