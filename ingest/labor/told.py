"""What is told of entries that became no cost: hours and places, never whose."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ingest.labor.cell import HOUR
from ingest.labor.entry import Entry
from models.money import ZERO, rounded

LONG: Final = Decimal(24 * HOUR)  # of one day; a forgotten clock, or a slip


def notes(
    entries: Sequence[Entry], table: str, *, is_folded_whole: bool
) -> Iterator[tuple[str, str]]:
    """Yield findings of a redacted document: rule and detail.

    Args:
        entries: All of the document.
        table: What the delivery says of it.
        is_folded_whole: Whether no role is shown, since nobody can be counted.
    """
    yield from _unapproved([entry for entry in entries if entry.status == "unapproved"])
    for entry in entries:
        if entry.status == "total":
            said = f" and {entry.reason}" if entry.reason else ""
            yield "total_row", f"{entry.file}: row {entry.row} was dropped as a total{said}"
        elif entry.seconds > LONG:
            detail = "is longer than 24 hours; see whether a clock was forgotten"
            yield "long_entry", f"{entry.file}: row {entry.row} {detail}"
    for file, copies in json.loads(table or "{}").get("copies", {}).items():
        said = f"{file} holds entries that are in {', '.join(copies)} too, cell for cell"
        yield "overlap", f"{said}; all of them count: if the exports overlap, remove one"
    if is_folded_whole:
        yield "no_key", "people cannot be counted without a key: every role is other_roles"


def _unapproved(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    if entries:
        hours = rounded(sum((entry.seconds for entry in entries), ZERO) / HOUR)
        lines = len({(entry.file, entry.row) for entry in entries})
        yield "unapproved", f"{hours} hours of {lines} entries are not approved and do not count"
