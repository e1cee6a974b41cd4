"""Invoices that count in two sources: each source knows its own documents alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final

import polars as pl

from models.period import Month
from models.problem import Problem

RULE: Final = "invoice_in_two_sources"
_ORDER: Final = ("x_source", "x_document", "x_row")

Row = Mapping[str, Any]  # of `invoice_headers`, with `period`


def twice(headers: pl.DataFrame, month: Month) -> Iterator[Problem]:
    """Yield pairs of invoices of a month that look like one, and count in two sources.

    They have one number, whatever marks it is printed with, and one issuer or one amount;
    an issuer may have another name in each source.

    Args:
        headers: The table `invoice_headers` of the deliveries that count, with `period`.
        month: Month in which at least one of them was issued.
    """
    groups: defaultdict[tuple[str, bool], list[Row]] = defaultdict(list)
    counted = headers.filter(pl.col("status") == "counted").sort(_ORDER)
    for row in counted.iter_rows(named=True):
        groups[_number(row)].append(row)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if _is_one(one, other) and str(month) in (one["period"], other["period"]):
                yield _problem(one, other)


def _number(row: Row) -> tuple[str, bool]:
    """Return the number without marks; a credit note may have that of its invoice."""
    number = "".join(filter(str.isalnum, row["invoice_id"])).upper()
    return number, row["gross"] is not None and row["gross"] < 0


def _is_one(one: Row, other: Row) -> bool:
    issuers = {row["invoice_issuer_name"].casefold() for row in (one, other)}
    amounts = {(row["currency"], row["gross"]) for row in (one, other)}
    return one["x_source"] != other["x_source"] and 1 in (len(issuers), len(amounts))


def _problem(one: Row, other: Row) -> Problem:
    detail = (
        f"invoice {other['invoice_id']} of {other['invoice_issuer_name']} counts here and as "
        f"{one['invoice_id']} of {one['invoice_issuer_name']} in source {one['x_source']!r}; "
        "take it out of one of them"
    )
    return Problem(
        source=other["x_source"],
        document=other["x_document"][:12],
        row=other["x_row"],
        rule=RULE,
        detail=detail,
        severity="warning",
    )
