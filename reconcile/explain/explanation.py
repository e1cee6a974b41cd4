"""Explanations: a trace with what a person may want to know of its documents, rules and rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from models.money import MONEY
from reconcile.explain.trace import Trace
from reconcile.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One document, as far as it counts for a figure.

    Attributes:
        sha256: Under which it is in the archive; empty for what no document says.
        name: What its source calls it.
        size: Bytes.
        delivery: Id of the delivery it came in.
        scope: Source and billing month.
        loaded_at: When it was loaded, UTC.
        rows: How many of its lines count.
        amount: What they add to the figure, in its unit.
    """

    sha256: str
    name: str
    size: int
    delivery: str
    scope: str
    loaded_at: str
    rows: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class RateLine:
    """A rate that lines were converted at: how much of `to` one unit of `currency` is."""

    currency: str
    to: str
    month: str
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """The rules that gave lines their project and category, and what these come to."""

    rule: str
    path: str
    rows: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A figure with all that is known of it."""

    trace: Trace
    report: Portfolio
    documents: tuple[DocumentLine, ...]
    rates: tuple[RateLine, ...] = ()

    @property
    def rules(self) -> tuple[RuleLine, ...]:
        """Rules by what they gave, the largest amount first."""
        lines = self.trace.lines
        amount = pl.col("amount").sum().cast(MONEY)
        sums = lines.group_by("rule", pl.col("path").fill_null("")).agg(pl.len(), amount)
        order = sums.with_columns(size=pl.col("amount").abs()).sort(
            "size", "rule", "path", descending=[True, False, False]
        )
        found = order.select("rule", "path", "len", "amount").iter_rows()
        return tuple(RuleLine(rule, path, rows, amount) for rule, path, rows, amount in found)


def documents(found: Trace, known: Mapping[str, Mapping[str, Any]]) -> Iterator[DocumentLine]:
    """Yield the documents of a trace, the largest amount first.

    Args:
        found: The trace.
        known: What is known of documents, by delivery and hash: `name, size, scope, loaded_at`.
    """
    amount = pl.col("amount").sum().cast(MONEY)
    sums = found.lines.group_by("delivery", "document").agg(pl.len(), amount)
    order = sums.with_columns(size=pl.col("amount").abs()).sort(
        "size", "delivery", "document", descending=[True, False, False], nulls_last=True
    )
    for delivery, sha256, rows, amount, _ in order.iter_rows():
        said = known.get(f"{delivery}/{sha256}", {})
        yield DocumentLine(
            sha256=sha256 or "",
            name=said.get("name", "purchases.yaml" if sha256 is None else ""),
            size=said.get("size", 0),
            delivery=delivery or "",
            scope=said.get("scope", ""),
            loaded_at=said.get("loaded_at", ""),
            rows=rows,
            amount=amount,
        )
