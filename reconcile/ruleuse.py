"""Use of rules: what each caught, which never match, and which are always overtaken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Literal

import polars as pl

from models.money import WIDE, ZERO, stored
from models.period import Month
from models.rule.claimgroup import OVERTAKEN, WON
from models.rule.contest import takes_the_rest
from models.rule.rule import Rule
from reconcile.actuals import COST, MONTH, Converter

State = Literal["used", "overtaken", "unmatched", "spare", "coming"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """What came of one rule; amounts in the reporting currency, effective cost.

    Attributes:
        state: `used`: it decided something. `overtaken`: it matches, and rules before it decide
            all of it. `unmatched`: it matches nothing. `spare`: it takes what others leave, and
            they leave nothing. `coming`: its days have not come.
        until: Its last day, where it has one.
        expired: Whether that is over.
        keys: Kinds of charge that it decides, or would.
        by: Of an overtaken rule, the one that decides most of what it matches.
        project_lines: Lines it gave a project or a split.
        category_lines: Lines it gave a category.
        first: The first day of those lines.
        last: The last.
    """

    rule: str
    state: State
    since: date | None
    until: date | None
    expired: bool
    keys: int
    by: str
    project_lines: int
    project_amount: Decimal
    category_lines: int
    category_amount: Decimal
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class _Caught:
    """Lines, amount, and days of what a rule gave one thing."""

    lines: int = 0
    amount: Decimal = ZERO
    first: date | None = None
    last: date | None = None


def rule_uses(  # noqa: PLR0917 - all that is known of rules
    rules: Sequence[Rule],
    direct: pl.DataFrame,
    claims: pl.DataFrame,
    rates: Converter,
    currency: str,
    today: date,
) -> tuple[RuleUse, ...]:
    """Return the use of each rule, in their order.

    Args:
        rules: The rules as they are now.
        direct: Spend as rules give it, nothing divided, of all deliveries.
        claims: Columns of CLAIMS, of all deliveries.
        rates: Exchange rates.
        currency: The reporting currency.
        today: By which rules have expired or not begun.
    """
    with localcontext(prec=WIDE):
        projects = _caught(direct, "project_rule", rates, currency)
        categories = _caught(direct, "category_rule", rates, currency)
    won = _keys(claims, WON)
    late = {rule: _before(claims, rule) for rule in _keys(claims, OVERTAKEN)}
    return tuple(
        _use(
            rule,
            projects.get(rule.id, _Caught()),
            categories.get(rule.id, _Caught()),
            won.get(rule.id, 0),
            late.get(rule.id, ("", 0)),
            today,
        )
        for rule in rules
    )


def _use(  # noqa: PLR0917 - one rule, looked at from all sides
    rule: Rule,
    project: _Caught,
    category: _Caught,
    won: int,
    late: tuple[str, int],
    today: date,
) -> RuleUse:
    state = _state(
        rule, today, used=bool(won or project.lines or category.lines), late=bool(late[1])
    )
    return RuleUse(
        rule=rule.id,
        state=state,
        since=rule.since,
        until=rule.until,
        expired=rule.until is not None and rule.until < today,
        keys=won or late[1],
        by=late[0] if state == "overtaken" else "",
        project_lines=project.lines,
        project_amount=project.amount,
        category_lines=category.lines,
        category_amount=category.amount,
        first=min(_days(project.first, category.first), default=None),
        last=max(_days(project.last, category.last), default=None),
    )


def _state(rule: Rule, today: date, *, used: bool, late: bool) -> State:
    if used:
        return "used"
    if late:
        return "spare" if takes_the_rest(rule) else "overtaken"
    return "coming" if rule.since is not None and rule.since > today else "unmatched"


def _days(*days: date | None) -> list[date]:
    return [day for day in days if day is not None]


def _keys(claims: pl.DataFrame, kind: str) -> Mapping[str, int]:
    """Return how many keys each rule has in claims of a kind."""
    mine = claims.filter(pl.col("kind") == kind).group_by("rule").agg(pl.col("keys").sum())
    return dict(mine.iter_rows())


def _before(claims: pl.DataFrame, rule: str) -> tuple[str, int]:
    """Return who decides most of what a rule matches, and how many keys it matches."""
    mine = claims.filter((pl.col("kind") == OVERTAKEN) & (pl.col("rule") == rule))
    counts = Counter[str]()
    for other, keys in mine.select("other_rule", "keys").sort("other_rule").iter_rows():
        counts[other] += keys
    return counts.most_common(1)[0][0], counts.total()


def _caught(direct: pl.DataFrame, by: str, rates: Converter, currency: str) -> dict[str, _Caught]:
    """Return what each rule gave one thing."""
    sums = (
        direct.lazy()
        .group_by(by, MONTH["effective"].alias("month"), "currency")
        .agg(
            pl.col("lines").cast(pl.Int64).sum(),
            pl.col(COST["effective"]).sum().alias("amount"),
            pl.col("day").min().alias("first"),
            pl.col("day").max().alias("last"),
        )
        .sort(by, "month", "currency")
        .collect()
    )
    found: dict[str, _Caught] = {}
    for rule, month, money, lines, amount, first, last in sums.iter_rows():
        had = found.get(rule, _Caught())
        converted = stored(rates.convert(amount, money, currency, Month.parse(month)))
        found[rule] = _Caught(
            had.lines + lines,
            had.amount + converted,
            min(_days(had.first, first)),
            max(_days(had.last, last)),
        )
    return found


def found(uses: Sequence[RuleUse], state: State) -> Iterator[RuleUse]:
    """Yield the rules in a state."""
    return (use for use in uses if use.state == state)
