"""Charges that name a run or a cluster: found on keys, summed from facts, never on lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.attribution import attributed, edges, epoch
from models.canonical import canonical_value
from models.money import MONEY
from models.project import Registry
from models.reduction import KEYS, TAGS
from models.rule.rule import RuleSet
from models.run.file import RunFile
from models.run.run import TRAINING
from models.tags import tag_values

GPU_HOURS: Final = "GPU-Hours"  # how sources call hours of one accelerator that are billed
APART: Final = ("idle", "disposal")  # lines of one's own machines that no run caused
_SLICE: Final = 1 << 17  # distinct maps of tags that are read at once
_TAIL: Final = r"([^/:]+)$"  # the name at the end of the long id of a resource

NAMING: Final = pl.Schema(
    {
        "key_id": pl.UInt32(),
        "names": pl.List(pl.String()),
        "resource": pl.String(),
        "cluster": pl.String(),
        "apart": pl.Boolean(),
    }
)
NAMED: Final = pl.Schema(
    {
        "project": pl.String(),
        "category": pl.String(),
        "month": pl.String(),
        "currency": pl.String(),
        **{name: NAMING[name] for name in NAMING if name != "key_id"},
        "cost": MONEY,
        "hours": MONEY,
        "lines": pl.Int64(),
    }
)
_GROUP: Final = NAMED.names()[:-3]
_SEEN: Final = ("key_id", TAGS, "resource_id", "resource_name", "x_line_type")


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for: `runs.yaml`, and what usage calls its runs and clusters, canonical."""

    file: RunFile
    runs: frozenset[str]
    clusters: frozenset[str]


def naming(keys: pl.DataFrame, sought: Sought) -> pl.DataFrame:
    """Return the keys that name a run or a cluster, in the schema NAMING.

    `names` are the values of tags in the order of `runs.yaml`; `resource` is the run of usage
    that the resource is called like, or that its id ends in; `apart` is what no run caused.
    """
    tags, clusters = sought.file.tag_keys, sought.file.cluster_keys
    values = tagged(keys[TAGS], {*tags, *clusters})
    found = keys.select("key_id", TAGS).with_columns(
        known_words(keys, ("resource_id", "resource_name"), sought.runs).alias("resource"),
        known_words(keys, ("resource_name",), sought.clusters).alias("by_name"),
        keys["x_line_type"].is_in(APART).fill_null(value=False).alias("apart"),
    )
    if values.is_empty():
        nothing = {"names": NAMING["names"], "tagged": NAMING["names"]}
        joined = found.with_columns(pl.lit(None, t).alias(name) for name, t in nothing.items())
    else:
        joined = found.join(listed(values, tags, "names"), on=TAGS, how="left")
        joined = joined.join(listed(values, clusters, "tagged"), on=TAGS, how="left")
    cluster = pl.coalesce(pl.col("tagged").list.first(), "by_name")
    some = pl.any_horizontal(pl.col("names", "resource", "cluster").is_not_null(), "apart")
    named = joined.with_columns(cluster.alias("cluster")).filter(some)
    return named.select(NAMING.names()).sort("key_id")


def named(
    keys: pl.LazyFrame, facts: pl.LazyFrame, rules: RuleSet, registry: Registry, sought: Sought
) -> pl.DataFrame:
    """Return training cost of charges that name something, in the schema NAMED.

    Attribution is that of spend: what is shared is left out, for it is divided by projects,
    not by runs; `hours` are of accelerators, as billed.

    Args:
        keys: The keys of a document; what names nothing is not read whole.
        facts: The facts of the same document.
        rules: The rules that its spend is made by.
        registry: The projects.
        sought: What to look for.
    """
    words = naming(keys.select(_SEEN).collect(), sought)
    if words.is_empty():
        return pl.DataFrame(schema=NAMED)
    mine = keys.join(words.lazy().select("key_id"), on="key_id", how="semi").collect()
    mine = mine.sort("key_id")
    changes = edges(rules, registry)
    owned = attributed(mine, rules, registry).filter(
        pl.col("path").is_null() & pl.col("category").is_in(TRAINING)
    )
    shown = owned.join(words, on="key_id").join(_priced(mine), on="key_id")
    dated = facts.with_columns(epoch=epoch(pl.col("day"), changes))
    joined = dated.join(shown.select(_COLUMNS).lazy(), on=("key_id", "epoch"))
    measured = pl.col("consumed_quantity") * pl.col("accelerators").cast(pl.Int64)
    return (
        joined.with_columns(pl.col("day").dt.strftime("%Y-%m").alias("month"))
        .group_by(_GROUP)
        .agg(
            pl.col("tco_cost").sum().cast(MONEY).alias("cost"),
            measured.sum().cast(MONEY).alias("hours"),
            pl.col("lines").cast(pl.Int64).sum(),
        )
        .collect(engine="streaming")
        .select(NAMED.names())
    )


