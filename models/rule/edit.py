"""Edits: values of tags to accept and rules to add, and the rows that each would catch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge

import polars as pl

from models.rule.candidate import Candidate
from models.rule.matching import Aliases, Matcher
from models.rule.rule import TAG, Condition


@dataclass(frozen=True, slots=True)
class Edit:
    """A tag's value to be accepted, or a candidate for a new rule, and the rows it catches."""

    field: str
    value: str
    original: str
    candidate: Candidate | None
    rows: pl.DataFrame

    @property
    def size(self) -> Decimal:
        """Its amount, by which edits are in order."""
        return Decimal(self.rows["amount"].sum())


def chosen(
    rows: pl.DataFrame, named: pl.DataFrame, found: Sequence[Candidate], tags: Aliases, top: int
) -> list[Edit]:
    """Return the edits to propose, largest first, each with what only it catches.

    What `top` leaves out of the accepted values, a new rule may catch: so all is asked twice.
    """
    kept = _ordered(_accepted(rows, named), _ruled(rows, named, found, tags))[:top]
    values = [edit.value for edit in kept if edit.candidate is None]
    mine = named.filter(pl.col("value").is_in(values))
    rules = [edit.candidate for edit in kept if edit.candidate]
    return _ordered(_accepted(rows, mine), _ruled(rows, mine, rules, tags))


def _ordered(values: Sequence[Edit], rules: Sequence[Edit]) -> list[Edit]:
    """Return edits by size; rules stay in the order in which they catch."""
    return list(merge(values, rules, key=lambda edit: -edit.size))


def _accepted(rows: pl.DataFrame, named: pl.DataFrame) -> list[Edit]:
    """Return an edit a value, largest first; of two on one row the larger has it."""
    amounts = rows.with_row_index("row").select("row", "amount")
    size = pl.col("amount").sum().over("value").alias("size")
    sized = named.join(amounts, on="row").with_columns(size)
    order = sized.sort("size", "value", descending=[True, False])
    parts = order.unique("row", keep="first", maintain_order=True).partition_by("value")
    edits = (_accepting(rows, part.sort("field", "original")) for part in parts)
    return sorted((edit for edit in edits if edit.size > 0), key=lambda each: -each.size)


def _accepting(rows: pl.DataFrame, part: pl.DataFrame) -> Edit:
    field, value, original = part.select("field", "value", "original").row(0)
    return Edit(field, value, original, None, rows[part["row"].unique()])


def _ruled(
    rows: pl.DataFrame, named: pl.DataFrame, found: Sequence[Candidate], aliases: Aliases
) -> list[Edit]:
    """Return an edit a candidate, in order, with the rows that a rule of it would catch."""
    tags = (one.field.removeprefix(TAG) for one in found if one.field.startswith(TAG))
    matcher = Matcher(rows, frozenset(tags), aliases)
    free = ~pl.int_range(rows.height, dtype=pl.UInt32, eager=True).is_in(named["row"].implode())
    edits = []
    for one in found:
        caught = free & matcher.meeting((Condition(one.field, (one.value,)),))
        edits.append(Edit(one.field, one.value, one.value, one, rows.filter(caught)))
        free &= ~caught
    return edits
