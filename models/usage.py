"""Whose usage is: the rules that give charges a project give it to what was measured, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from models.attribution import NO_RULE, attributed, edges, epoch
from models.beside import BESIDE
from models.project import Registry
from models.reduction import KEYS
from models.rule.rule import RuleSet
from models.tags import tag_texts

UNIT_RULE: Final = "unit"  # the unit is a spelling of the project
OWNED: Final = pl.Schema(
    {
        "period": pl.String(),
        **BESIDE["usage"].schema,
        "project": pl.String(),
        "project_rule": pl.String(),
    }
)

# name in keys: name in usage; what a rule may see of what was measured
_SEEN: Final = {
    "sub_account_id": "unit",
    "sub_account_name": "unit",
    "x_usage_type": "driver",
    "x_line_type": "detail",
    "resource_id": "run_id",
    "resource_name": "cluster",
    "x_gpu_type": "gpu_type",
    "sku_id": "model",
    "x_source": "x_source",
}


def owned(usage: pl.DataFrame, rules: RuleSet, registry: Registry) -> pl.DataFrame:
    """Return usage with the project it belongs to, and the rule that says so.

    The first rule that gives a project to such a charge decides; a unit that spells a
    project needs none (rule `unit`); what nobody claims is `unallocated`, by rule `none`.
    Rules that share a charge say nothing of who used what, and are passed over.

    Args:
        usage: Columns of OWNED without the last two.
        rules: The rules, which see account (unit), usage type (driver), resource (run,
            cluster), SKU (model), GPU type, source and tags.
        registry: The projects.
    """
    rules = replace(rules, rules=tuple(rule for rule in rules.rules if rule.to.split is None))
    numbered = _numbered(usage)
    seen = {**{key: pl.col(name) for key, name in _SEEN.items()}, "tags": pl.col("text")}
    keys = (
        numbered.select("key_id", **seen)
        .unique("key_id")
        .with_columns(
            pl.lit(None, dtype=KEYS[name]).alias(name) for name in {*KEYS} - {*seen, "key_id"}
        )
    )
    keys = keys.select(KEYS.names()).sort("key_id")
    found = attributed(keys, rules, registry).select("key_id", "epoch", "project", "project_rule")
    dated = numbered.with_columns(epoch=epoch(pl.col("day"), edges(rules, registry)))
    joined = dated.join(found, on=("key_id", "epoch"), how="left", maintain_order="left")
    return _spelt(joined, registry).select(OWNED.names())


def _numbered(usage: pl.DataFrame) -> pl.DataFrame:
    """Return the usage with the number, `key_id`, of what a rule may see of it; `text` its tags."""
    texts = usage.with_columns(text=tag_texts(usage["tags"]))
    return texts.with_columns(
        key_id=pl.struct(*sorted({*_SEEN.values()}), "text").rank("dense").cast(pl.UInt32) - 1
    )


def _spelt(usage: pl.DataFrame, registry: Registry) -> pl.DataFrame:
    """Give what no rule claims to the project that its unit spells on the day."""
    free = pl.col("project_rule") == NO_RULE
    units = (
        usage.filter(free, pl.col("unit").is_not_null())
        .group_by("unit", "epoch")
        .agg(pl.col("day").min())
    )
    spelt = [registry.resolve(unit, day) for unit, day in units.select("unit", "day").iter_rows()]
    named = units.select("unit", "epoch", spelt=pl.Series(spelt, dtype=pl.String))
    joined = usage.join(named, on=("unit", "epoch"), how="left", maintain_order="left")
    mine = free & pl.col("spelt").is_not_null()
    return joined.with_columns(
        project=pl.when(mine).then("spelt").otherwise("project"),
        project_rule=pl.when(mine).then(pl.lit(UNIT_RULE)).otherwise("project_rule"),
    )
