"""Invoices against what is loaded: the balances of every run, and their tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from ingest import book
from ingest.load import invoiced_of
from models.invoiced import INVOICED
from models.money import MONEY
from reconcile.assertion import assertions
from reconcile.balance import Assertion
from scheduler.workspace import Project, Stores

BILLED: Final = pl.Schema({"source": pl.String(), "month": pl.String(), **INVOICED})
_NAMES: Final = ("source", "month", "invoice_id", "issuer", "billing_account", "currency")
INVOICES: Final = pl.Schema(
    {
        **dict.fromkeys((*_NAMES, "verdict"), pl.String()),
        "rows": pl.Int64(),
        **dict.fromkeys(("billed", "stated", "difference", "tolerance"), MONEY),
        **dict.fromkeys(("tax_stated", "tax_billed", "tax_difference"), MONEY),
        "cause": pl.String(),
    }
)
PARTS: Final = pl.Schema(
    {
        **dict.fromkeys((*_NAMES, "charge_category", "service_name"), pl.String()),
        "rows": pl.Int64(),
        **dict.fromkeys(("billed", "stated", "difference"), MONEY),
    }
)


def asserted(project: Project, stores: Stores) -> tuple[Assertion, ...]:
    """Judge every stated invoice against what is loaded now; nothing without statements."""
    stated = project.statements.all
    if not stated:
        return ()
    named = {each.source for each in stated}
    by_month = {each.name for each in project.sources if not each.settlement.invoiced}
    frames = list(_billed(stores, named))
    return assertions(pl.concat([pl.DataFrame(schema=BILLED), *frames]), stated, by_month)


def _billed(stores: Stores, sources: Iterable[str]) -> Iterator[pl.DataFrame]:
    """Yield billed lines of these sources by invoice, one frame a document that counts."""
    for scope, record in sorted(book.counting(stores.ledger).items()):
        source, _, month = scope.rpartition("/")
        for document in record.body["documents"] if source in sources else ():
            frame = pl.read_parquet(invoiced_of(stores.lake, document["charges"]), glob=False)
            where = pl.lit(source).alias("source"), pl.lit(month).alias("month")
            yield frame.with_columns(*where).select(BILLED.names())


def invoices(found: Iterable[Assertion]) -> pl.DataFrame:
    """Return one row an invoice, for the warehouse."""
    rows = [
        {
            **{name: getattr(each, name) for name in INVOICES.names() if name != "verdict"},
            "month": str(each.month),
            "verdict": each.verdict.value,
        }
        for each in found
    ]
    return pl.DataFrame(rows, schema=INVOICES)


def invoice_parts(found: Iterable[Assertion]) -> pl.DataFrame:
    """Return one row a part of each invoice: its charge categories and services."""
    rows = [
        {
            **{name: getattr(each, name) for name in _NAMES},
            "month": str(each.month),
            "charge_category": part.category,
            "service_name": part.service,
            "rows": part.rows,
            "billed": part.billed,
            "stated": part.stated,
            "difference": part.difference,
        }
        for each in found
        for part in each.parts
    ]
    return pl.DataFrame(rows, schema=PARTS)
