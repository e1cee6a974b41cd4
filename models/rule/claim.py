"""Claims: what several rules would decide, what none does, and which rules have a say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from models.attribution import asked, begun, conflicts, edges, epoch
from models.money import MONEY
from models.project import Registry
from models.rule.alike import alike
from models.rule.claimgroup import OPEN, OVERTAKEN, SPELT, WON, contested, spelled, unowned
from models.rule.contest import Contest, contest
from models.rule.rule import RuleSet

_TEXTS: Final = (
    *("rule", "project", "other_rule", "other_project"),
    *SPELT,
    *("account", "service", "resource", "tags"),
)
CLAIMS: Final = pl.Schema(
    {
        **dict.fromkeys(("kind", "source", "month", "currency", *_TEXTS), pl.String()),
        "keys": pl.Int64(),
        "lines": pl.Int64(),
        "amount": MONEY,
    }
)
_EXAMPLE: Final = ("resource", "tags")
_BY: Final = ("kind", "source", "month", "currency")
_SUMS: Final = (pl.col("keys", "lines").sum(), pl.col("amount").sum().cast(MONEY))
TOP: Final = (
    200  # groups of one kind, source, month and currency that stay apart; the rest is one row
)


def claims(
    keys: pl.DataFrame, facts: pl.LazyFrame, rules: RuleSet, registry: Registry
) -> pl.DataFrame:
    """Return what the rules claim of one document or several, in the schema CLAIMS, sorted.

    A line is contested by one other rule at most, the first that gives another project, so that
    lines and amounts add up. Amounts are `tco_cost`. Of what is contested or spelled in two ways
    `resource` and `tags` are an example; of what is open `resource` is what resources have in
    common, `tag` what rules see of the tags, and `tags` an example.

    Args:
        keys: Columns KEYS, each `key_id` once.
        facts: Columns FACTS of the same keys.
        rules: The rules.
        registry: The projects.
    """
    matcher, changes = asked(keys, rules), edges(rules, registry)
    kinds = alike(keys, rules, registry)
    differing, epochs = conflicts(keys, rules), list(begun(changes, _days(facts)))
    said, parts = [pl.DataFrame(schema=CLAIMS)], []
    for number, day in epochs:
        found = contest(keys["key_id"], kinds, rules, registry, day)
        alive = _alive(keys, facts, changes, number) if len(epochs) > 1 else _all(keys)
        said.append(_said(found, alive))
        groups = contested(found), spelled(found, differing, registry, day), unowned(found, matcher)
        parts += [each.with_columns(epoch=pl.lit(number, pl.UInt32)) for each in groups]
    summed = _summed(pl.concat(parts, how="diagonal"), keys, facts, changes)
    return pl.concat([*said, summed]).sort(pl.all())


def _days(facts: pl.LazyFrame) -> tuple[date, date] | None:
    """Return the first and the last day of the charges; None when there is none."""
    first, last = facts.select(first=pl.col("day").min(), last=pl.col("day").max()).collect().row(0)
    return (first, last) if first else None


def _all(keys: pl.DataFrame) -> pl.Series:
    return pl.repeat(value=True, n=keys.height, eager=True)


def _alive(
    keys: pl.DataFrame, facts: pl.LazyFrame, changes: Sequence[date], number: int
) -> pl.Series:
    """Return per key whether it has charges in an epoch."""
    mine = facts.filter(epoch(pl.col("day"), changes) == number).select(pl.col("key_id").unique())
    return keys["key_id"].is_in(mine.collect()["key_id"].implode())


def _said(found: Contest, alive: pl.Series) -> pl.DataFrame:
    """Return a row for each rule that catches something."""
    rows = [
        {
            "kind": OVERTAKEN if other else WON,
            "rule": rule,
            "other_rule": other,
            "keys": count,
            "lines": 0,
            "amount": 0,
        }
        for rule, other, count in found.decided(alive)
    ]
    return pl.DataFrame(rows, schema=CLAIMS)


def _summed(
    parts: pl.DataFrame, keys: pl.DataFrame, facts: pl.LazyFrame, changes: Sequence[date]
) -> pl.DataFrame:
    """Return CLAIMS of groups of keys: sums by month and currency, and an example."""
    groups = parts.with_row_index("group")
    of_key = groups.select("group", "epoch", "key_id").explode("key_id", empty_as_null=False)
    shown = keys.select(
        "key_id",
        pl.col("x_source").alias("source"),
        pl.col("billing_currency").alias("currency"),
    )
    owned = of_key.join(shown, on="key_id")
    dated = facts.with_columns(
        epoch=epoch(pl.col("day"), changes), month=pl.col("day").dt.strftime("%Y-%m")
    )
    sums = (
        dated.join(owned.lazy(), on=("key_id", "epoch"))
        .group_by("group", "source", "month", "currency")
        .agg(
            keys=pl.col("key_id").n_unique().cast(pl.Int64),
            lines=pl.col("lines").cast(pl.Int64).sum(),
            amount=pl.col("tco_cost").sum().cast(MONEY),
            example=pl.col("key_id").min(),
        )
        .collect(engine="streaming")
    )
    return _topped(_exemplified(sums.join(groups.drop("key_id", "epoch"), on="group"), keys))


def _exemplified(sums: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return sums with resource and tags of their example, where they have none."""
    shown = keys.select(
        pl.col("key_id").alias("example"),
        pl.coalesce("resource_id", "resource_name").alias("shown"),
        "tags",
    )
    found = sums.join(shown, on="example", how="left")
    own = pl.when(pl.col("kind") == OPEN).then("resource").otherwise("shown")
    return found.with_columns(resource=own)


def _topped(found: pl.DataFrame) -> pl.DataFrame:
    """Return CLAIMS with only the largest groups apart; those beyond are one row without texts."""
    order = found.sort(pl.col("amount").abs(), *_TEXTS, descending=[True] + [False] * len(_TEXTS))
    apart = pl.col("month").is_null() | (pl.int_range(pl.len()).over(_BY) < TOP)
    texts = [pl.when(apart).then(pl.col(name)).alias(name) for name in _TEXTS]
    return order.with_columns(texts).group_by(*_BY, *_TEXTS).agg(*_SUMS).select(CLAIMS.names())


def together(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return claims that were found apart as one table, sorted; of examples one is kept.

    Totals stay exact. A group that is among the largest of one part, and not of another, stands
    with what it has in the first.
    """
    own = pl.when(pl.col("kind") == OPEN).then("resource").alias("own")
    named = [name for name in _TEXTS if name not in _EXAMPLE]
    examples = [pl.col(name).sort(nulls_last=True).first() for name in _EXAMPLE]
    whole = pl.concat([pl.DataFrame(schema=CLAIMS), *found]).group_by(*_BY, *named, own)
    return _topped(whole.agg(*examples, *_SUMS)).sort(pl.all())
