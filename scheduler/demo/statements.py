"""What the invoices of the clouds say, as finance would write it down: `invoices.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

import polars as pl

from models.money import rounded
from models.period import Month

HEAD: Final = """\
# yaml-language-server: $schema=.trueup/schema/invoices.schema.json
# What each invoice asks for. Every run compares it with the bills, to the last digit.
invoices:
"""
# source: issuer, and the columns of invoice, cost and kind of line in its bills
COLUMNS: Final = {
    "aws": ("AWS", "bill_invoice_id", "line_item_unblended_cost", "line_item_line_item_type"),
    "research": ("AWS", "InvoiceId", "BilledCost", "ChargeCategory"),
    "google": ("", "", "cost", "cost_type"),  # no line of it names an invoice
}

Statement = tuple[str, Decimal, Decimal]  # invoice id, amount with tax, tax; in cents


def invoices(bills: Mapping[str, pl.DataFrame], month: Month) -> str:
    """Return the text of invoices.yaml for the bills of one month."""
    lines = [line for source, bill in bills.items() for line in _source(source, bill, month)]
    return HEAD + "\n".join([*lines, ""])


def _source(source: str, bill: pl.DataFrame, month: Month) -> Iterator[str]:
    issuer = COLUMNS[source][0]
    yield f"  {source}:"
    for number, amount, tax in statements(source, bill):
        named = f'invoice_id: "{number}", issuer: {issuer}, ' if number else ""
        yield f"    - {{{named}month: {month}, amount: {amount}, tax: {tax}, currency: USD}}"


def statements(source: str, bill: pl.DataFrame) -> Iterator[Statement]:
    """Yield the invoices of a bill; an invoice is whole cents, its lines are not."""
    _, number, cost, kind = COLUMNS[source]
    sums: dict[str, list[Decimal]] = {}
    named = bill.select(
        pl.col(number) if number else pl.lit("").alias("number"),
        pl.col(cost).cast(pl.String),
        pl.col(kind).str.to_lowercase() == "tax",
    )
    for invoice, text, is_tax in named.iter_rows():
        found = sums.setdefault(invoice, [Decimal(0), Decimal(0)])
        found[0] += Decimal(text)
        found[1] += Decimal(text) if is_tax else 0
    for invoice, (whole, tax) in sorted(sums.items()):
        yield invoice, rounded(whole), rounded(tax)
