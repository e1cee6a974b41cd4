"""Kinds of claim, and which keys of a document have them, grouped by who claims them."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from models.project import Registry
from models.rule.contest import PLACE, Contest
from models.rule.matching import Matcher

WON: Final = "won"  # `rule` is the first for `keys` keys, of something it sets
OVERTAKEN: Final = (
    "overtaken"  # `rule` catches `keys` keys, and others, mostly `other_rule`, decide
)
CONTESTED: Final = "contested"  # `other_rule` comes later, and would give another project
SPELLING: Final = "spelling"  # another spelling of one tag has another value
OPEN: Final = "open"  # no rule gives a project

SPELT: Final = ("tag", "used", "used_value", "ignored", "ignored_value")

_NOBODY: Final = pl.lit(None, PLACE)
# the last part of a resource from its first piece with a digit
_NUMBERED: Final = r"(^|[/:])([^/:]*?)[^/:._-]*\d[^/:]*$"


def contested(found: Contest) -> pl.DataFrame:
    """Return the keys of which a later rule would give another project."""
    mine = found.frame.filter(pl.col("other").is_not_null())
    groups = mine.group_by("project", "given", "other", "rival").agg("key_id")
    return found.named(groups).with_columns(kind=pl.lit(CONTESTED))


def spelled(found: Contest, differing: pl.DataFrame, registry: Registry, day: date) -> pl.DataFrame:
    """Return the keys on which spellings of a tag differ; with a project, if it is another one.

    It is another one only where the tag's own value gave the project.
    """
    mine = differing.join(found.frame.select("key_id", "project", "given"), on="key_id")
    groups = (
        mine.group_by(pl.exclude("key_id")).agg("key_id").cast(dict.fromkeys(SPELT, pl.String()))
    )
    by = [rule.to.project_tag for rule in found.rules]
    texts = groups["ignored_value"].unique()
    projects = [registry.resolve(text, day) for text in texts]
    rival = pl.col("ignored_value").replace_strict(texts, projects, default=None)
    named = found.named(groups.with_columns(other=_NOBODY, rival=_NOBODY))
    gave = pl.Series(by, dtype=pl.String).gather(groups["project"])
    same = pl.lit(gave).eq_missing(pl.col("tag")) & (rival != pl.col("project"))
    return named.with_columns(
        kind=pl.lit(SPELLING), other_project=pl.when(same).then(rival).otherwise(None)
    )


def unowned(found: Contest, matcher: Matcher) -> pl.DataFrame:
    """Return the keys that no rule gives a project, by what a person can write a rule about."""
    free = found.frame["project"].is_null()
    resource = pl.coalesce("resource_id", "resource_name").str.replace(_NUMBERED, "${1}${2}*")
    mine = matcher.keys.filter(free).select(
        "key_id",
        pl.col("sub_account_id").alias("account"),
        pl.coalesce("service_name", "x_service_code").alias("service"),
        resource.alias("resource"),
        _seen(matcher, free).alias("tag"),
    )
    return (
        mine.group_by("account", "service", "resource", "tag")
        .agg("key_id")
        .with_columns(kind=pl.lit(OPEN))
    )


def _seen(matcher: Matcher, free: pl.Series) -> pl.Series:
    """Return what rules see of the tags of some keys: `project=x, team=y`; null for nothing."""
    tags = {tag: matcher.tag(tag) for tag in sorted(matcher.tags)}
    values = pl.DataFrame(
        {tag: texts.original.gather(texts.index.filter(free)) for tag, texts in tags.items()}
    )
    if not values.width:
        return pl.repeat(None, int(free.sum()), dtype=pl.String, eager=True)
    shown = [pl.lit(f"{tag}=") + pl.col(tag) for tag in values.columns]
    text = pl.concat_str(*shown, separator=", ", ignore_nulls=True)
    return values.select(text.replace("", None)).to_series()
