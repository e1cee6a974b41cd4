"""Tags of keys: whole maps as JSON text, and the values of single keys out of it."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

import polars as pl

from models.canonical import canonical_key
from models.identity import identity

_NEEDS_ESCAPE: Final = r'[\x00-\x1f"\\]'


def tag_texts(maps: pl.Series) -> pl.Series:
    """Return each map as JSON text with sorted keys, without spaces; no map is `{}`.

    Of equal keys in one map the last counts.
    """
    frame = pl.DataFrame({"tags": maps}).with_columns(identity("tags").alias("identity"))
    once = frame.unique("identity").with_row_index("map")
    inner = pl.col("text").fill_null("")
    texts = once.join(_texts(once), on="map", how="left").select(
        "identity", pl.lit("{") + inner + pl.lit("}")
    )
    found = frame.select("identity").join(texts, on="identity", how="left", maintain_order="left")
    return found["literal"]


def _texts(once: pl.DataFrame) -> pl.DataFrame:
    """Return the text between the braces of each map that has an entry."""
    entries = (
        once.select("map", key=pl.col("tags").map.keys(), value=pl.col("tags").map.values())
        .filter(pl.col("key").list.len() > 0)
        .explode("key", "value")
        .unique(["map", "key"], keep="last", maintain_order=True)
        .sort("map", "key")
    )
    value = quoted(entries["value"]).fill_null("null")
    pairs = entries.select("map", text=quoted(entries["key"]) + ":" + value)
    return pairs.group_by("map", maintain_order=True).agg(pl.col("text").str.join(","))


def quoted(texts: pl.Series) -> pl.Series:
    """Return texts as JSON strings; null stays null."""
    plain = pl.select(pl.lit('"') + texts + pl.lit('"')).to_series()
    odd = texts.filter(texts.str.contains(_NEEDS_ESCAPE)).unique()
    escaped = [json.dumps(text, ensure_ascii=False) for text in odd]
    return texts.replace_strict(odd, escaped, default=plain, return_dtype=pl.String)


def tag_values(texts: pl.Series, wanted: Collection[str]) -> pl.DataFrame:
    """Return the values of some tags in JSON texts of tag maps, all spellings of each.

    Args:
        texts: What `tag_texts` made.
        wanted: Canonical tag keys.

    Returns:
        `text` (index into texts), `tag` (canonical key), `key` and `value` as delivered,
        sorted by text, tag and key. A tag without a value is left out.
    """
    numbered = pl.DataFrame({"body": texts}).with_row_index("text")
    plain = ~pl.col("body").str.contains("\\", literal=True)
    entries = pl.concat([_split(numbered.filter(plain)), _parsed(numbered.filter(~plain))])
    spelled = entries["key"].unique()
    tags = pl.DataFrame({"key": spelled, "tag": [canonical_key(key) for key in spelled]})
    found = entries.join(tags.filter(pl.col("tag").is_in(list(wanted))), on="key")
    return found.select("text", "tag", "key", "value").sort("text", "tag", "key")


_ENTRIES: Final = pl.Schema({"text": pl.UInt32(), "key": pl.String(), "value": pl.String()})


def _split(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the entries of texts without an escape, where each quote is a boundary."""
    pair = pl.col("body").str.extract_all(r'"[^"]*":"[^"]*"').alias("pair")
    parts = pl.col("pair").str.strip_prefix('"').str.strip_suffix('"').str.splitn('":"', 2)
    return (
        numbered.select("text", pair)
        .explode("pair", empty_as_null=False)
        .select("text", parts.struct.rename_fields(["key", "value"]))
        .unnest("pair")
        .match_to_schema(_ENTRIES)
    )


def _parsed(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the entries of any texts."""
    rows = [
        (text, key, value)
        for text, body in numbered.iter_rows()
        for key, value in json.loads(body).items()
        if value is not None
    ]
    return pl.DataFrame(rows, schema=_ENTRIES, orient="row")
