"""Reduction: the charges of one document as keys, all a rule may see, and facts, exact sums."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import polars as pl
from polars.io.plugins import register_io_source

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
    "x_workload",
    "x_gpu_type",
    "consumed_unit",
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

BATCH_ROWS: Final = 1 << 18  # bounds memory whatever the size of the document
HELD_KEYS: Final = 200_000  # keys beyond these wait compressed,
HELD_ROWS: Final = 1_000_000  # and so do partial sums
PART_ROWS: Final = 1_000_000  # facts become final in parts of about so many

_KNOWN: Final = pl.Schema({"identity": pl.UInt128(), "raw": pl.UInt32()})
_RAW_KEYS: Final = pl.Schema({**dict.fromkeys(SEEN, pl.String()), TAGS: JSON})
_READ: Final = (
    *map(pl.col, _RAW_KEYS),
    pl.col("charge_period_start").dt.date().alias("day"),
    *(pl.col(column).alias(name) for name, column in SUMMED.items()),
)


def keys_and_facts(charges: pl.LazyFrame, source: str) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Return the distinct keys of a document, and its exact sums by key and day.

    Equal for equal charges, in whatever order they come. Reads the charges once, in
    batches; facts are lazy, and come in parts when they are written to a file, so that
    memory grows with the keys alone.

    Args:
        charges: CHARGE columns, best scanned from the written file.
        source: Name of the source, which rules may ask for.
    """
    found = _Found()
    rows = charges.select(pl.len()).collect().item()
    for start in range(0, rows, BATCH_ROWS):
        found.add(charges.slice(start, BATCH_ROWS).select(_READ).collect())
    keys, numbers = _numbered(found.keys.all(_RAW_KEYS), source)
    found.keys.clear()
    return keys, _lazy(found.sums, numbers, keys.height)


@dataclass(slots=True)
class _Held:
    """Frames of single batches; compressed when they have more rows than `limit`."""

    limit: int
    rows: int = 0
    frames: list[pl.DataFrame] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Keep the frame of one batch."""
        self.rows += frame.height
        self.frames.append(frame)
        if self.rows > self.limit:
            self.packed += map(_packed, self.frames)
            self.frames.clear()

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield what was added, in order, a batch at a time."""
        yield from (pl.read_parquet(io.BytesIO(body)) for body in self.packed)
        yield from self.frames

    def all(self, schema: pl.Schema) -> pl.DataFrame:
        """Return what was added as one frame."""
        frames: list[pl.DataFrame] = [pl.DataFrame(schema=schema), *self]
        return pl.concat(frames)

    def clear(self) -> None:
        """Let go of what was added."""
        self.frames.clear()
        self.packed.clear()


def _packed(frame: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    frame.write_parquet(body, compression="zstd", compression_level=1, statistics=False)
    return body.getvalue()


@dataclass(slots=True)
class _Found:
    """Keys and partial sums of the batches so far; `raw` numbers keys as they appear."""

    known: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_KNOWN))
    keys: _Held = field(default_factory=lambda: _Held(HELD_KEYS))
    sums: _Held = field(default_factory=lambda: _Held(HELD_ROWS))

    def add(self, batch: pl.DataFrame) -> None:
        """Take in one batch of charges."""
        lines = batch.select("day", *SUMMED, identity(*_RAW_KEYS).alias("identity"))
        seen = lines.with_row_index("row").group_by("identity").agg(pl.col("row").first())
        old = seen.join(self.known, on="identity")
        new = seen.join(old, on="identity", how="anti")
        new = new.with_columns(raw=pl.row_index().cast(pl.UInt32) + self.known.height)
        self.known = pl.concat([self.known, new.select(_KNOWN.names())])
        self.keys.add(batch.select(_RAW_KEYS.names())[new["row"]])
        numbers = pl.concat([old, new], how="diagonal").select(_KNOWN.names())
        sums = _summed(lines, "identity", pl.len().cast(pl.UInt32).alias("lines"))
        self.sums.add(sums.join(numbers, on="identity").select("raw", *FACTS.names()[1:]))


def _summed(lines: pl.DataFrame, key: str, count: pl.Expr) -> pl.DataFrame:
    """Return exact sums by key and day; a quantity that is null counts as 0."""
    return lines.group_by(key, "day").agg(pl.col(*SUMMED).sum().cast(MONEY), count)


def _numbered(raw: pl.DataFrame, source: str) -> tuple[pl.DataFrame, pl.Series]:
    """Return the keys in their final order, and the `key_id` of each raw key.

    Raw keys that differ in the order of their tags alone become one.
    """
    columns = _RAW_KEYS.names()
    ordered = raw.with_columns(tag_texts(raw[TAGS]).alias(TAGS)).with_row_index("raw").sort(columns)
    changed = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift()) for c in columns)
    ordered = ordered.with_columns(first=changed | (pl.row_index() == 0))
    ordered = ordered.with_columns(key_id=(pl.col("first").cum_sum() - 1).cast(pl.UInt32))
    numbers = ordered.select("raw", "key_id").sort("raw")["key_id"]
    keys = ordered.filter("first").with_columns(x_source=pl.lit(source, dtype=pl.String))
    return keys.select(KEYS.names()), numbers


def _lazy(sums: _Held, numbers: pl.Series, keys: int) -> pl.LazyFrame:
    """Return the facts by `key_id` and day, made a part at a time when they are asked for."""
    count = max(1, -(-sums.rows // PART_ROWS))
    edges = [keys * part // count for part in range(count + 1)]

    def parts(
        columns: list[str] | None, where: pl.Expr | None, rows: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = sums.rows if rows is None else rows
        for low, high in pairwise(edges):
            part = _part(sums, numbers, low, high).head(left)
            left -= part.height
            part = part if where is None else part.filter(where)
            yield part.select(columns or part.columns)

    return register_io_source(parts, schema=FACTS, is_pure=True)


def _part(sums: _Held, numbers: pl.Series, low: int, high: int) -> pl.DataFrame:
    """Return the facts of the keys from `low` up to, not including, `high`."""
    key_id = pl.lit(numbers).gather(pl.col("raw")).alias("key_id")
    mine = pl.col("key_id").is_between(low, high, closed="left")
    found = [held.with_columns(key_id).drop("raw").filter(mine) for held in sums]
    whole = pl.concat([pl.DataFrame(schema=FACTS), *(part.select(FACTS.names()) for part in found)])
    return _summed(whole, "key_id", pl.col("lines").sum()).sort("key_id", "day")
