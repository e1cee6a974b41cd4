"""What rules claim of all deliveries, in one currency, largest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, localcontext
from typing import Any

import polars as pl

from models.money import WIDE, ZERO, stored
from models.period import Month
from models.rule.claimgroup import CONTESTED, OPEN, SPELLING
from reconcile.actuals import Converter


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A group of lines of one source and month, by who claims them.

    Attributes:
        kind: `contested` by a later rule, `spelling` where values of one tag differ, `open`.
        rule: The rule that decides, with its `project`; empty where none does, or where groups
            that are too small to be told apart are summed.
        other_rule: The rule that would give `other_project`; empty for another spelling.
        tag: The tag whose spelling `used` was read, and `ignored` was not; of what is open, what
            rules see of the tags.
        resource: An example; of what is open, what resources have in common.
        tags: All tags of an example, as JSON.
        amount: Effective cost with non-recoverable tax, in the reporting currency.
    """

    kind: str
    source: str
    month: Month
    rule: str
    project: str
    other_rule: str
    other_project: str
    tag: str
    used: str
    used_value: str
    ignored: str
    ignored_value: str
    account: str
    service: str
    resource: str
    tags: str
    keys: int
    lines: int
    amount: Decimal

    @property
    def conflict(self) -> bool:
        """Whether two projects claim the lines."""
        return self.kind == CONTESTED or (self.kind == SPELLING and bool(self.other_project))

    @property
    def differing(self) -> bool:
        """Whether spellings of a tag differ that do not name two projects."""
        return self.kind == SPELLING and not self.other_project

    @property
    def open(self) -> bool:
        """Whether no rule gives the lines, which cost something, a project."""
        return self.kind == OPEN and self.amount != 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines some claims have, and what they come to in the reporting currency."""

    lines: int
    amount: Decimal

    def said(self) -> str:
        """Return `1 line` or `1,234 lines`."""
        return "1 line" if self.lines == 1 else f"{self.lines:,} lines"


def claimed(frame: pl.DataFrame, rates: Converter, currency: str) -> tuple[Claim, ...]:
    """Return every claim that has an amount, largest first by size.

    Args:
        frame: Columns of CLAIMS and `source`.
        rates: Exchange rates.
        currency: The reporting currency.
    """
    with localcontext(prec=WIDE):
        found = list(_converted(frame.filter(pl.col("month").is_not_null()), rates, currency))
    return tuple(sorted(found, key=_place))


def tally(claims: Sequence[Claim]) -> Tally:
    """Return the sum of some claims."""
    with localcontext(prec=WIDE):
        amount = sum((each.amount for each in claims), ZERO)
    return Tally(sum(each.lines for each in claims), amount)


def _converted(frame: pl.DataFrame, rates: Converter, currency: str) -> Iterator[Claim]:
    names = [each.name for each in fields(Claim)]
    for row in frame.iter_rows(named=True):
        month = Month.parse(row["month"])
        amount = stored(rates.convert(row["amount"], row["currency"], currency, month))
        yield Claim(
            **{name: _text(row, name) for name in names} | {"month": month, "amount": amount}
        )


def _text(row: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - counts stay counts
    value = row[name]
    return "" if value is None else value


def _place(claim: Claim) -> tuple[Any, ...]:
    texts = (getattr(claim, each.name) for each in fields(Claim) if each.name != "amount")
    return -abs(claim.amount), *map(str, texts)
