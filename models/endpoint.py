"""Charges of endpoints, found by the names that usage calls them, and of machines that idled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.attribution import attributed, edges, epoch
from models.canonical import canonical_value
from models.money import MONEY
from models.project import Registry
from models.reduction import TAGS
from models.rule.rule import RuleSet
from models.run.charge import GPU_HOURS, known_words, tagged

IDLE: Final = "idle"  # line type of hours of one's own machines that nobody used
INFERENCE: Final = "inference"
SERVED: Final = pl.Schema(
    {
        "project": pl.String(),
        "name": pl.String(),
        "standby": pl.Boolean(),
        "day": pl.Date(),
        "currency": pl.String(),
        "cost": MONEY,
    }
)
IDLED: Final = pl.Schema(
    {
        "name": pl.String(),
        "day": pl.Date(),
        "currency": pl.String(),
        "cost": MONEY,
        "hours": MONEY,
    }
)
_SEEN: Final = ("key_id", TAGS, "resource_id", "resource_name", "billing_currency")


@dataclass(frozen=True, slots=True)
class Called:
    """What to look for.

    Attributes:
        names: What usage calls endpoints, canonical: a resource is called so, or its id ends so.
        standby: Tag and value, canonical, of what is meant to wait.
    """

    names: frozenset[str]
    standby: frozenset[tuple[str, str]] = frozenset()


def served(
    keys: pl.LazyFrame,
    facts: pl.LazyFrame,
    rules: RuleSet,
    registry: Registry,
    called: Called,
) -> pl.DataFrame:
    """Return the cost of inference by endpoint and day, in the schema SERVED.

    Args:
        keys: The keys of documents; what names no endpoint is not read whole.
        facts: The facts of the same documents.
        rules: The rules that their spend is made by.
        registry: The projects.
        called: What to look for.
    """
    seen = keys.select(_SEEN).collect()
    names = known_words(seen, ("resource_id", "resource_name"), called.names).alias("name")
    mine = seen.with_columns(names).filter(pl.col("name").is_not_null())
    if mine.is_empty():
        return pl.DataFrame(schema=SERVED)
    words = mine.with_columns(
        pl.col("name").map_elements(canonical_value, return_dtype=pl.String),
        pl.col("billing_currency").alias("currency"),
        pl.col(TAGS).is_in(_waiting(mine[TAGS], called.standby).implode()).alias("standby"),
    ).select("key_id", "name", "currency", "standby")
    whole = keys.join(words.lazy().select("key_id"), on="key_id", how="semi").collect()
    owned = attributed(whole.sort("key_id"), rules, registry).filter(
        pl.col("category") == INFERENCE
    )
    shown = owned.select("key_id", "epoch", "project").join(words, on="key_id")
    dated = facts.with_columns(epoch=epoch(pl.col("day"), edges(rules, registry)))
    joined = dated.join(shown.lazy(), on=("key_id", "epoch"))
    return _summed(joined, SERVED)


def idled(keys: pl.LazyFrame, facts: pl.LazyFrame) -> pl.DataFrame:
    """Return what nobody used of one's own machines by machine and day, in the schema IDLED."""
    mine = keys.filter(pl.col("x_line_type") == IDLE).select(
        "key_id",
        pl.coalesce("resource_id", "resource_name").fill_null("").alias("name"),
        pl.col("billing_currency").alias("currency"),
        pl.col("consumed_unit").eq_missing(pl.lit(GPU_HOURS)).alias("accelerators"),
    )
    measured = pl.col("consumed_quantity") * pl.col("accelerators").cast(pl.Int64)
    return _summed(facts.join(mine, on="key_id").with_columns(hours=measured), IDLED)


def _waiting(texts: pl.Series, standby: Collection[tuple[str, str]]) -> pl.Series:
    """Return the maps of tags that say that something is meant to wait."""
    found = tagged(texts, {tag for tag, _ in standby})
    hit = [
        (tag, canonical_value(value)) in standby
        for tag, value in found.select("tag", "value").iter_rows()
    ]
    return found.filter(pl.Series(hit, dtype=pl.Boolean))[TAGS].unique()


def _summed(rows: pl.LazyFrame, schema: pl.Schema) -> pl.DataFrame:
    sums = [name for name in schema if name in {"cost", "hours"}]
    group = [name for name in schema if name not in sums]
    return (
        rows.with_columns(pl.col("tco_cost").alias("cost"))
        .group_by(group)
        .agg(pl.col(sums).sum().cast(MONEY))
        .collect()
        .select(schema.names())
        .sort(group)
    )
