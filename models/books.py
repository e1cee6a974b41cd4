r"""Books of a closed month: its rows of recognised spend as one text, equal for equal rows.

CSV in UTF-8 under gzip, readable without this program: the first line names the columns, rows
are sorted, amounts have all their decimals, `\N` is what is not there, and a text that begins
with a backslash has one more in front.
"""

from __future__ import annotations

import gzip
import io
import zlib
from decimal import Decimal
from typing import Final

import polars as pl

from models.errors import StoreError
from models.money import plain
from models.reduction import SUMMED
from models.spend import RECOGNISED

GRAIN: Final = tuple(name for name in RECOGNISED if name not in {*SUMMED, "lines"})
_NULL: Final = "\\N"
_WAY_OUT: Final = "use the version that closed it, or restore the archive from a backup"
_SUMS: Final = (
    *(pl.col(name).sum().cast(RECOGNISED[name]) for name in SUMMED),
    pl.col("lines").cast(pl.UInt64).sum().cast(RECOGNISED["lines"]),
)


def gathered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row where all but the amounts is equal, sorted, in the schema RECOGNISED."""
    return rows.group_by(GRAIN).agg(_SUMS).select(RECOGNISED.names()).sort(GRAIN)


def written(rows: pl.DataFrame) -> bytes:
    """Return the books of some rows of recognised spend, in whatever order they come."""
    out = io.BytesIO()
    texts = [pl.col(name) for name, kind in RECOGNISED.items() if kind == pl.String]
    escaped = [
        pl.when(text.str.starts_with("\\")).then(pl.lit("\\") + text).otherwise(text)
        for text in texts
    ]
    gathered(rows).with_columns(
        *(
            pair.fill_null(_NULL).alias(text.meta.output_name())
            for pair, text in zip(escaped, texts, strict=True)
        )
    ).write_csv(out, quote_style="necessary", line_terminator="\n", null_value=_NULL)
    return gzip.compress(out.getvalue(), mtime=0)


def read(data: bytes, place: str = "books") -> pl.DataFrame:
    """Return the rows of books, in the schema RECOGNISED.

    Args:
        data: What `written` returned.
        place: Which books they are, for the message.

    Raises:
        StoreError: when they are not books, or a later version of the program wrote them.
    """
    try:
        found = pl.read_csv(
            gzip.decompress(data),
            infer_schema=False,
            null_values=[_NULL],
            empty_string_is_null=False,
            glob=False,
        )
        there = [name for name in RECOGNISED if name in found.columns]  # later ones may be missing
        typed = found.select(_typed(name, RECOGNISED[name]) for name in there)
    except (OSError, EOFError, zlib.error, pl.exceptions.PolarsError) as error:
        raise StoreError(f"{place}: cannot be read as books; {_WAY_OUT}") from error
    if strange := sorted({*found.columns} - {*RECOGNISED}):
        raise StoreError(f"{place}: has a column {strange[0]!r} that books have not; {_WAY_OUT}")
    more = (pl.lit(None, kind).alias(name) for name, kind in RECOGNISED.items())
    return typed.with_columns(each for each in more if each.meta.output_name() not in there).select(
        RECOGNISED.names()
    )


def sums(rows: pl.DataFrame) -> dict[str, dict[str, str]]:
    """Return exact sums by currency and measure, as plain text."""
    found = rows.group_by("currency").agg(pl.col(*SUMMED).sum()).sort("currency")
    return {
        row["currency"]: {name: plain(Decimal(row[name])) for name in SUMMED}
        for row in found.iter_rows(named=True)
    }


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.Date:
        return column.str.to_date("%Y-%m-%d")
    if kind != pl.String:
        return column.cast(kind)
    doubled = column.str.starts_with("\\")
    return pl.when(doubled).then(column.str.slice(1)).otherwise(column).alias(name)