_COLUMNS: Final = (
    *("key_id", "epoch", "project", "category", "currency", "accelerators"),
    *("names", "resource", "cluster", "apart"),
)


def _priced(keys: pl.DataFrame) -> pl.DataFrame:
    """Return currency of keys, and whether their quantity is hours of accelerators."""
    hours = pl.col("consumed_unit").eq_missing(pl.lit(GPU_HOURS))
    return keys.select(
        "key_id", pl.col("billing_currency").alias("currency"), hours.alias("accelerators")
    )


def tagged(texts: pl.Series, wanted: Collection[str]) -> pl.DataFrame:
    """Return `tags` (the text), `tag` and `value` of wanted tags; of spellings the first counts."""
    distinct, each = _likely(texts.unique(), wanted).sort(), {tag: (tag,) for tag in sorted(wanted)}
    parts = [
        tag_values(part, each).with_columns(pl.lit(part).gather(pl.col("text")).alias(TAGS))
        for part in (distinct[at : at + _SLICE] for at in range(0, len(distinct), _SLICE))
    ]
    if not parts:
        return pl.DataFrame(schema={TAGS: KEYS[TAGS], "tag": pl.String, "value": pl.String})
    filled = pl.concat(parts).filter(pl.col("value").str.strip_chars() != "")
    once = filled.unique([TAGS, "tag"], keep="first", maintain_order=True)  # as rules see it
    return once.select(TAGS, pl.col("tag").cast(pl.String), "value")


def _likely(texts: pl.Series, wanted: Collection[str]) -> pl.Series:
    """Return the texts that may have a wanted tag: those that are ASCII have its letters."""
    return texts.filter(_odd(texts) | texts.str.to_lowercase().str.contains_any([*wanted]))


def listed(values: pl.DataFrame, keys: Sequence[str], name: str) -> pl.DataFrame:
    """Return the distinct values of some tags by text, in the order of the tags."""
    rank = pl.DataFrame(
        {"tag": keys, "rank": range(len(keys))}, schema_overrides={"tag": pl.String}
    )
    ranked = values.join(rank, on="tag").sort(TAGS, "rank", "value")
    return ranked.group_by(TAGS).agg(
        pl.col("value").str.strip_chars().unique(maintain_order=True).alias(name)
    )


def known_words(keys: pl.DataFrame, columns: Sequence[str], known: frozenset[str]) -> pl.Series:
    """Return per key the first of some columns that spells one of the known words."""
    if not known:
        return pl.repeat(None, keys.height, dtype=pl.String, eager=True)
    found = [_spelt(keys[name], known) for name in columns]
    return pl.select(pl.coalesce(found)).to_series()


def _spelt(texts: pl.Series, known: frozenset[str]) -> pl.Series:
    """Return each text, or its tail, where it is known; null elsewhere."""
    distinct = texts.drop_nulls().unique()
    tails = distinct.str.extract(_TAIL).fill_null("")
    hit = _odd(distinct) | _folded(distinct, known) | _folded(tails, known)
    spelt: dict[str, str] = {}
    for text, tail in zip(distinct.filter(hit), tails.filter(hit), strict=True):
        word = next((each for each in (text, tail) if canonical_value(each) in known), None)
        if word is not None:
            spelt[text] = word
    return texts.replace_strict(spelt, default=None, return_dtype=pl.String)


def _odd(texts: pl.Series) -> pl.Series:
    """Return which texts are not ASCII: what they spell is not seen by their letters alone."""
    return texts.str.len_bytes() != texts.str.len_chars()


def _folded(texts: pl.Series, known: frozenset[str]) -> pl.Series:
    return texts.str.strip_chars().str.to_lowercase().is_in([*known])
