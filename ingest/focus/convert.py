"""FOCUS rows of any version to charges: the columns have their meaning, and little is added.

What FOCUS lets a row leave empty, and a charge may not, is filled: the issuer and publisher
with the provider, list and contracted cost with the billed cost, the pricing currency with
the billing currency, the frequency by the category, account types and the subcategory with
a general word. `SkuMeter` stands in for a usage type. No billed or effective cost is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from ingest.focus import rules
from ingest.focus.columns import (
    ALL_FIELDS,
    FIELDS,
    OWN,
    OWN_MARK,
    UNUSED,
    mandatory,
    version,
)
from ingest.focus.dialect import Dialect
from ingest.focus.month import SHORT, Taken
from ingest.focus.wording import filled, named
from ingest.shape import shaped
from ingest.source import REJECTED, Conversion
from ingest.table import TEXT, Field, Table, read, refuse_unsound, unsound

__all__ = ["FIELDS", "Dialect", "Taken", "convert"]

_PLAIN: Final = Dialect()


def convert(
    path: Path, dialect: Dialect = _PLAIN, *, tax_recoverable: bool, taken: Taken | None = None
) -> Conversion:
    """Turn one document into charges.

    Args:
        path: The archived document.
        dialect: How its exporter writes.
        tax_recoverable: Whether tax comes back, and so is no cost of a project.
        taken: Which rows the delivery is about; None for all of them.

    Raises:
        ContractError: when the document breaks its contract.
    """
    table, fields = _opened(path, dialect)
    rows = named(table.frame, table.present, dialect)
    own = rows.filter(~taken.foreign) if taken else rows
    broken = _counted(own, table, unsound(table, fields))
    return Conversion(
        charges=shaped(filled(own, dialect, tax_recoverable=tax_recoverable)),
        rejected=taken.rejected(rows) if taken else pl.DataFrame(schema=REJECTED),
        notes=(*_notes(table), *rules.notes(broken)),
    )


def _opened(path: Path, dialect: Dialect) -> tuple[Table, Sequence[Field]]:
    """Return the document and its contract; it must say who sold what it bills."""
    fields = _fields(dialect)
    table = _read(path, fields, dialect)
    if not dialect.provider and not {"ProviderName", "ServiceProviderName"} & table.present:
        later = version(table.present) in {"1.3", "1.4"}
        seller = "ServiceProviderName" if later else "ProviderName"
        read(path, [Field(seller, TEXT, required=True)])
    if OWN_MARK not in table.present:
        return table, fields
    return _read(path, (*fields, *OWN), dialect), (*fields, *OWN)


def _fields(dialect: Dialect) -> tuple[Field, ...]:
    must = {*dialect.required}
    own = [Field(f.name, f.kind, f.required or f.name in must) for f in ALL_FIELDS]
    more = {name for names in dialect.stand_ins.values() for name in names} | {*dialect.tagged}
    others = sorted(more - {field.name for field in own})
    return (*own, *(Field(name, TEXT, name in must) for name in others))


def _read(path: Path, fields: Sequence[Field], dialect: Dialect) -> Table:
    return read(
        path,
        fields,
        (*UNUSED, *dialect.known),
        nulls=dialect.nulls,
        moments=(*SHORT, *dialect.moments),
    )


def _counted(rows: pl.LazyFrame, table: Table, doubts: Iterable[pl.Expr]) -> pl.DataFrame:
    """Count what breaks the rules, and look for the unreadable, in one pass over the document."""
    doubtful = table.raw.select(*doubts)
    try:
        unreadable, broken = pl.collect_all([doubtful, rules.counted(rows)], engine="streaming")
    except PolarsError:
        # the plan fails at some value; this says in which row and column
        refuse_unsound(doubtful.collect(engine="streaming"), table)
        raise
    refuse_unsound(unreadable, table)
    return broken


def _notes(table: Table) -> Iterator[tuple[str, str]]:
    said = version(table.present)
    yield "focus_version", f"FOCUS {said}, by its columns"
    if absent := _absent(mandatory(said), table.present):
        yield "missing_column", f"FOCUS {said} has a column {', '.join(absent)}"
    if table.unknown:
        yield "new_column", f"not known and not used: {', '.join(table.unknown)}"


def _absent(names: Iterable[str], present: frozenset[str]) -> list[str]:
    return [name for name in names if name not in present]
