"""Proofs: rows of a figure, added up again from the bytes of their documents by another reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

import polars as pl

from models.money import MONEY, ZERO
from reconcile.explain.counted import COSTS
from reconcile.explain.explanation import DocumentLine

Outcome = Literal["equal", "different", "damaged", "gone", "unread"]
LEVELS: Final = {
    "row": "each row by itself",
    "part": "each project and role by itself, from all of its rows",
    "document": "the document as a whole; its reader does not tell rows apart",
    "": "not at all",
}
# what the second reader says more than the lake, of a row, part and currency; `x_row` is null
# where it is of the document as a whole
APART: Final = pl.Schema(
    {
        "x_row": pl.Int64(),
        "part": pl.String(),
        "currency": pl.String(),
        **dict.fromkeys(COSTS, MONEY),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One document as the lake has it, against its bytes.

    Attributes:
        level: At which level it could be compared; empty for not at all.
        outcome: `equal` unless `apart` says otherwise, or the bytes cannot be read.
        detail: What is wrong, one line.
        apart: Rows that differ, in the schema APART.
    """

    level: str = ""
    outcome: Outcome = "equal"
    detail: str = ""
    apart: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What adding up again the rows of one document gave.

    Attributes:
        rows: How many lines of it were added up again.
        sums: By currency: as the lake says, and as the bytes do.
    """

    document: DocumentLine
    level: str
    outcome: Outcome
    detail: str
    rows: int
    sums: tuple[tuple[str, Decimal, Decimal], ...]


def proved(document: DocumentLine, lines: pl.DataFrame, found: Comparison) -> Proof:
    """Return the proof of the lines of one document.

    Args:
        document: The document.
        lines: Its lines in the schema COUNTED.
        found: What comparing it gave.
    """
    differing = _touched(lines, found)
    apart: dict[str, Decimal] = {}
    for money, amount in differing:
        apart[money] = apart.get(money, ZERO) + amount
    sums = lines.group_by("currency").agg(pl.col("cost").sum().cast(MONEY)).sort("currency").rows()
    outcome = found.outcome
    if outcome == "equal" and differing:
        outcome = "different"
    return Proof(
        document=document,
        level=found.level,
        outcome=outcome,
        detail=found.detail,
        rows=lines.height,
        sums=tuple((money, cost, cost + apart.get(money, ZERO)) for money, cost in sums),
    )


def _touched(lines: pl.DataFrame, found: Comparison) -> list[tuple[str, Decimal]]:
    """Return by how much each row differs that is among the lines, or the document as a whole."""
    if found.apart.is_empty():
        return []
    whole = found.apart["x_row"].is_null().all()
    parted = (found.apart["part"] != "").any()
    on = ["currency"] if whole else ["x_row", "currency", *(["part"] if parted else [])]
    listed: list[tuple[str, Decimal]] = []
    for basis in sorted({*lines["basis"]}):
        mine = lines.filter(pl.col("basis") == basis).select(*on, pl.col("sign").sign()).unique()
        pairs = found.apart.join(mine, on=on).select("currency", basis, "sign").iter_rows()
        listed += ((money, amount * sign) for money, amount, sign in pairs if amount)
    return listed


def exit_code(proofs: Iterable[Proof], *, lost: bool) -> int:
    """Return 0 for equal, 1 where anything differs, 4 where something could not be read."""
    outcomes = {each.outcome for each in proofs}
    if lost or outcomes & {"different", "damaged"}:
        return 1
    return 4 if outcomes & {"gone", "unread"} else 0
