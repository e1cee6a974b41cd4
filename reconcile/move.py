"""Moves: cost that another version of the rules gives to another project, split or category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from models.money import WIDE, ZERO
from models.period import Month


@dataclass(frozen=True, slots=True, order=True)
class Bearer:
    """Who bears a cost, and as what.

    Attributes:
        project: A project; `unallocated` for nobody.
        split: Id of the split that divides the cost between projects; empty for none.
        category: The term of the TCO formula.
        item: The plan item; empty for none.
    """

    project: str
    split: str
    category: str
    item: str

    @property
    def owner(self) -> str:
        """The project, or the split that divides the cost."""
        return f"split {self.split}" if self.split else self.project

    @property
    def term(self) -> str:
        """The category, and the item if there is one."""
        return f"{self.category}/{self.item}" if self.item else self.category


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Cost that another version of the rules gives to another bearer.

    Attributes:
        month: Of the charges.
        stays: Whether it would move, but its billing month is closed.
        rule_before, rule_after: The rule that gives the project; `none` for no rule.
        term_rule_before, term_rule_after: The rule that gives the category.
        amount: TCO cost in the reporting currency; credits are negative.
        lines: Charges.
    """

    month: Month
    stays: bool
    before: Bearer
    after: Bearer
    rule_before: str
    rule_after: str
    term_rule_before: str
    term_rule_after: str
    amount: Decimal
    lines: int

    @property
    def changes_owner(self) -> bool:
        """Whether another project or split bears it."""
        return self.before.owner != self.after.owner

    @property
    def changes_term(self) -> bool:
        """Whether it is another category or item."""
        return self.before.term != self.after.term

    @property
    def rank(self) -> tuple[Any, ...]:
        """What moves are ordered by: the largest first, and always in one order."""
        rules = self.rule_before, self.rule_after, self.term_rule_before, self.term_rule_after
        return (-self.amount.copy_abs(), self.month, self.before, self.after, rules, self.stays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Moves of a month between the same two, by the same two rules.

    Attributes:
        project: Who bears it afterwards, where it is the category that changes; else empty.
        amount: In the reporting currency; credits are negative.
        lines: Charges.
    """

    month: Month
    project: str
    before: str
    after: str
    rule_before: str
    rule_after: str
    amount: Decimal
    lines: int


def owners(moves: Iterable[Move]) -> list[Line]:
    """Return what changes its project or split, the largest first."""
    return _lines(
        (
            (
                each.month,
                "",
                each.before.owner,
                each.after.owner,
                each.rule_before,
                each.rule_after,
            ),
            each,
        )
        for each in moves
        if each.changes_owner
    )


def terms(moves: Iterable[Move]) -> list[Line]:
    """Return what changes its category or item, the largest first."""
    return _lines(
        (
            (
                *(each.month, each.after.owner, each.before.term, each.after.term),
                *(each.term_rule_before, each.term_rule_after),
            ),
            each,
        )
        for each in moves
        if each.changes_term
    )


def _lines(found: Iterable[tuple[tuple[Any, ...], Move]]) -> list[Line]:
    """Return one line a key, with the sums of its moves."""
    sums: dict[tuple[Any, ...], tuple[Decimal, int]] = {}
    with localcontext(prec=WIDE):
        for key, move in found:
            amount, count = sums.get(key, (ZERO, 0))
            sums[key] = amount + move.amount, count + move.lines
    names = ("month", "project", "before", "after", "rule_before", "rule_after")
    lines = [
        Line(**dict(zip(names, key, strict=True)), amount=amount, lines=count)
        for key, (amount, count) in sorted(sums.items())
    ]
    return sorted(lines, key=lambda line: line.amount.copy_abs(), reverse=True)


def size(moves: Iterable[Move]) -> Decimal:
    """Return how much money moves: between any two bearers in a month, without its sign."""
    sums: dict[tuple[Any, ...], Decimal] = {}
    with localcontext(prec=WIDE):
        for each in moves:
            key = each.month, each.before.owner, each.after.owner
            sums[key] = sums.get(key, ZERO) + each.amount
        return sum(map(abs, sums.values()), ZERO)
