"""Traces: a figure with everything that it is made of, which adds up to it exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Protocol

import polars as pl

from models.money import MONEY, WIDE, ZERO
from reconcile.explain.counted import COUNTED, Counted, counted
from reconcile.explain.formula import Formula
from reconcile.explain.ground import Asked
from reconcile.explain.leaf import Leaf, Planned, PlanRow, Spent, Stated
from reconcile.explain.table import Used, formula, leaves
from reconcile.figure import Figure


class Rows(Protocol):
    """Recognised spend, and the lines behind it."""

    def spend(self, leaves: Sequence[Spent]) -> pl.DataFrame:
        """Return the rows of spend of some leaves, each once: RECOGNISED with `sid`."""
        ...

    def lines(self, spend: pl.DataFrame) -> pl.DataFrame:
        """Return the lines behind rows of spend, in the schema LINES."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A figure, and what it is made of in the end.

    Attributes:
        figure: The figure.
        formula: Its formula, one step deep.
        rows: Lines of documents that add up to it, in the schema COUNTED.
        used: Lines that a method or percentage looks at, which are not added up.
        planned: Rows of plans, each with the sign it counts with.
        stated: What else says something, likewise.
        rounding: What the rounding of single lines leaves.
        lost: Spend that has no lines, by currency; nothing where all is well.
    """

    figure: Figure
    formula: Formula
    rows: pl.DataFrame
    used: pl.DataFrame
    planned: tuple[tuple[int, PlanRow], ...]
    stated: tuple[tuple[int, Stated], ...]
    rounding: Decimal
    lost: tuple[tuple[str, Decimal], ...] = ()

    @property
    def of_rows(self) -> Decimal:
        """Sum of the lines."""
        return total(self.rows)

    @property
    def of_plan(self) -> Decimal:
        """Sum of the rows of plans, by their signs."""
        return _sum((sign, row.value) for sign, row in self.planned)

    @property
    def of_rest(self) -> Decimal:
        """Sum of what else is stated, by its signs."""
        return _sum((sign, each.value or ZERO) for sign, each in self.stated)

    @property
    def is_sum(self) -> bool:
        """Whether it adds up to its figure; a method or a percentage only looks at its parts."""
        return self.formula.how == "sum" and self.figure.value is not None

    @property
    def lines(self) -> pl.DataFrame:
        """The lines that are shown: those that add up, or else those that are looked at."""
        return self.used if self.rows.is_empty() else self.rows


def traced(asked: Asked, books: Rows) -> Trace:
    """Return what a figure is made of.

    Args:
        asked: The figure.
        books: Recognised spend and its lines.

    Raises:
        InvariantError: when a formula does not come to its figure.
    """
    used = [*leaves(asked)]
    added = [*_added(asked, used, books)]
    looked = [*_counted(asked, (leaf for sign, leaf in used if not sign), books)]
    empty = pl.DataFrame(schema=COUNTED)
    found = Trace(
        figure=asked.figure,
        formula=formula(asked),
        rows=pl.concat([empty, *(each.rows for each in added)]),
        used=pl.concat([empty, *(each.rows for each in looked)]).unique(maintain_order=True),
        planned=tuple(
            (sign, row) for sign, leaf in used if isinstance(leaf, Planned) for row in leaf.rows
        ),
        stated=tuple((sign, leaf) for sign, leaf in used if isinstance(leaf, Stated)),
        rounding=ZERO,
    )
    return _closed(found, added)


def _added(asked: Asked, used: Sequence[Used], books: Rows) -> Iterator[Counted]:
    for sign in (1, -1):
        for each in _counted(asked, (leaf for own, leaf in used if own == sign), books):
            yield each if sign > 0 else replace(each, rows=_negative(each.rows))


def _counted(asked: Asked, some: Iterable[Leaf], books: Rows) -> Iterator[Counted]:
    """Yield the lines of leaves, together where the same cost of them is counted alike."""
    spent = [leaf for leaf in dict.fromkeys(some) if isinstance(leaf, Spent)]
    kinds = {(leaf.cost, leaf.converted): leaf for leaf in spent}
    rates, currency = asked.ground.rates, asked.ground.report.currency
    for kind, leaf in kinds.items():
        mine = books.spend([each for each in spent if (each.cost, each.converted) == kind])
        yield counted(leaf, mine, books.lines(mine), rates, currency)


def _closed(found: Trace, added: list[Counted]) -> Trace:
    """Return a trace with its rounding; what rounding does not explain has no lines."""
    if not found.is_sum:
        return found
    with localcontext(prec=WIDE):
        left = (found.figure.value or ZERO) - found.of_rows - found.of_plan - found.of_rest
        slack = sum((each.slack for each in added), ZERO)
        lost = [pair for each in added for pair in each.lost]
        if abs(left) > slack and not lost:
            lost = [(found.figure.unit, left)]
    return replace(found, rounding=left, lost=tuple(lost))


def _negative(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(-pl.col("cost", "amount"))


def total(rows: pl.DataFrame) -> Decimal:
    """Return the sum of the amounts of lines."""
    found = rows.select(pl.col("amount").sum().cast(MONEY)).item()
    return Decimal(found or 0)


def _sum(parts: Iterable[tuple[int, Decimal]]) -> Decimal:
    with localcontext(prec=WIDE):
        return sum((sign * value for sign, value in parts), ZERO)
