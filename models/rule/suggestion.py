"""Suggestions: what would give the largest loose amounts a project, and how much exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.currency import Rates
from models.money import ZERO, rounded
from models.project import Registry
from models.rule.candidate import Candidate, largest, unspelled
from models.rule.edit import Edit, chosen
from models.rule.lookalike import WORDS, LookAlike, lookalikes
from models.rule.loose import valued, worth
from models.rule.proposal import Proposals, alias
from models.rule.rule import TAG, RuleSet
from models.yamltext import quoted

PLACES: Final = 1  # of a share


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One edit, and what it catches once those before it are made.

    Attributes:
        field: The condition that holds for what it catches.
        value: Text of the tag as delivered, or pattern of the condition.
        project: Id of the project that would bear it.
        why: How that is known.
        alias: Line for the aliases of a project that is there.
        projects: Lines for projects.yaml, for a project that is not there.
        rules: Lines for rules.yaml, at its end; none where a rule is there.
        amount: In the reporting currency.
        share: Percent of all loose cost; None where that is zero or less.
        lines: How many lines of bills.
        months: Months of charges, `YYYY-MM`.
    """

    field: str
    value: str
    project: str
    why: str
    alias: str = ""
    projects: str = ""
    rules: str = ""
    amount: Decimal = ZERO
    share: Decimal | None = None
    lines: int = 0
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """Suggestions, and what they are measured against; amounts in the reporting currency.

    Attributes:
        whole: All loose cost that an edit of the rules can still reach.
        closed: Loose cost of closed months, which no edit changes.
    """

    currency: str
    whole: Decimal
    closed: Decimal
    suggestions: tuple[Suggestion, ...]

    @property
    def caught(self) -> Decimal:
        """What all suggestions catch together."""
        return sum((each.amount for each in self.suggestions), ZERO)


@dataclass(frozen=True, slots=True)
class Money:
    """The reporting currency, and how others become it."""

    rates: Rates
    currency: str


def suggestions(  # noqa: PLR0917 - what is loose, what is not, and what decides
    loose: pl.DataFrame,
    owned: pl.DataFrame,
    rules: RuleSet,
    registry: Registry,
    money: Money,
    top: int,
) -> list[Suggestion]:
    """Return the largest suggestions; no amount is in two of them.

    Values of tags that rules take projects from come before new rules, as the rules that are
    there do. New rules are meant for the end of the file, in the order given.

    Args:
        loose: Columns LOOSE.
        owned: Columns OWNED.
        rules: The rules.
        registry: The projects.
        money: The reporting currency.
        top: How many.

    Raises:
        RateError: when no rate is stated.
    """
    rows = valued(loose, money.rates, money.currency)
    named = unspelled(rows, rules, registry)
    free = ~pl.int_range(rows.height, dtype=pl.UInt32, eager=True).is_in(named["row"].implode())
    found = largest(rows, valued(owned, money.rates, money.currency), free, registry, top)
    whole = worth(loose, money.rates, money.currency)
    return list(_worded(chosen(rows, named, found, rules.tags, top), whole, rules, registry, money))


def _worded(
    edits: Sequence[Edit], whole: Decimal, rules: RuleSet, registry: Registry, money: Money
) -> Iterator[Suggestion]:
    """Yield the edits in words, with entries to paste."""
    proposals = Proposals(registry, rules)
    alike = {
        each.text: each
        for each in lookalikes([e.original for e in edits if not e.candidate], registry)
    }
    for edit in edits:
        if edit.candidate is not None:
            said = _rule(edit.candidate, proposals)
        else:
            said = _spelling(edit, alike.get(edit.original), proposals)
        yield _counted(said, edit.rows, whole, money)


def _spelling(edit: Edit, found: LookAlike | None, proposals: Proposals) -> Suggestion:
    """Return an alias of what a value looks like, else a new project."""
    said = Suggestion(field=edit.field, value=edit.original, project="", why="")
    if found is None:
        project, entry = proposals.project(edit.original, spelt=True)
        return replace(said, project=project, why="no project is called so yet", projects=entry)
    why = f"it {WORDS[found.way]} {quoted(found.spelling)}"
    return replace(said, project=found.project, why=why, alias=alias(edit.original))


def _rule(one: Candidate, proposals: Proposals) -> Suggestion:
    project, entry = one.project, ""
    if project is None:
        named = one.value if one.field.startswith(TAG) else f"{one.field}-{one.value}"
        project, entry = proposals.project(named.rstrip("*-_./:"), spelt=False)
    _, rule = proposals.rule(one.field, one.value, project)
    return Suggestion(
        field=one.field, value=one.value, project=project, why=one.why, projects=entry, rules=rule
    )


def _counted(said: Suggestion, rows: pl.DataFrame, whole: Decimal, money: Money) -> Suggestion:
    amount = worth(rows, money.rates, money.currency)
    share = rounded(Fraction(amount) / Fraction(whole) * 100, PLACES) if whole > 0 else None
    months = tuple(rows["month"].unique().sort())
    lines = int(rows["lines"].cast(pl.Int64).sum())
    return replace(said, amount=amount, share=share, lines=lines, months=months)
