"""CUR 2.0 lines to charges.

What each line type becomes is the table `ingest.aws.line.LINES`. Beyond it:

Discounts are represented once per document. Where any net cost is filled, the net columns
count: a line without one has no discount, so its gross cost counts, and a separate discount
line without one is already inside the others, so it is worth 0. Otherwise gross costs count
and separate discount lines are negative usage. Either way the sum of billed_cost is the sum
of `line_item_net_unblended_cost` or of `line_item_unblended_cost`, to the last digit, split
cost lines aside.

Rows are added, each with x_derived:
- `unused_commitment`: beside a recurring fee, the part of the commitment that nothing used.
- `offset_residual`: covered usage and negation are billed 0 because they cancel. Where they
  do not, within one plan and currency, what is left is billed on a row of its own (x_row 0),
  so that the invoice still adds up.
- `capacity_block`: the fee of a capacity block is no cost of the day it is paid; each day of
  the block bears its part (`ingest.aws.block`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from ingest.aws import charges, line, usage
from ingest.aws.block import Window
from ingest.aws.columns import FIELDS, UNUSED
from ingest.aws.profile import TYPE, Profile, profile
from ingest.source import Conversion
from ingest.table import Table, read

_ADDED: Final = (
    (("SavingsPlanRecurringFee", "RIFee"), charges.unused),
    (("SavingsPlanCoveredUsage", "SavingsPlanNegation"), charges.residual),
)
_BLOCK: Final = ("Fee", "Refund")
_HIDDEN: Final = (
    "the export states discounts but neither net costs nor lines of discounts, so costs are "
    "before them; select line_item_net_unblended_cost in the export's query"
)
_UNAMORTISED: Final = (
    "reservation fees do not say what was used, as those of dedicated hosts: each is the cost "
    "of the month it is billed in, and what was paid up front for them of none"
)
_WINDOWLESS: Final = (
    "fees or refunds of capacity blocks do not state when the block is, so they count on the "
    "day they are billed; state its start and end under capacity_blocks of the source"
)


def opened(path: Path) -> Table:
    """Open a document of CUR 2.0."""
    return read(path, FIELDS, UNUSED)


def convert(
    path: Path,
    *,
    tax_recoverable: bool,
    opened: Callable[[Path], Table] = opened,
    windows: Mapping[str, Window] = charges.NO_WINDOWS,
) -> Conversion:
    """Turn one document into charges.

    Args:
        path: The document.
        tax_recoverable: Whether tax comes back, and so is no cost of a project.
        opened: Opens the document as a table of CUR 2.0.
        windows: Windows of capacity blocks by the id of their reservation.

    Raises:
        ContractError: when the document breaks its contract.
    """
    table = opened(path)
    found = profile(table)
    frame = charges.lines(table, found, windows)
    lines = charges.of_lines(frame, found, tax_recoverable=tax_recoverable)
    notes = [*_notes(table, found)]
    few = [
        added(_few(table, types, found, windows), found)
        for types, added in _ADDED
        if found.has(*types)
    ]
    if found.has_blocks and found.has(*_BLOCK):
        fees = _few(table, _BLOCK, found, windows)
        few.append(charges.blocks(fees, found))
        notes += _windowless(fees, found)
    # Made now: a lazy plan would hold the whole document until the lines are written.
    beside = [made.collect(engine="streaming").lazy() for made in few]
    return Conversion(charges=pl.concat([lines, *beside]), notes=tuple(notes))


def _few(
    table: Table, types: Sequence[str], found: Profile, windows: Mapping[str, Window]
) -> pl.LazyFrame:
    """Return the lines of a few types."""
    # by the column of the file: a filter on what is made of it would read all columns
    few = replace(table, frame=table.frame.filter(pl.col(TYPE).is_in(types)))
    return charges.lines(few, found, windows)


def _notes(table: Table, found: Profile) -> Iterator[tuple[str, str]]:
    if table.unknown:
        yield "new_column", f"not known and not used: {', '.join(table.unknown)}"
    if not table.present & {"resource_tags", "tags"}:
        yield "no_tags", "the export selects no tags, so no rule can match on one"
    for name in found.types.texts:
        if name not in line.TYPES and not name.endswith(line.DISCOUNT_SUFFIX):
            yield "unknown_line_type", f"line type {name} is not known; its unblended cost counts"
    if found.hidden:
        yield "discounts_hidden", _HIDDEN
    if sizes := sorted({*filter(None, map(usage.sizeless, found.usages.texts))}):
        yield (
            "gpu_count_unknown",
            f"unknown number of accelerators: {', '.join(sizes)}; such hours are no GPU-hours",
        )
    yield from _counted(found)


def _counted(found: Profile) -> Iterator[tuple[str, str]]:
    """Yield what is to be said of so and so many lines."""
    counts = {
        "split_lines": (found.split, "split cost lines are worth 0: their parents are billed"),
        "unused_unknown": (found.unmeasured, "savings plan fees do not say what was used"),
        "unamortised": (found.unamortised, _UNAMORTISED),
    }
    for rule, (count, said) in counts.items():
        if count:
            yield rule, f"{count} {said}"


def _windowless(few: pl.LazyFrame, found: Profile) -> Iterator[tuple[str, str]]:
    """Yield a note when fees of capacity blocks do not state when the block is."""
    block = found.usages.where(usage.block) & pl.col("block_start").is_null()
    if count := few.filter(block).select(pl.len()).collect(engine="streaming").item():
        yield "capacity_block", f"{count} {_WINDOWLESS}"
