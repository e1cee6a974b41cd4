"""Tags of keys: whole maps as JSON text, and the values of single keys out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from models.canonical import canonical_key
from models.identity import identity

_NEEDS_ESCAPE: Final = r'[\x00-\x1f"\\]'
_HARD: Final = r'\\|":null'  # an escape, or an entry without a value


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


def tag_values(texts: pl.Series, wanted: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return the values of some tags in JSON texts of tag maps, all spellings of each.

    Args:
        texts: What `tag_texts` made.
        wanted: Canonical tag key: the canonical keys it is read from, in order of precedence.

    Returns:
        `text` (index into texts), `tag` (canonical key), `key` and `value` as delivered. Of one
        text and tag in order of precedence, then of the key as delivered. A tag without a value
        is left out.
    """
    numbered = pl.DataFrame({"body": texts}).with_row_index("text")
    plain = ~pl.col("body").str.contains(_HARD)
    entries = pl.concat([_split(numbered.filter(plain)), _parsed(numbered.filter(~plain))])
    read = _read(entries["key"].unique(), wanted)
    mine = entries.filter(pl.col("key").is_in(read["key"].implode()))
    found = mine.join(read, on="key", maintain_order="left")
    # keys of one text are in order already, see tag_texts
    ordered = found.sort("rank", maintain_order=True) if (read["rank"] > 0).any() else found
    return ordered.select("text", "tag", "key", "value")


def _read(keys: pl.Series, wanted: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return which of the keys is read as which tag, and at which place of its precedence."""
    canonical = [(key, canonical_key(key)) for key in keys]
    rows = [
        (key, tag, readable.index(found))
        for tag, readable in wanted.items()
        for key, found in canonical
        if found in readable
    ]
    schema = {"key": pl.String(), "tag": pl.String(), "rank": pl.UInt32()}
    return pl.DataFrame(rows, schema=schema, orient="row")


_ENTRIES: Final = pl.Schema({"text": pl.UInt32(), "key": pl.String(), "value": pl.String()})


def _split(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the entries of texts in which each quote is a boundary and each value a text."""
    pairs = pl.col("body").str.strip_prefix('{"').str.strip_suffix('"}').str.split('","')
    parts = pl.col("pair").str.splitn('":"', 2)
    return (
        numbered.filter(pl.col("body") != "{}")
        .select("text", pair=pairs)
        .explode("pair")
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
