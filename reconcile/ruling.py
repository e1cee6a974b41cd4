"""What the rules do with all that is loaded: their claims, their use, and tables of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from models.money import MONEY
from models.period import Month
from models.rule.rule import Rule
from reconcile.actuals import Converter
from reconcile.claimed import Claim, claimed
from reconcile.coverage import Shares, change, total
from reconcile.ruleuse import RuleUse, rule_uses

COVERAGE: Final = pl.Schema(
    {
        **dict.fromkeys(("source", "month"), pl.String()),
        **dict.fromkeys(("allocated", "unallocated", "percent", "change"), MONEY),
        "currency": pl.String(),
    }
)
_COUNTS: Final = ("keys", "lines")
CONFLICTS: Final = pl.Schema(
    {
        **{each.name: pl.String() for each in fields(Claim) if each.name not in _COUNTS},
        **dict.fromkeys(_COUNTS, pl.Int64()),
        "amount": MONEY,
        "currency": pl.String(),
    }
)
RULE_USE: Final = pl.Schema(
    {
        **dict.fromkeys(("rule", "state"), pl.String()),
        **dict.fromkeys(("since", "until"), pl.Date()),
        "expired": pl.Boolean(),
        "keys": pl.Int64(),
        "by": pl.String(),
        "project_lines": pl.Int64(),
        "project_amount": MONEY,
        "category_lines": pl.Int64(),
        "category_amount": MONEY,
        **dict.fromkeys(("first", "last"), pl.Date()),
        "currency": pl.String(),
    }
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules do with all deliveries that count.

    Attributes:
        claims: Who claims lines, largest first.
        uses: What came of each rule, in their order.
        tagging: Ids of the rules whose project depends on a tag.
    """

    claims: tuple[Claim, ...] = ()
    uses: tuple[RuleUse, ...] = ()
    tagging: frozenset[str] = frozenset()


def ruling(  # noqa: PLR0917 - the arguments of rule_uses
    rules: Sequence[Rule],
    direct: pl.DataFrame,
    claims: pl.DataFrame,
    rates: Converter,
    currency: str,
    today: date,
) -> Ruling:
    """Return what the rules do; see `rule_uses` for the arguments."""
    return Ruling(
        claims=claimed(claims, rates, currency),
        uses=rule_uses(rules, direct, claims, rates, currency, today),
        tagging=frozenset(rule.id for rule in rules if _looks_at_a_tag(rule)),
    )


def _looks_at_a_tag(rule: Rule) -> bool:
    asked = any(each.tag is not None for each in (*rule.when, *rule.unless))
    return asked or rule.to.project_tag is not None


def coverage_frame(found: Shares, currency: str) -> pl.DataFrame:
    """Return coverage as the warehouse publishes it; the source of the sum of all is empty."""
    whole: Shares = {("", month): share for month, share in total(found).items()}
    both = {**found, **whole}
    rows = [
        {
            "source": source,
            "month": str(month),
            "allocated": share.allocated,
            "unallocated": share.unallocated,
            "percent": share.percent,
            "change": change(share.percent, _percent(both, source, month + -1)),
            "currency": currency,
        }
        for (source, month), share in sorted(both.items())
    ]
    return pl.DataFrame(rows, schema=COVERAGE)


def _percent(found: Shares, source: str, month: Month) -> Decimal | None:
    share = found.get((source, month))
    return share.percent if share else None


def conflicts_frame(found: Ruling, currency: str) -> pl.DataFrame:
    """Return what two projects claim, as the warehouse publishes it, largest first."""
    rows = [
        {**{name: getattr(each, name) for name in CONFLICTS if name != "currency"}}
        | {"month": str(each.month), "currency": currency}
        for each in found.claims
        if each.conflict
    ]
    return pl.DataFrame(rows, schema=CONFLICTS)


def rule_use_frame(found: Ruling, currency: str) -> pl.DataFrame:
    """Return the use of each rule as the warehouse publishes it."""
    rows = [
        {name: getattr(use, name) for name in RULE_USE if name != "currency"}
        | {"currency": currency}
        for use in found.uses
    ]
    return pl.DataFrame(rows, schema=RULE_USE)
