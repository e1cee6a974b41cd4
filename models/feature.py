"""Features: what rows of cost have in common that a condition of a rule could ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

import polars as pl

from models.canonical import canonical_key, canonical_value
from models.matching import canonical_texts, indexed
from models.pattern import is_literal
from models.rule import TAG

_Found = Callable[[str], Iterator[tuple[str, str]]]

FEATURES: Final = pl.Schema({"row": pl.UInt32(), "field": pl.String(), "value": pl.String()})
PREFIXES: Final = 3  # of one resource, the longest
STEM: Final = 4  # letters and digits that a prefix has at least, so that i- and vol- are none

# name of the condition: column that it looks at; in the order in which equals are taken
_COLUMNS: Final = {
    "account": "sub_account_id",
    "service": "service_name",
    "usage_type": "x_usage_type",
}
_MARK: Final = re.compile(r"[-_./:]")


def features(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what each row could be caught by, in the schema FEATURES.

    `value` is a canonical text or, of resources, a prefix with `*`; texts that stand for
    others in a pattern are left out. `row` is the position of the row.

    Args:
        rows: With columns of KEYS: accounts, services, usage types, tags; resources or none.
    """
    parts = [_texts(rows, field, column) for field, column in _COLUMNS.items()]
    parts.append(_spread(rows["tags"], _tags))
    if "resource_id" in rows.columns:
        resource = pl.coalesce("resource_name", "resource_id")
        parts.append(_spread(rows.select(resource).to_series(), _prefixes))
    return pl.concat(parts)


def _texts(rows: pl.DataFrame, field: str, column: str) -> pl.DataFrame:
    distinct, index = indexed(rows[column])
    value = canonical_texts(distinct).gather(index).alias("value")
    found = value.to_frame().with_row_index("row").with_columns(field=pl.lit(field))
    literal = [text for text in found["value"].unique().drop_nulls() if is_literal(text)]
    return found.filter(pl.col("value").is_in(literal)).select(FEATURES.names())


def _spread(column: pl.Series, of: _Found) -> pl.DataFrame:
    """Return the features that each distinct text of a column has, for each of its rows."""
    distinct, index = indexed(column)
    found = [(n, *each) for n, text in enumerate(distinct) if text for each in of(text)]
    schema = {"text": pl.UInt32, "field": pl.String, "value": pl.String}
    known = pl.DataFrame(found, schema=schema, orient="row")
    rows = pl.DataFrame({"text": index}).with_row_index("row")
    return rows.join(known, on="text").select(FEATURES.names())


def _tags(text: str) -> Iterator[tuple[str, str]]:
    """Yield each tag of a map by its canonical key; the first spelling with a value counts."""
    seen: set[str] = set()
    for key, value in json.loads(text).items():
        field, found = canonical_key(key), canonical_value(value or "")
        if field and found and field not in seen and is_literal(found):
            seen.add(field)
            yield TAG + field, found


def _prefixes(text: str) -> Iterator[tuple[str, str]]:
    """Yield the longest beginnings of a resource that end with a mark."""
    name = canonical_value(text)
    ends = [found.end() for found in _MARK.finditer(name) if found.end() < len(name)]
    for end in ends[-PREFIXES:]:
        prefix = name[:end]
        if sum(map(str.isalnum, prefix)) >= STEM and is_literal(prefix):
            yield "resource", f"{prefix}*"
