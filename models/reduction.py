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
    "pricing_category",
    "commitment_discount_status",
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
APART: Final = 70  # percent of lines left as sums: with more, later batches are not summed first
HELD_KEYS: Final = 200_000  # keys beyond these wait compressed,
HELD_ROWS: Final = 1_000_000  # and so do partial sums
PART_ROWS: Final = 1_000_000  # facts become final in parts of about so many
_DAYS: Final = 1 << 23  # more than there are between the first and the last date,
_BEFORE: Final = 1 << 22  # and more than there are before 1970

_KNOWN: Final = pl.Schema({"identity": pl.UInt128(), "raw": pl.UInt32()})
_RAW_KEYS: Final = pl.Schema({**dict.fromkeys(SEEN, pl.String()), TAGS: JSON})
READ: Final = (
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
    found = Reduction()
    for batch in charges.select(READ).collect_batches(chunk_size=BATCH_ROWS):
        found.add(batch)
    return found.keys_and_facts(source)


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
        self.rows = 0
        self.frames.clear()
        self.packed.clear()


def _packed(frame: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    frame.write_parquet(body, compression="zstd", compression_level=1, statistics=False)
    return body.getvalue()


@dataclass(slots=True)
class Reduction:
    """Keys and partial sums of the charges so far, for whoever has them in batches anyway."""

    _known: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_KNOWN))
    _keys: _Held = field(default_factory=lambda: _Held(HELD_KEYS))
    _sums: _Held = field(default_factory=lambda: _Held(HELD_ROWS))
    _apart: bool = False  # whether hardly any lines share key and day

    def clear(self) -> None:
        """Forget all charges."""
        self._known = pl.DataFrame(schema=_KNOWN)
        self._keys.clear()
        self._sums.clear()

    def add(self, batch: pl.DataFrame) -> None:
        """Take in one batch of charges, in the columns READ."""
        lines = batch.select("day", *SUMMED, identity(*_RAW_KEYS).alias("identity"))
        first = lines["identity"].is_first_distinct()
        seen = lines.select("identity").filter(first)
        seen = seen.join(self._known, on="identity", how="left", maintain_order="left")
        new = seen["raw"].is_null()
        added = pl.lit(new).cum_sum().cast(pl.UInt32) - 1 + self._known.height
        seen = seen.with_columns(pl.col("raw").fill_null(added))
        self._known = pl.concat([self._known, seen.filter(new)])
        self._keys.add(batch.select(_RAW_KEYS.names()).filter(first).filter(new))
        self._add(lines.join(seen, on="identity"))

    def _add(self, lines: pl.DataFrame) -> None:
        """Keep the sums of a batch; where hardly any lines share a day, the lines themselves."""
        rows = lines.select("raw", "day", *SUMMED, lines=pl.lit(1, pl.UInt32))
        if not self._apart:
            sums = _summed(rows.lazy(), "raw").collect()
            self._apart = sums.height > rows.height * APART // 100
            rows = sums
        self._sums.add(rows)

    def keys_and_facts(self, source: str) -> tuple[pl.DataFrame, pl.LazyFrame]:
        """Return what all charges together are; see the function of this name."""
        keys, numbers = _numbered(self._keys.all(_RAW_KEYS), source)
        self._keys.clear()
        return keys, _lazy(self._sums, numbers, keys.height)


def _summed(lines: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """Return exact sums by key and day, sorted; a quantity that is null counts as 0.

    Both travel as one integer, which is grouped and sorted in half the time.
    """
    packed = pl.col(key).cast(pl.Int64) * _DAYS + pl.col("day").to_physical() + _BEFORE
    sums = (pl.col(*SUMMED).sum().cast(MONEY), pl.col("lines").sum())
    found = lines.group_by(packed.alias("packed")).agg(sums).sort("packed")
    return found.select(
        (pl.col("packed") // _DAYS).cast(pl.UInt32).alias(key),
        (pl.col("packed") % _DAYS - _BEFORE).cast(pl.Int32).cast(pl.Date).alias("day"),
        *FACTS.names()[2:],
    )


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
    found = [held.with_columns(key_id).filter(mine).select(FACTS.names()) for held in sums]
    whole = pl.concat([pl.DataFrame(schema=FACTS), *found])
    return _summed(whole.lazy(), "key_id").collect(engine="streaming")
