"""Reduction: the charges of one document as keys, all a rule may see, and facts, exact sums."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import polars as pl

from models.charge import JSON
from models.identity import identity
from models.money import MONEY
from models.tags import tag_texts

# what a rule may see of a charge, and what spend shows of it; the tag map comes last
SEEN: Final = (
    "billing_account_id",
    "sub_account_id",
    "sub_account_name",
    "provider_name",
    "service_name",
    "service_category",
    "x_service_code",
    "sku_id",
    "x_usage_type",
    "x_operation",
    "resource_id",
    "resource_name",
    "region_id",
    "charge_category",
    "x_line_type",
    "x_purchase_order",
    "billing_currency",
)
TAGS: Final = "tags"
KEYS: Final = pl.Schema(
    {"key_id": pl.UInt32(), **dict.fromkeys((*SEEN, TAGS, "x_source"), pl.String())}
)

# name in facts and spend: name in charges
SUMMED: Final = {
    "billed_cost": "billed_cost",
    "effective_cost": "effective_cost",
    "tco_cost": "x_tco_cost",
    "list_cost": "list_cost",
    "consumed_quantity": "consumed_quantity",
}
FACTS: Final = pl.Schema(
    {
        "key_id": pl.UInt32(),
        "day": pl.Date(),
        **dict.fromkeys(SUMMED, MONEY),
        "lines": pl.UInt32(),
    }
)

BATCH_ROWS: Final = 250_000  # bounds memory whatever the size of the document
HELD_ROWS: Final = 2_000_000  # partial facts beyond these wait compressed
PART_ROWS: Final = 1_000_000  # and become final in parts of about so many


_KNOWN: Final = pl.Schema({"identity": pl.UInt128(), "raw": pl.UInt32()})
_RAW_KEYS: Final = pl.Schema({**dict.fromkeys(SEEN, pl.String()), TAGS: JSON})


_READ: Final = (
    *map(pl.col, (*SEEN, TAGS)),
    pl.col("charge_period_start").dt.date().alias("day"),
    *(pl.col(column).alias(name) for name, column in SUMMED.items()),
)


def keys_and_facts(charges: pl.LazyFrame, source: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the distinct keys of a document, and its exact sums by key and day.

    Equal for equal charges, in whatever order they come. Reads the charges once, in
    batches, so that memory grows with keys and days and not with lines.

    Args:
        charges: CHARGE columns, best scanned from the written file.
        source: Name of the source, which rules may ask for.
    """
    found = _Found()
    rows = charges.select(pl.len()).collect().item()
    for start in range(0, rows, BATCH_ROWS):
        found.add(charges.slice(start, BATCH_ROWS).select(_READ).collect())
    keys, numbers = _numbered(found.keys(), source)
    return keys, _final(found.partial, numbers, keys.height)


@dataclass(slots=True)
class _Partial:
    """Sums by key and day of single batches, not yet added up; compressed when they are many."""

    held: list[pl.DataFrame] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)
    rows: int = 0

    def add(self, sums: pl.DataFrame) -> None:
        """Keep the sums of one batch."""
        self.rows += sums.height
        self.held.append(sums)
        if self.rows > HELD_ROWS:
            self.packed += map(_packed, self.held)
            self.held.clear()

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield what was added, a batch at a time."""
        yield from self.held
        yield from (pl.read_parquet(io.BytesIO(body)) for body in self.packed)


def _packed(sums: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    sums.write_parquet(body, compression="lz4", statistics=False)
    return body.getvalue()


@dataclass(slots=True)
class _Found:
    """Keys and partial sums of the batches so far; `raw` numbers keys as they appear."""

    known: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_KNOWN))
    rows: list[pl.DataFrame] = field(default_factory=list)
    partial: _Partial = field(default_factory=_Partial)

    def add(self, batch: pl.DataFrame) -> None:
        """Take in one batch of charges."""
        lines = batch.select("day", *SUMMED, identity(*SEEN, TAGS).alias("identity"))
        seen = lines.with_row_index("row").group_by("identity").agg(pl.col("row").first())
        old = seen.join(self.known, on="identity")
        new = seen.join(old, on="identity", how="anti")
        new = new.with_columns(raw=pl.row_index().cast(pl.UInt32) + self.known.height)
        self.known = pl.concat([self.known, new.select(_KNOWN.names())])
        self.rows.append(batch.select(*SEEN, TAGS)[new["row"]])
        numbers = pl.concat([old, new], how="diagonal").select(_KNOWN.names())
        sums = _summed(lines, "identity", pl.len().cast(pl.UInt32).alias("lines"))
        self.partial.add(sums.join(numbers, on="identity").select("raw", *FACTS.names()[1:]))

    def keys(self) -> pl.DataFrame:
        """Return the keys in the order of `raw`."""
        return pl.concat(self.rows) if self.rows else pl.DataFrame(schema=_RAW_KEYS)


def _summed(lines: pl.DataFrame, key: str, count: pl.Expr) -> pl.DataFrame:
    """Return exact sums by key and day; a quantity that is null counts as 0."""
    return lines.group_by(key, "day").agg(pl.col(*SUMMED).sum().cast(MONEY), count)


def _numbered(raw: pl.DataFrame, source: str) -> tuple[pl.DataFrame, pl.Series]:
    """Return the keys in their final order, and the `key_id` of each raw key.

    Raw keys that differ in the order of their tags alone become one.
    """
    columns = [*SEEN, TAGS]
    ordered = raw.with_columns(tag_texts(raw[TAGS]).alias(TAGS)).with_row_index("raw").sort(columns)
    changed = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift()) for c in columns)
    first = changed | (pl.row_index() == 0)
    ordered = ordered.with_columns(first=first)
    ordered = ordered.with_columns(key_id=(pl.col("first").cum_sum() - 1).cast(pl.UInt32))
    numbers = ordered.sort("raw")["key_id"]
    keys = ordered.filter("first").with_columns(x_source=pl.lit(source, dtype=pl.String))
    return keys.select(KEYS.names()), numbers


def _final(partial: _Partial, numbers: pl.Series, keys: int) -> pl.DataFrame:
    """Return the facts by `key_id` and day, made in parts to bound memory."""
    count = max(1, -(-partial.rows // PART_ROWS))
    edges = [keys * part // count for part in range(count + 1)]
    key_id = pl.lit(numbers).gather(pl.col("raw")).alias("key_id")
    parts = [_part(partial, key_id, low, high) for low, high in pairwise(edges)]
    return pl.concat(parts).select(FACTS.names())


def _part(partial: _Partial, key_id: pl.Expr, low: int, high: int) -> pl.DataFrame:
    """Return the facts of the keys from `low` up to, not including, `high`."""
    mine = pl.col("key_id").is_between(low, high, closed="left")
    found = [sums.with_columns(key_id).drop("raw").filter(mine) for sums in partial]
    if not found:
        return pl.DataFrame(schema=FACTS)
    return _summed(pl.concat(found), "key_id", pl.col("lines").sum()).sort("key_id", "day")
