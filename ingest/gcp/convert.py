"""Rows of a usage cost export to charges of one invoice month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ingest.gcp import charges, credit, rows
from ingest.gcp.rows import Rows
from ingest.source import Conversion
from ingest.table import ROW, ContractError
from models.period import Month

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges

_MONTH: Final = r"^[0-9]{4}(0[1-9]|1[0-2])$"
_KNOWN_CREDITS: Final = {*credit.FOLDED, *credit.STANDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What must be known of a whole document before its first row is converted.

    Attributes:
        months: Rows by invoice month, as rows state it.
        cost_types: Those that occur.
        credit_types: The same; null where a credit states none.
    """

    months: dict[str, int]
    cost_types: tuple[str, ...]
    credit_types: tuple[str | None, ...]


def convert(path: Path, period: Month, *, tax_recoverable: bool) -> Conversion:
    """Turn the rows of an invoice month into charges.

    Raises:
        ContractError: when the document breaks its contract.
    """
    document = rows.read(path)
    profile = _profile(document)
    frame = charges.of_rows(
        charges.invoiced(document.frame, period), tax_recoverable=tax_recoverable
    )
    return Conversion(charges=frame, notes=tuple(_notes(document, profile, period)))


def months(path: Path) -> dict[Month, int]:
    """Return how many rows of a document are on the invoice of each month.

    Raises:
        ContractError: when the document breaks its contract.
    """
    counts = _profile(rows.read(path)).months
    return {Month.parse(f"{text[:4]}-{text[4:]}"): n for text, n in sorted(counts.items())}


def _profile(document: Rows) -> Profile:
    """Read the deciding columns once; refuse what no charge can be made of."""
    rows.refuse_unsound(document)
    month = charges.month()
    by_month = document.frame.group_by(
        month=month, sound=month.str.contains(_MONTH).fill_null(value=False)
    ).agg(pl.len().alias("rows"), pl.col(ROW).min())
    types = document.frame.select(pl.col("cost_type").unique().drop_nulls())
    kinds = document.frame.select(pl.col("credits").explode().struct.field("type").unique())
    counts, cost_types, credit_types = pl.collect_all([by_month, types, kinds], engine="streaming")
    _refuse_unplaced(counts)
    return Profile(
        months=dict(counts.select("month", "rows").iter_rows()),
        cost_types=tuple(sorted(cost_types["cost_type"])),
        credit_types=tuple(credit_types["type"].sort()),
    )


def _refuse_unplaced(counts: pl.DataFrame) -> None:
    bad = counts.filter(~pl.col("sound")).sort(ROW)
    if bad.height:
        shown = repr(bad["month"][0] or "")[:40]
        raise ContractError(
            f"row {bad[ROW][0]}: invoice.month holds {shown}, which is no month such as 202608; "
            "without it nobody knows which invoice the row is on"
        )


def _notes(document: Rows, profile: Profile, period: Month) -> Iterable[tuple[str, str]]:
    if document.unknown:
        yield "new_column", f"not known and not used: {', '.join(document.unknown)}"
    for name in profile.cost_types:
        if name not in charges.COST_TYPES:
            yield "unknown_cost_type", f"cost type {name} is not known; it counts as Adjustment"
    for kind in profile.credit_types:
        if kind is not None and kind not in _KNOWN_CREDITS:
            yield "unknown_credit_type", f"credit type {kind} is not known; it counts as Credit"
    others = {m: n for m, n in sorted(profile.months.items()) if m != charges.compact(period)}
    if others:
        listed = ", ".join(f"{n} of {month}" for month, n in others.items())
        yield "other_months", f"rows on other invoices are left to those: {listed}"
