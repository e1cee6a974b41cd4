"""Attribution: ordered rules on keys; what each key is spent on, in each epoch of the rules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import polars as pl

from models.category import UNALLOCATED
from models.project import Registry
from models.rule.alike import alike, asking
from models.rule.matching import Matcher, columns, indexed, spellings
from models.rule.rule import TAG, Condition, Rule, RuleSet, Target

NO_RULE: Final = "none"  # the rule id of what no rule caught
ATTRIBUTED: Final = pl.Schema(
    {
        "key_id": pl.UInt32(),
        "epoch": pl.UInt32(),
        "project": pl.String(),
        "category": pl.String(),
        "item": pl.String(),
        "project_rule": pl.String(),
        "category_rule": pl.String(),
        "path": pl.String(),
    }
)

_SET: Final = ("project", "category", "item")


def edges(rules: RuleSet, registry: Registry) -> tuple[date, ...]:
    """Return the days, in order, on which rules or spellings change; they part epochs."""
    return tuple(sorted(rules.edges | registry.edges))


def epoch(day: pl.Expr, edges: Sequence[date]) -> pl.Expr:
    """Return the epoch of a day: how many edges are on it or before it."""
    return pl.sum_horizontal(pl.lit(0, pl.UInt32), *(day >= pl.lit(edge) for edge in edges)).cast(
        pl.UInt32
    )


def attributed(
    keys: pl.DataFrame,
    rules: RuleSet,
    registry: Registry,
    days: tuple[date, date] | None = None,
) -> pl.DataFrame:
    """Return what each key is spent on, in the schema ATTRIBUTED, one row per key and epoch.

    For project (or split), category and item the first matching rule that sets it wins. What
    no rule gives a project or category is `unallocated`, by the rule `none`; without an item
    it is null. What is shared is `unallocated`, too, with the id of its split as `path`,
    until it is divided. Rules run on distinct texts of the keys, never on lines.

    Args:
        keys: Columns KEYS.
        rules: The rules.
        registry: The projects.
        days: First and last day of the charges; epochs beyond them are left out.
    """
    kinds, ids = alike(keys, rules, registry), keys["key_id"]
    found = [
        _of_epoch(kinds.seen, rules, registry, number, day)[kinds.kind].with_columns(ids)
        for number, day in begun(edges(rules, registry), days)
    ]
    return pl.concat(found).select(ATTRIBUTED.names())


def asked(keys: pl.DataFrame, rules: RuleSet) -> Matcher:
    """Return the keys, ready for what the rules ask of them."""
    return Matcher(keys, rules.asked_tags, rules.tags)


def begun(edges: Sequence[date], days: tuple[date, date] | None) -> Iterator[tuple[int, date]]:
    """Yield number and first day of each epoch that has one of the days."""
    first, last = days or (date.min, date.max)
    for number in range(bisect_right(edges, first), bisect_right(edges, last) + 1):
        yield number, (date.min, *edges)[number]


def _of_epoch(
    seen: pl.DataFrame, rules: RuleSet, registry: Registry, number: int, day: date
) -> pl.DataFrame:
    """Return ATTRIBUTED of one epoch, a row for each kind of key."""
    mine = [rule for rule in rules.rules if rule.holds(day)]
    met = resolved(seen, rules, registry, day)
    first = met.select("kind", *(_first(mine, name) for name in _SET))
    bearers = {each: registry.bearer(each, day) for each in registry.ids}
    return _named(met, mine, first, bearers).with_columns(epoch=pl.lit(number, pl.UInt32))


def resolved(seen: pl.DataFrame, rules: RuleSet, registry: Registry, day: date) -> pl.DataFrame:
    """Return what is seen of keys, with the project that a tag spells on a day in its place."""
    columns = [TAG + tag for tag in rules.project_tags]
    return seen.with_columns(_project(column, seen, registry, day) for column in columns)


def _project(column: str, seen: pl.DataFrame, registry: Registry, day: date) -> pl.Expr:
    texts = seen[column].drop_nulls().unique()
    projects = [registry.resolve(text, day) for text in texts]
    return pl.col(column).replace_strict(texts, projects, default=None, return_dtype=pl.String)


def catches(rule: Rule) -> pl.Expr:
    """Return whether a rule catches what is seen of a key, as `resolved` returns it."""
    met = _meet(rule.when)
    if rule.unless:
        met &= ~_meet(rule.unless)
    return (
        met
        if rule.to.project_tag is None
        else met & pl.col(TAG + rule.to.project_tag).is_not_null()
    )


def _meet(conditions: Iterable[Condition]) -> pl.Expr:
    """Return whether what is seen of a key meets every condition."""
    return pl.all_horizontal(
        pl.any_horizontal(asking(column, each.patterns) for column in columns(each))
        for each in conditions
    )


def conflicts(keys: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Return keys on which spellings of one tag, asked for by a rule, have different values.

    Returns:
        `key_id, tag` (canonical), `used, used_value` (the first by its exact key, which
        rules see), `ignored, ignored_value`; sorted.
    """
    distinct, index = indexed(keys["tags"])
    found = spellings(distinct, rules.asked_tags, rules.tags)
    used = pl.col("key", "value", "canonical").first().over("text", "tag").name.prefix("used_")
    differs = pl.col("canonical") != pl.col("used_canonical")
    apart = found.with_columns(used).filter(differs)
    on_keys = pl.DataFrame({"key_id": keys["key_id"], "text": index}).join(apart, on="text")
    return on_keys.select(
        "key_id",
        "tag",
        pl.col("used_key").alias("used"),
        "used_value",
        pl.col("key").alias("ignored"),
        pl.col("value").alias("ignored_value"),
    ).sort(pl.all())


def _sets(to: Target) -> Iterator[str]:
    if to.project is not None or to.project_tag is not None or to.split is not None:
        yield "project"
    if to.category is not None:
        yield "category"
    if to.item is not None:
        yield "item"


def _first(rules: Sequence[Rule], name: str) -> pl.Expr:
    """Return the place of the first rule that catches a key and sets a thing."""
    places = [
        pl.when(catches(rule)).then(pl.lit(place, pl.UInt32))
        for place, rule in enumerate(rules)
        if name in _sets(rule.to)
    ]
    return pl.coalesce(*places, pl.lit(None, pl.UInt32)).alias(name)


def _named(
    met: pl.DataFrame, rules: Sequence[Rule], first: pl.DataFrame, bearers: dict[str, str]
) -> pl.DataFrame:
    """Return ATTRIBUTED from the number of the first rule for each thing."""
    ids = pl.Series([rule.id for rule in rules], dtype=pl.String)

    def set_to(name: str, by: str) -> pl.Series:
        words = [getattr(rule.to, name) for rule in rules]
        return pl.Series(words, dtype=pl.String).gather(first[by])

    project = pl.lit(set_to("project", "project").replace(bearers))
    for number, rule in enumerate(rules):
        if rule.to.project_tag is not None:
            mine = pl.lit(first["project"]) == number
            project = pl.when(mine).then(pl.col(TAG + rule.to.project_tag)).otherwise(project)
    return met.select(
        project.fill_null(UNALLOCATED).alias("project"),
        set_to("category", "category").fill_null(UNALLOCATED).alias("category"),
        set_to("item", "item").alias("item"),
        ids.gather(first["project"]).fill_null(NO_RULE).alias("project_rule"),
        ids.gather(first["category"]).fill_null(NO_RULE).alias("category_rule"),
        set_to("split", "project").alias("path"),
    )
