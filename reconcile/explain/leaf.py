"""Leaves: what figures are made of that is no figure itself: spend, plan items, statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import polars as pl

from reconcile.actuals import COST, MONTH

Sign = Literal["=", "!=", "in", "<", ">", "<=", "is empty", "is filled"]
# what spend can be asked by, where that is not a column of its own
_COLUMNS: Final = {"month": MONTH["effective"]}
_MET: Final[dict[Sign, Callable[[pl.Expr, tuple[str, ...]], pl.Expr]]] = {
    "=": lambda column, words: column == words[0],
    "!=": lambda column, words: column.ne_missing(pl.lit(words[0])),
    "in": lambda column, words: column.is_in([*words]),
    "<": lambda column, words: column < words[0],
    "<=": lambda column, words: column <= words[0],
    ">": lambda column, words: column > words[0],
    "is empty": lambda column, _: column.is_null(),
    "is filled": lambda column, _: column.is_not_null(),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows of spend have in common: one column, compared with words.

    Attributes:
        column: A column of RECOGNISED, or `month`, that of the day.
        sign: How it compares; texts of days and months compare as they are written.
        words: What it is compared with; one, but for `in`, and none for `is empty`.
    """

    column: str
    sign: Sign
    words: tuple[str, ...]

    @property
    def said(self) -> str:
        """As a person reads it."""
        return " ".join(filter(None, (self.column, self.sign, ", ".join(self.words))))

    @property
    def met(self) -> pl.Expr:
        """Whether a row meets it."""
        return _MET[self.sign](self._column, self.words)

    @property
    def _column(self) -> pl.Expr:
        if self.column == "day":
            return pl.col("day").cast(pl.String)
        return _COLUMNS.get(self.column, pl.col(self.column))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Rows of recognised spend.

    Attributes:
        where: All that the rows meet.
        cost: The column that is summed.
        converted: Whether amounts are in the reporting currency, at the rate of their month;
            else each stays in the currency of its bill.
    """

    where: tuple[Condition, ...]
    cost: str = COST["effective"]
    converted: bool = True

    @property
    def said(self) -> str:
        """As a person reads it."""
        met = " and ".join(each.said for each in self.where)
        return f"sum of {self.cost} of spend where {met}"

    @property
    def rows(self) -> pl.Expr:
        """Whether a row of spend is one of them."""
        return pl.all_horizontal(each.met for each in self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """What one item of a plan adds in one month.

    Attributes:
        file: The plan file, with the line of the item where that is known.
        amount: In the plan's currency.
        rate: How much of the reporting currency one unit is.
        value: In the reporting currency.
    """

    project: str
    version: int
    file: str
    item: str
    category: str
    month: str
    amount: Decimal
    currency: str
    rate: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Items of plans in months; the value is in the reporting currency."""

    said: str
    rows: tuple[PlanRow, ...]
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What something beside spend and plan says.

    Attributes:
        kind: What says it: control, invoice, ledger, alert, run, claim, accrual, count, plan,
            method.
        said: What it says, and where that is written.
        value: None where it says nothing.
        notes: More of it, one line each.
    """

    kind: str
    said: str
    value: Decimal | None
    notes: tuple[str, ...] = ()


Leaf = Spent | Planned | Stated


ON_TIME: Final = Condition("adjusts", "is empty", ())  # of its own month, and late for no other


def project_is(project: str) -> Condition:
    """Return the rows of a project."""
    return Condition("project", "=", (project,))
