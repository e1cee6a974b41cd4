"""Single rows of an archived document by a second reader: what each of them comes to.

The second readers state control totals of whole documents. Where they can also tell rows apart
they are `Itemised`, and a figure is added up again from the very rows that it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Final, Literal, Protocol, runtime_checkable

import polars as pl

from ingest.source import Control, Delivery, Document, Source
from models.errors import BrokenError
from models.money import MONEY, WIDE
from models.scan import ScanError

Level = Literal["row", "part", "document"]
READ: Final = pl.Schema(
    {
        "x_row": pl.Int64(),
        "part": pl.String(),
        "currency": pl.String(),
        **dict.fromkeys(("billed_cost", "effective_cost", "tco_cost"), MONEY),
    }
)
_KEYS: Final = ("x_row", "part", "currency")


@dataclass(frozen=True, slots=True)
class Amount:
    """What one row of a document comes to, with all that is derived from it.

    Attributes:
        row: From 1 for the first data row; 0 for what is of no one row.
        currency: Of the bill.
        billed: Billed cost; credits negative.
        effective: Effective cost, recoverable tax included.
        tco: The same without the tax that comes back; None where the reader does not tell it.
        part: What is told apart in row 0: sub-account and SKU of its charges, with a `/`.
    """

    row: int
    currency: str
    billed: Decimal
    effective: Decimal
    tco: Decimal | None = None
    part: str = ""


@runtime_checkable
class Itemised(Protocol):
    """A source whose second reader tells the rows of a document apart."""

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to, read anew; one row may be told in several amounts."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What a second reader says of one document.

    Attributes:
        level: `row` where rows are told apart, `part` where sums of rows are; `document` where
            only its sums are.
        amounts: In the schema READ, a row, part and currency once; `x_row` is null for a
            document, `tco_cost` where it is not told.
    """

    level: Level
    amounts: pl.DataFrame


def reading(source: Source, path: Path, document: Document, delivery: Delivery) -> Reading:
    """Return what the second reader of a source says of an archived document.

    Args:
        source: Whose document it is.
        path: The bytes, proved to be those that arrived.
        document: The document.
        delivery: What it was delivered with.

    Raises:
        BrokenError: when the second reader cannot read it.
    """
    try:
        with localcontext(prec=WIDE):
            if isinstance(source, Itemised):
                return _by_row(source.amounts(path, document, delivery))
            return Reading("document", _whole(source.control(path, document, delivery)))
    except ScanError as error:
        raise BrokenError(source.name, document.name, error.detail) from error


def _by_row(found: Iterable[Amount]) -> Reading:
    rows = [
        (each.row, each.part, each.currency, each.billed, each.effective, each.tco)
        for each in found
    ]
    level: Level = "part" if any(part for _, part, *_ in rows) else "row"
    return Reading(level, _summed(pl.DataFrame(rows, schema=READ, orient="row")))


def _whole(control: Control) -> pl.DataFrame:
    """Return the sums of a document by currency."""
    rows = [
        (None, "", total.currency, Decimal(total.billed_cost), Decimal(total.effective_cost), None)
        for total in control.totals
    ]
    return _summed(pl.DataFrame(rows, schema=READ, orient="row"))


def _summed(read: pl.DataFrame) -> pl.DataFrame:
    sums = pl.col("billed_cost", "effective_cost", "tco_cost").sum().cast(MONEY)
    told = pl.col("tco_cost").is_not_null().all().alias("told")
    found = read.group_by(_KEYS).agg(sums, told)
    return found.with_columns(pl.when("told").then("tco_cost")).select(READ.names())
