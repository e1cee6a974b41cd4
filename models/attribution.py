"""Attribution: ordered rules on keys, and the spend that follows from them and the facts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import polars as pl

from models.category import UNALLOCATED
from models.errors import InvariantError
from models.matching import Matcher, indexed, spellings
from models.money import MONEY
from models.project import Registry
from models.reduction import SUMMED, keys_and_facts
from models.rule import RuleSet, Target

__all__ = ["ATTRIBUTED", "SPEND", "attributed", "conflicts", "conserved", "keys_and_facts", "spend"]

NO_RULE: Final = "none"  # the rule id of what no rule caught
ATTRIBUTED: Final = pl.Schema(
    {
        "key_id": pl.UInt32(),
        "project": pl.String(),
        "category": pl.String(),
        "item": pl.String(),
        "project_rule": pl.String(),
        "category_rule": pl.String(),
        "share": MONEY,
    }
)

# name in spend: name in keys
_FROM_KEYS: Final = {
    "service_name": "service_name",
    "charge_category": "charge_category",
    "currency": "billing_currency",
    "consumed_unit": "consumed_unit",  # or quantities of different units would be summed
}
_SET: Final = ("project", "category", "item")
_GROUP: Final = (*ATTRIBUTED.names()[1:], *_FROM_KEYS)
SPEND: Final = pl.Schema(
    {
        "source": pl.String(),
        "period": pl.String(),
        **{name: ATTRIBUTED.get(name, pl.String()) for name in _GROUP},
        "day": pl.Date(),
        **dict.fromkeys(SUMMED, MONEY),
        "lines": pl.UInt32(),
    }
)


def attributed(keys: pl.DataFrame, rules: RuleSet, registry: Registry) -> pl.DataFrame:
    """Return what each key is spent on, in the schema ATTRIBUTED, one row per key.

    For project, category and item the first matching rule that sets it wins. What no rule
    gives a project or category is `unallocated`, by the rule `none`; without an item it
    is null. Rules run on distinct texts of the keys, never on lines.
    """
    matcher = Matcher(keys, _tags(rules))
    by_tag = {tag: _resolved(matcher, tag, registry) for tag in _project_tags(rules)}
    first = {name: pl.repeat(None, keys.height, dtype=pl.UInt32, eager=True) for name in _SET}
    for number, rule in enumerate(rules.rules):
        mine = matcher.meeting(rule.when)
        if rule.to.project_tag is not None:
            mine &= by_tag[rule.to.project_tag].is_not_null()
        for name in _sets(rule.to):
            first[name] = _offered(first[name], mine, number)
    return _named(keys, rules, first, by_tag)


def spend(
    facts: pl.DataFrame | pl.LazyFrame,
    attributed: pl.DataFrame,
    keys: pl.DataFrame,
    *,
    source: str,
    period: str,
) -> pl.DataFrame:
    """Return the spend of one document at daily grain, in the schema SPEND, sorted.

    Args:
        facts: Sums by key and day.
        attributed: What `attributed` returned for the keys.
        keys: The keys of the same document.
        source: Name of the source.
        period: Billing period of the delivery, `YYYY-MM`.

    Raises:
        InvariantError: when a key is not attributed exactly once, or a fact has no key.
    """
    _once_each(attributed, keys)
    columns = [pl.col(column).alias(name) for name, column in _FROM_KEYS.items()]
    whole = attributed.join(keys.select("key_id", *columns), on="key_id", validate="m:1")
    groups = whole.group_by(_GROUP).agg("key_id").with_row_index("group")
    of_key = groups.select("group", "key_id").explode("key_id", empty_as_null=False)
    daily = _daily(facts.lazy(), of_key)
    named = daily.join(groups.drop("key_id"), on="group").with_columns(
        source=pl.lit(source, dtype=pl.String), period=pl.lit(period, dtype=pl.String)
    )
    return named.select(SPEND.names()).sort(SPEND.names()[:-6])


def conserved(facts: pl.DataFrame | pl.LazyFrame, spend: pl.DataFrame | pl.LazyFrame) -> None:
    """Check that spend is the facts to the last digit, in every measure.

    Raises:
        InvariantError: names the measure, both sums and their difference.
    """
    totals = [pl.col(SUMMED).sum(), pl.col("lines").cast(pl.Int64).sum()]
    before, after = (frame.lazy().select(totals).collect().row(0) for frame in (facts, spend))
    for name, was, now in zip((*SUMMED, "lines"), before, after, strict=True):
        if was != now:
            raise InvariantError(
                f"{name}: spend is {_shown(now)}, the charges are {_shown(was)}, "
                f"{_shown(now - was)} apart; "
                "nothing is published, the last good figures stay"
            )


def conflicts(keys: pl.DataFrame, rules: RuleSet) -> pl.DataFrame:
    """Return keys on which spellings of one tag, asked for by a rule, have different values.

    Returns:
        `key_id, tag` (canonical), `used, used_value` (the first by its exact key, which
        rules see), `ignored, ignored_value`; sorted.
    """
    distinct, index = indexed(keys["tags"])
    found = spellings(distinct, _tags(rules))
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


def _tags(rules: RuleSet) -> frozenset[str]:
    """Return the canonical keys of the tags that rules look at."""
    asked = (condition.tag for rule in rules.rules for condition in rule.when)
    return frozenset(tag for tag in asked if tag is not None) | _project_tags(rules)


def _project_tags(rules: RuleSet) -> frozenset[str]:
    tags = (rule.to.project_tag for rule in rules.rules)
    return frozenset(tag for tag in tags if tag is not None)


def _sets(to: Target) -> Iterator[str]:
    if to.project is not None or to.project_tag is not None:
        yield "project"
    if to.category is not None:
        yield "category"
    if to.item is not None:
        yield "item"


def _resolved(matcher: Matcher, tag: str, registry: Registry) -> pl.Series:
    """Return per key the project that its tag spells; null when it spells none."""
    texts = matcher.tag(tag)
    distinct = texts.canonical.drop_nulls().unique()
    projects = [registry.resolve(text) for text in distinct]
    found = texts.canonical.replace_strict(distinct, projects, default=None, return_dtype=pl.String)
    return found.gather(texts.index)


def _offered(first: pl.Series, mine: pl.Series, number: int) -> pl.Series:
    """Return the first rule per key, which is this one where there was none before."""
    free = pl.lit(first).is_null() & pl.lit(mine)
    return pl.select(pl.when(free).then(pl.lit(number, pl.UInt32)).otherwise(first)).to_series()


def _named(
    keys: pl.DataFrame, rules: RuleSet, first: dict[str, pl.Series], by_tag: dict[str, pl.Series]
) -> pl.DataFrame:
    """Return ATTRIBUTED from the number of the first rule for each thing."""
    ids = pl.Series([rule.id for rule in rules.rules], dtype=pl.String)

    def set_to(name: str) -> pl.Series:
        words = [getattr(rule.to, name) for rule in rules.rules]
        return pl.Series(words, dtype=pl.String).gather(first[name])

    project = pl.lit(set_to("project"))
    for number, rule in enumerate(rules.rules):
        if rule.to.project_tag is not None:
            mine = pl.lit(first["project"]) == number
            project = pl.when(mine).then(pl.lit(by_tag[rule.to.project_tag])).otherwise(project)
    return keys.select(
        "key_id",
        project.fill_null(UNALLOCATED).alias("project"),
        set_to("category").fill_null(UNALLOCATED).alias("category"),
        set_to("item").alias("item"),
        ids.gather(first["project"]).fill_null(NO_RULE).alias("project_rule"),
        ids.gather(first["category"]).fill_null(NO_RULE).alias("category_rule"),
        pl.lit(1).cast(MONEY).alias("share"),
    )


def _once_each(attributed: pl.DataFrame, keys: pl.DataFrame) -> None:
    """Check that each key is attributed whole: its shares, one to a project, sum to 1."""
    shares = attributed.group_by("key_id").agg(pl.col("share").sum())
    every = keys.select("key_id").join(shares, on="key_id", how="full", coalesce=True)
    wrong = every.filter(pl.col("share").ne_missing(1)).sort("key_id")
    if not wrong.is_empty():
        key, share = wrong.row(0)
        raise InvariantError(
            f"key {key} is attributed {share or 0:f} times, not once; "
            "nothing is published, the last good figures stay"
        )


def _daily(facts: pl.LazyFrame, of_key: pl.DataFrame) -> pl.DataFrame:
    """Return sums by group and day.

    Raises:
        InvariantError: when a fact has no key.
    """
    sums = [pl.col(*SUMMED).sum().cast(MONEY), pl.col("lines").sum()]
    found = facts.join(of_key.lazy(), on="key_id", how="left").group_by("group", "day").agg(sums)
    daily = found.collect(engine="streaming")
    if daily["group"].null_count():
        raise InvariantError(
            "facts name keys that are not there; nothing is published, the last good figures stay"
        )
    return daily


def _shown(number: Decimal | int) -> str:
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text
