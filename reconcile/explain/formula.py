"""Formulas: which figures and leaves a figure is made of, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

from models.errors import InvariantError
from models.money import WIDE, ZERO, rounded
from reconcile.explain.ground import Asked
from reconcile.explain.leaf import Leaf, Planned, Spent, Stated
from reconcile.state import PERCENT_PLACES

How = Literal["sum", "percent", "method"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One part of a formula: another figure, or a leaf.

    Attributes:
        sign: 1 for what is added, -1 for what is taken away.
        id: Id of the figure; empty for a leaf.
        value: Its value; None where it has none, or where its rows are still to be added up.
        leaf: What it is where it is no figure.
    """

    sign: int = 1
    id: str = ""
    value: Decimal | None = None
    leaf: Leaf | None = None

    @property
    def said(self) -> str:
        """What it is: an id to ask for next, or words."""
        return self.id or (self.leaf.said if self.leaf else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """How a figure comes about.

    Attributes:
        how: `sum` of its inputs by their signs; the first in `percent` of the second; or a
            `method` that says what it makes of them.
        said: The same in words.
        inputs: What it is made of.
        drivers: The same taken apart another way, by why it came about; they sum to it, too.
    """

    how: How
    said: str
    inputs: tuple[Input, ...] = ()
    drivers: tuple[Input, ...] = ()

    def checked(self, asked: Asked) -> Formula:
        """Return the formula, once its inputs come to the figure.

        Raises:
            InvariantError: when they, or its drivers, come to something else.
        """
        value = asked.figure.value
        sums = {f"its formula, {self.said}, comes": self.comes_to()}
        if self.drivers:
            sums["its drivers come"] = _sum(self.drivers)
        for said, found in sums.items():
            if found is not None and value is not None and found != value:
                raise InvariantError(
                    f"figure {asked.figure.id}: is {value}, and {said} to {found}; tell its authors"
                )
        return self

    def comes_to(self) -> Decimal | None:
        """Return what the inputs come to; None where that is not theirs to say."""
        values = [each.value for each in self.inputs]
        if self.how == "method" or not values:
            return None
        with localcontext(prec=WIDE):
            if self.how == "percent":
                return _percent(values[0], values[1])
            if any(isinstance(each.leaf, Spent) for each in self.inputs):
                return None
            return _sum(self.inputs)


def _sum(inputs: Iterable[Input]) -> Decimal:
    with localcontext(prec=WIDE):
        return sum((each.sign * (each.value or ZERO) for each in inputs), ZERO)


def _percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    if part is None or not whole:
        return None
    return rounded(Fraction(part) / Fraction(whole) * 100, PERCENT_PLACES)


Builder = Callable[[Asked], Formula]


def missing(asked: Asked) -> Formula:
    """Return the formula of a figure that has no value."""
    return Formula(how="method", said=f"n/a: {asked.figure.definition} cannot be told")


def leaf(said: str, *leaves: Leaf) -> Formula:
    """Return the sum of leaves."""
    return Formula(how="sum", said=said, inputs=tuple(map(_of_leaf, leaves)))


def _of_leaf(each: Leaf) -> Input:
    match each:
        case Spent():
            return Input(leaf=each)
        case Planned() | Stated():
            return Input(leaf=each, value=each.value)


def named(asked: Asked, measure: str) -> str:
    """Return the id of a measure of the same scope and period.

    Args:
        asked: What is explained.
        measure: Its name; `bac@completion` is at completion, `ac@now` to date.
    """
    name, _, period = measure.partition("@")
    return asked.id(name, period=asked.ground.now if period == "now" else period)


def figures(asked: Asked, ids: Iterable[tuple[int, str]]) -> Iterator[Input]:
    """Yield figures of the same report, each with its sign."""
    for sign, figure_id in ids:
        yield Input(sign=sign, id=figure_id, value=asked.value(figure_id))


def minus(first: str, second: str) -> Builder:
    """Return one measure minus another of the same scope and period."""

    def built(asked: Asked) -> Formula:
        ids = ((1, asked.id(first)), (-1, asked.id(second)))
        return Formula(how="sum", said=f"{first} minus {second}", inputs=tuple(figures(asked, ids)))

    return built


def plus(*measures: str) -> Builder:
    """Return the sum of measures of the same scope and period."""

    def built(asked: Asked) -> Formula:
        ids = ((1, asked.id(each)) for each in measures)
        return Formula(how="sum", said=" plus ".join(measures), inputs=tuple(figures(asked, ids)))

    return built


def percent_of(part: str, whole: str) -> Builder:
    """Return one measure in percent of another of the same scope and period."""

    def built(asked: Asked) -> Formula:
        ids = ((1, asked.id(part)), (1, asked.id(whole)))
        said = f"{part} in percent of {whole}"
        return Formula(how="percent", said=said, inputs=tuple(figures(asked, ids)))

    return built


def method(said: str, *measures: str) -> Builder:
    """Return what a named method makes of measures of the same scope; see `named`."""

    def built(asked: Asked) -> Formula:
        known = asked.ground.report.figures
        ids = ((1, each) for name in measures if (each := named(asked, name)) in known)
        return Formula(how="method", said=said, inputs=tuple(figures(asked, ids)))

    return built


def stated(kind: str, said: str) -> Builder:
    """Return what something beside spend and plan says."""

    def built(asked: Asked) -> Formula:
        return leaf(said, Stated(kind=kind, said=said, value=asked.figure.value))

    return built


def by_parts(otherwise: Builder) -> Builder:
    """Return the sum of what a line consists of, and another formula where it has no parts."""

    def built(asked: Asked) -> Formula:
        ids = [(1, asked.id(asked.measure, scope=part.scope)) for part in asked.parts]
        if not ids or any(each not in asked.ground.report.figures for _, each in ids):
            return otherwise(asked)
        what = "projects" if asked.line is asked.ground.report.total else "its parts"
        return Formula(how="sum", said=f"sum of {what}", inputs=tuple(figures(asked, ids)))

    return built
