"""Rows of a usage cost export, as files carry them and as a query reduces them.

One form serves both, so that one conversion does. The names and the nesting are those of the
tables `gcp_billing_export_v1_*` (standard) and `gcp_billing_export_resource_v1_*` (detailed).

Raw rows are the rows of the table: an hour each, amounts as doubles, one entry a credit.

Reduced rows, as a query delivers them in Parquet, differ in values alone:

- `usage_start_time` is 00:00 UTC of the day the usage began, `usage_end_time` is 24 hours later.
- Columns in SUMMED are sums of NUMERIC, `Decimal(38, 9)`, over the rows with one key:
  each amount is cast to NUMERIC before it is added. In a struct, the summed member is null
  where it was null in all rows.
- `credits` has one entry for each type that occurs: `type`, and `amount` as such a sum. Types
  are never merged into others; `name` may be null.
- Everything else is the key, and labels and tags stay whole. A column that the table has not is
  null.
- `line_count` is how many rows became one; `partition_day` is the ingestion day they lie in.
  Rows of two partitions or of two invoice months are never merged.

A document may hold several invoice months; each delivery takes its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

Leaf = Literal["text", "amount", "double", "moment", "count", "day"]

TIME: Final = pl.Datetime("us", "UTC")
NUMERIC: Final = pl.Decimal(38, 9)

# What reduced rows have in Parquet; `amount` is money or a quantity, `double` is never summed.
TYPES: Final[dict[Leaf, pl.DataType]] = {
    "text": pl.String(),
    "amount": NUMERIC,
    "double": pl.Float64(),
    "moment": TIME,
    "count": pl.Int64(),
    "day": pl.Date(),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One column, or one member of a record.

    Attributes:
        leaf: What a plain value is; ignored where there are members.
        members: Members of a record.
        repeated: Whether it holds a list of records.
        required: Whether a file without it is refused. Values may be null all the same, but
            for required members of a repeated record.
    """

    name: str
    leaf: Leaf = "text"
    members: tuple[Cell, ...] = ()
    repeated: bool = False
    required: bool = False

    @property
    def reduced(self) -> pl.DataType:
        """The type in reduced rows."""
        if not self.members:
            return TYPES[self.leaf]
        record = pl.Struct({member.name: member.reduced for member in self.members})
        return pl.List(record) if self.repeated else record


def _texts(*names: str) -> tuple[Cell, ...]:
    return tuple(Cell(name) for name in names)


_PAIR: Final = _texts("key", "value")

COLUMNS: Final = (
    Cell("billing_account_id", required=True),
    Cell(
        "invoice",
        members=(Cell("month", required=True), Cell("publisher_type")),  # 202608; GOOGLE, PARTNER
        required=True,
    ),
    Cell("cost_type", required=True),  # regular, tax, adjustment, rounding_error
    Cell("service", members=(Cell("id"), Cell("description", required=True)), required=True),
    Cell("sku", members=(Cell("id"), Cell("description", required=True)), required=True),
    Cell("usage_start_time", "moment", required=True),
    Cell("usage_end_time", "moment", required=True),
    Cell(
        "project",
        members=(
            *_texts("id", "number", "name", "ancestry_numbers"),
            Cell("labels", members=_PAIR, repeated=True),
        ),
        required=True,
    ),
    Cell("labels", members=_PAIR, repeated=True, required=True),
    Cell("system_labels", members=_PAIR, repeated=True),
    Cell("tags", members=_texts("key", "value", "namespace"), repeated=True),
    Cell("location", members=_texts("location", "country", "region", "zone")),
    Cell("resource", members=_texts("name", "global_name")),  # detailed only
    Cell("subscription", members=_texts("instance_id")),
    Cell("consumption_model", members=_texts("id", "description")),
    Cell("adjustment_info", members=_texts("id", "description", "mode", "type")),
    Cell("transaction_type"),  # GOOGLE, THIRD_PARTY_RESELLER, THIRD_PARTY_AGENCY
    Cell("seller_name"),
    Cell("currency", required=True),
    Cell("currency_conversion_rate", "double"),  # units of `currency` for a US dollar
    Cell("cost", "amount", required=True),  # in `currency`, before credits
    Cell("cost_at_list", "amount"),
    Cell("cost_at_effective_price_default", "amount"),  # negotiated, before commitments
    Cell(
        "usage",
        members=(Cell("amount_in_pricing_units", "amount"), Cell("pricing_unit")),
    ),
    Cell(
        "price",  # of one `pricing_unit`, times pricing_unit_quantity
        members=(
            Cell("list_price", "amount"),
            Cell("effective_price", "amount"),
            Cell("effective_price_default", "amount"),
            Cell("pricing_unit_quantity", "amount"),
        ),
    ),
    Cell(
        "credits",
        members=(  # amounts are negative
            Cell("type"),
            Cell("name"),
            Cell("amount", "amount", required=True),
        ),
        repeated=True,
        required=True,
    ),
    Cell("line_count", "count"),  # reduced rows only
    Cell("partition_day", "day"),  # reduced rows only
)

# In the table and never used: neither called new when present, nor asked of a query.
UNUSED: Final = (
    "export_time",
    "cost_at_list_consumption_model",
    "_PARTITIONTIME",
    "_PARTITIONDATE",
)

# What a query sums; `credits` it sums by type.
SUMMED: Final = (
    "cost",
    "cost_at_list",
    "cost_at_effective_price_default",
    "usage.amount_in_pricing_units",
    "credits.amount",
)

# Reduced rows have all columns; a query fills those that its table lacks with nulls.
REDUCED: Final = pl.Schema({cell.name: cell.reduced for cell in COLUMNS})
