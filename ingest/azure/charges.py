"""Rows of cost details to charges, in one pass, by the role of their document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from ingest.azure import columns, line, price, service, words
from ingest.azure.role import ROLES
from ingest.shape import shaped
from ingest.source import Conversion
from ingest.table import ROW, ContractError, Table, refuse_unsound, unsound
from models.money import MONEY, ZERO
from models.period import Month

_FOREIGN: Final = {
    "actual": "is what a commitment left unused, which is in amortized cost only",
    "amortized": "buys a commitment, which is in actual cost only",
    "both": "is of a commitment, and stands alike in both datasets",
}


def convert(path: Path, role: str, month: Month, *, tax_recoverable: bool) -> Conversion:
    """Turn one document into charges.

    Args:
        path: The archived document.
        role: What its rows count for, a key of `ROLES`.
        month: The delivery's billing month.
        tax_recoverable: Whether tax comes back, and so is no cost of a project.

    Raises:
        ContractError: when the document breaks its contract.
    """
    table, used = columns.opened(path)
    lines = columns.rows(table, used).with_columns(**line.kinds())
    counts = lines.filter(line.taken(ROLES[role]))
    notes = _checked(table, used, lines, role, month)
    charges = counts.with_columns(**line.costs(ROLES[role]), **_month(month)).with_columns(
        **service.of_line(), **words.of_line(), **price.of_line(ROLES[role])
    )
    tco = _tco_cost(tax_recoverable=tax_recoverable)
    return Conversion(charges=shaped(charges.with_columns(x_tco_cost=tco)), notes=tuple(notes))


def _month(month: Month) -> dict[str, pl.Expr]:
    """Return the billing period of a row; its last day is stated, and the end excludes it."""
    end = pl.col("period_end")
    is_excluded = (end.dt.day() == 1) & (end > pl.col("period_start"))
    return {
        "billing_period_start": pl.coalesce("period_start", pl.lit(month.start)),
        "billing_period_end": pl.coalesce(
            pl.when(is_excluded).then(end).otherwise(end.dt.offset_by("1d")), pl.lit(month.end)
        ),
    }


def _tco_cost(*, tax_recoverable: bool) -> pl.Expr:
    effective = pl.col("effective_cost")
    if not tax_recoverable:
        return effective
    tax = pl.col("charge_category") == "Tax"
    return pl.when(tax).then(pl.lit(ZERO, dtype=MONEY)).otherwise(effective)


def _checked(
    table: Table, used: dict[str, str], lines: pl.LazyFrame, role: str, month: Month
) -> Iterator[tuple[str, str]]:
    """Refuse what cannot be read, or is of another month or dataset; return what to tell."""
    raw = [*unsound(table, columns.FIELDS), *columns.doubts(table, used)]
    unreadable, found = pl.collect_all(
        [table.raw.select(*raw), lines.select(**_findings(role, month))], engine="streaming"
    )
    refuse_unsound(unreadable, table)
    columns.refuse_doubted(unreadable)
    facts = found.row(0, named=True)
    _refuse_foreign(facts, role, month)
    return _notes(table, facts)


def _findings(role: str, month: Month) -> dict[str, pl.Expr]:
    inside = pl.col("date").is_between(month.start, month.end, closed="left")
    billed = pl.col("period_start").is_between(month.start, month.end, closed="left")
    kind, costly = pl.col("kind"), pl.col("cost") != ZERO
    bought = line.COMMITTED & (kind == "purchase")
    foreign = {"actual": line.UNUSED, "amortized": bought, "both": line.COMMITTED}
    return {
        "rows": pl.len(),
        "inside": (inside | billed).sum(),
        "first": pl.col("date").min().dt.date(),
        "last": pl.col("date").max().dt.date(),
        "foreign": pl.col(ROW).filter(foreign[_dataset(role)] & costly).min(),
        "unknown": pl.struct(ROW, "charge_type").filter(~kind.is_in(line.KNOWN_KINDS)).first(),
        "elsewhere": (~line.taken(ROLES[role])).sum(),
    }


def _refuse_foreign(facts: dict[str, object], role: str, month: Month) -> None:
    if facts["rows"] and not facts["inside"]:
        days = f"{facts['first']} to {facts['last']}"
        raise ContractError(f"has no row of {month}: its days are {days}; check what it is named")
    if facts["foreign"]:
        raise ContractError(
            f"row {facts['foreign']} {_FOREIGN[_dataset(role)]}; "
            "check which export stands under actual and which under amortized"
        )


def _dataset(role: str) -> str:
    return role.partition(" ")[0]


def _notes(table: Table, facts: dict[str, object]) -> Iterator[tuple[str, str]]:
    if table.unknown:
        yield "new_column", f"not known and not used: {', '.join(table.unknown)}"
    if isinstance(first := facts["unknown"], dict):
        kind = f"{first['charge_type']!r} in row {first[ROW]} is not known"
        yield "new_charge_type", f"{kind}; charges of new types count as adjustments"
    if facts["elsewhere"]:
        yield "stated_twice", f"{facts['elsewhere']} rows count in the other dataset of the pair"
