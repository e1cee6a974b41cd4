"""Labels, tags and ancestry of a row as one map; user labels keep their names."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.charge import JSON

# Prefix of each list in the map. Labels of resources have none, so that rules name them as
# people typed them; the others could hide or contradict those.
PREFIXES: Final = {"labels": "", "system_labels": "system/", "tags": "tag/"}
PROJECT: Final = "project/"  # labels of the project
ANCESTRY: Final = "resource_manager/ancestry"  # `/organization/folder/`, for rules on folders

_BETWEEN: Final = "\0"  # in no key and no value


def tags() -> pl.Expr:
    """Return the map; a label without a value has `""`, and of equal keys the last counts."""
    ancestry = pl.lit(f"{ANCESTRY}{_BETWEEN}") + pl.col("project").struct.field("ancestry_numbers")
    parts = [
        *(_entries(pl.col(name), prefix) for name, prefix in PREFIXES.items()),
        _entries(pl.col("project").struct.field("labels"), PROJECT),
        pl.concat_list(ancestry).list.drop_nulls(),
    ]
    pair = pl.element().str.splitn(_BETWEEN, 2).struct.rename_fields(["key", "value"])
    return pl.concat_list(parts).list.eval(pair).cast(JSON)


def _entries(pairs: pl.Expr, prefix: str) -> pl.Expr:
    one = pl.element().struct
    text = pl.concat_str(
        pl.lit(prefix) + one.field("key"), one.field("value").fill_null(""), separator=_BETWEEN
    )
    return pairs.list.eval(text.drop_nulls()).fill_null([])
