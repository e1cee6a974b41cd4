"""The contract check: charges that keep it are written, the others set aside with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest.source import REJECTED, Conversion, Document
from models.charge import charge_frame
from models.contract import RowRule, first_broken, kept
from models.errors import BrokenError
from models.money import MONEY
from models.reduction import BATCH_ROWS, READ, Reduction

MOST_REJECTED: Final = 10_000  # with more than these a document is no bill with some bad rows
MORSEL: Final = 20_000  # rows in flight; by default a wide table takes three times the memory
ROW_GROUP: Final = 131_072

# Rows that broke the contract still have money; rows a source could not read have none.
REJECTED_CHARGES: Final = pl.Schema(
    {
        **REJECTED,
        "x_derived": pl.String(),
        "billing_currency": pl.String(),
        "charge_category": pl.String(),
        "day": pl.Date(),
        "billed_cost": MONEY,
        "effective_cost": MONEY,
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where charges come from: the name of the source, and the document of it."""

    source: str
    document: Document

    def broken(self, detail: str) -> BrokenError:
        """Return the error that refuses the delivery."""
        return BrokenError(self.source, self.document.name, detail)


def write_charges(
    conversion: Conversion, place: Place, path: Path, reduction: Reduction | None = None
) -> pl.DataFrame:
    """Write the charges that keep the contract to a Parquet file, and return the other rows.

    The rows are written, checked and reduced in one pass. Where one of the charges of a source
    row breaks a rule, all of that row are set aside: a part of a bill's line is no line.

    Args:
        conversion: The charges, and rows the source itself sets aside.
        place: Where they come from.
        path: The file.
        reduction: Takes in the charges that are written, as they are.

    Returns:
        Rows in the schema REJECTED_CHARGES, sorted.

    Raises:
        BrokenError: when more than MOST_REJECTED rows would be set aside.
    """
    charges = charge_frame(
        conversion.charges.with_columns(
            x_source=pl.lit(place.source), x_document=pl.lit(place.document.sha256)
        )
    )
    bad = charges.filter(~kept()).select("x_row").unique().head(MOST_REJECTED + 1)
    rows = _written(charges, path, bad, reduction)["x_row"]
    rejected = _rejected(conversion, charges, rows)
    if len(rows) + len(conversion.rejected) > MOST_REJECTED:
        raise place.broken(f"more than {MOST_REJECTED} rows are bad, such as {_first(rejected)}")
    if len(rows):
        if reduction is not None:
            reduction.clear()
        _written(charges.filter(~_among(rows)), path, pl.LazyFrame(), reduction)
    return rejected


def _written(
    charges: pl.LazyFrame, path: Path, beside: pl.LazyFrame, reduction: Reduction | None
) -> pl.DataFrame:
    """Write charges, and collect what is asked beside in the same pass over them."""
    sink = charges.sink_parquet(
        path,
        compression="zstd",
        compression_level=1,
        row_group_size=ROW_GROUP,
        maintain_order=True,
        lazy=True,
    )
    plans = [beside, sink]
    if reduction is not None:
        wanted = charges.select(READ)
        plans.append(wanted.sink_batches(reduction.add, chunk_size=BATCH_ROWS, lazy=True))
    with pl.Config(streaming_chunk_size=MORSEL):
        return pl.collect_all(plans, engine="streaming")[0]


def _among(rows: pl.Series) -> pl.Expr:
    return pl.col("x_row").is_in(rows.implode(), nulls_equal=True)


def _rejected(conversion: Conversion, charges: pl.LazyFrame, rows: pl.Series) -> pl.DataFrame:
    parts = [conversion.rejected, *([_set_aside(charges, rows)] if len(rows) else [])]
    whole = pl.concat(parts, how="diagonal")
    return whole.match_to_schema(REJECTED_CHARGES, missing_columns="insert").sort(pl.all())


def _set_aside(charges: pl.LazyFrame, rows: pl.Series) -> pl.DataFrame:
    def column_and_value(rule: RowRule) -> pl.Expr:
        return pl.col(rule.column).cast(pl.String).fill_null("")

    return (
        charges.filter(_among(rows))
        .select(
            "x_row",
            first_broken(lambda rule: pl.lit(rule.column)).fill_null("").alias("column"),
            first_broken(lambda rule: pl.lit(rule.meaning))
            .fill_null("another charge of the same row breaks the contract")
            .alias("reason"),
            first_broken(column_and_value).fill_null("").alias("value"),
            "x_derived",
            "billing_currency",
            "charge_category",
            pl.col("charge_period_start").dt.date().alias("day"),
            "billed_cost",
            "effective_cost",
        )
        .head(MOST_REJECTED * 10)
        .collect(engine="streaming")
    )


def _first(rejected: pl.DataFrame) -> str:
    row = rejected.row(0, named=True)
    return f"row {row['x_row']}, column {row['column']}: {row['reason']}"
