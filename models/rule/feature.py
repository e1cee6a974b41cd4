"""Features: what rows of cost have in common that a condition of a rule could ask for."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from models.canonical import canonical_key
from models.rule.matching import canonical_texts, indexed, spellings
from models.rule.pattern import REGEX
from models.rule.rule import TAG

FEATURES: Final = pl.Schema({"row": pl.UInt32(), "field": pl.String(), "value": pl.String()})
PREFIXES: Final = 3  # of one resource, the longest
STEM: Final = 4  # letters and digits that a prefix has at least, so that i- and vol- are none

# name of the condition: column that it looks at
_COLUMNS: Final = {
    "account": "sub_account_id",
    "service": "service_name",
    "usage_type": "x_usage_type",
}
_PREFIX: Final = r"(?s)^(.*[-_./:])."
_KEY: Final = r'[{,]"(?:[^"\\]|\\.)*":'


def features(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what each row could be caught by, in the schema FEATURES.

    `value` is a canonical text or, of resources, a prefix with `*`; texts that stand for
    others in a pattern are left out. `row` is the position of the row.

    Args:
        rows: With columns of KEYS: accounts, services, usage types, tags; resources or none.
    """
    parts = [_texts(rows, field, column) for field, column in _COLUMNS.items()]
    parts.append(_tags(rows["tags"]))
    if "resource_id" in rows.columns:
        resource = rows.select(pl.coalesce("resource_name", "resource_id")).to_series()
        parts.append(_prefixes(resource))
    value = pl.col("value")
    literal = ~value.str.strip_suffix("*").str.contains(r"[*?]") & ~value.str.starts_with(REGEX)
    return pl.concat(parts).filter(literal)


def _texts(rows: pl.DataFrame, field: str, column: str) -> pl.DataFrame:
    distinct, index = indexed(rows[column])
    value = canonical_texts(distinct).gather(index).alias("value")
    found = value.to_frame().with_row_index("row").with_columns(field=pl.lit(field))
    return found.drop_nulls("value").select(FEATURES.names())


def _tags(column: pl.Series) -> pl.DataFrame:
    """Return the tags of each row by canonical key; the first spelling with a value counts."""
    distinct, index = indexed(column)
    found = spellings(distinct, _keys(distinct), ())
    first = found.unique(["text", "tag"], keep="first", maintain_order=True)
    named = first.select("text", field=TAG + pl.col("tag"), value="canonical")
    return _on_rows(named, index)


def _keys(texts: pl.Series) -> frozenset[str]:
    """Return the canonical keys of all tags in JSON texts of tag maps."""
    found = texts.str.extract_all(_KEY).explode(empty_as_null=False).unique().drop_nulls()
    return frozenset(canonical_key(json.loads(key[1:-1])) for key in found) - {""}


def _prefixes(column: pl.Series) -> pl.DataFrame:
    """Return the longest beginnings of resources that end with a mark."""
    distinct, index = indexed(column)
    value, parts = pl.col("value"), []
    found = canonical_texts(distinct).alias("value").to_frame().with_row_index("text")
    for _ in range(PREFIXES):
        found = found.with_columns(value.str.extract(_PREFIX)).drop_nulls("value")
        parts.append(found)
    stem = value.str.count_matches(r"[\p{L}\p{N}]") >= STEM
    known = pl.concat(parts).filter(stem).with_columns(value + "*", field=pl.lit("resource"))
    return _on_rows(known.select("text", "field", "value"), index)


def _on_rows(known: pl.DataFrame, index: pl.Series) -> pl.DataFrame:
    """Return FEATURES of the rows of a column, from those of its distinct texts."""
    rows = index.cast(pl.UInt32).alias("text").to_frame().with_row_index("row")
    return rows.join(known.cast({"text": pl.UInt32}), on="text").select(FEATURES.names())
