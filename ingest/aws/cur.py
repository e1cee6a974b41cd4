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
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from ingest.aws import charges, line
from ingest.aws.columns import FIELDS, NEEDED, UNUSED
from ingest.source import Conversion
from ingest.table import ContractError, Table, read, refuse_unsound, unsound

_TYPE: Final = "line_item_line_item_type"
_NET: Final = "line_item_net_unblended_cost"
_ADDED: Final = (
    (frozenset({"SavingsPlanRecurringFee", "RIFee"}), charges.unused),
    (frozenset({"SavingsPlanCoveredUsage", "SavingsPlanNegation"}), charges.residual),
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What must be known of a whole document before its first line can be read.

    Attributes:
        net: Whether net costs count.
        types: Line types that occur.
        split: How many lines only state shares of a parent.
        unmeasured: How many commitment fees do not say what was used.
    """

    net: bool
    types: frozenset[str]
    split: int
    unmeasured: int


def opened(path: Path) -> Table:
    """Open a document of CUR 2.0."""
    return read(path, FIELDS, UNUSED)


def convert(
    path: Path, *, tax_recoverable: bool, opened: Callable[[Path], Table] = opened
) -> Conversion:
    """Turn one document into charges.

    Args:
        path: The document.
        tax_recoverable: Whether tax comes back, and so is no cost of a project.
        opened: Opens the document as a table of CUR 2.0.

    Raises:
        ContractError: when the document breaks its contract.
    """
    table = opened(path)
    profile = _profile(table)
    frame = charges.lines(table, net=profile.net)
    parts = [charges.of_lines(frame, tax_recoverable=tax_recoverable)]
    for types, added in _ADDED:
        if profile.types & types:
            # by the column of the file: a filter on what is made of it would read all columns
            few = replace(table, frame=table.frame.filter(pl.col(_TYPE).is_in(types)))
            lines = charges.lines(few, net=profile.net)
            parts.append(added(lines).collect(engine="streaming").lazy())
    return Conversion(charges=pl.concat(parts), notes=tuple(_notes(table, profile)))


def _profile(table: Table) -> Profile:
    """Read the deciding columns once, by line type; refuse what no charge can be made of."""
    split = pl.col("line_item_operation").is_in(line.SPLIT_OPERATIONS).fill_null(value=False)
    net = pl.col(_NET).is_not_null().any() if _NET in table.present else pl.lit(value=False)
    groups = (
        table.raw.group_by(pl.col(_TYPE).cast(pl.String))
        .agg(
            net.alias("net"),
            split.sum().alias("split"),
            _unmeasured(table),
            *unsound(table, FIELDS),
        )
        .collect(engine="streaming")
    )
    refuse_unsound(groups, table)
    types = frozenset(name for name in groups[_TYPE].to_list() if name)
    _refuse_uncosted(types, table.present)
    return Profile(
        net=bool(groups["net"].any()),
        types=types,
        split=int(groups["split"].sum()),
        unmeasured=int(groups["unmeasured"].sum()),
    )


def _unmeasured(table: Table) -> pl.Expr:
    """Count fees whose unused part is unknown, since one of its two numbers is empty."""
    plan = ("savings_plan_total_commitment_to_date", "savings_plan_used_commitment")
    empty = [pl.col(name).is_null() for name in plan if name in table.present]
    fee = pl.col(_TYPE) == "SavingsPlanRecurringFee"
    return (fee & pl.any_horizontal(empty or pl.lit(value=False))).sum().alias("unmeasured")


def _refuse_uncosted(types: frozenset[str], present: frozenset[str]) -> None:
    for kind in sorted(types & set(NEEDED)):
        for name in NEEDED[kind]:
            if name not in present:
                raise ContractError(
                    f"holds lines of type {kind} but no column {name}, without which they "
                    "have no cost; select it in the export's query"
                )


def _notes(table: Table, profile: Profile) -> Iterable[tuple[str, str]]:
    if table.unknown:
        yield "new_column", f"not known and not used: {', '.join(table.unknown)}"
    if not table.present & {"resource_tags", "tags"}:
        yield "no_tags", "the export selects no tags, so no rule can match on one"
    for name in sorted(profile.types - set(line.TYPES)):
        if not name.endswith(line.DISCOUNT_SUFFIX):
            yield "unknown_line_type", f"line type {name} is not known; its unblended cost counts"
    if profile.split:
        yield (
            "split_lines",
            f"{profile.split} split cost lines are worth 0: their parents are billed",
        )
    if profile.unmeasured:
        yield "unused_unknown", f"{profile.unmeasured} savings plan fees do not say what was used"
