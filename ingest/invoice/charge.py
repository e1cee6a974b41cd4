"""Entries of invoices as charges: one per month of work.

An entry over several months is billed in the month of issue and spread by day over the months
of the work, so that the billing period sums to the invoice and the charge period to the cost
of the work; `x_derived` is `accrual_part` from the second month on, `tax` for the tax.
A credit note is negative usage with `charge_class` Correction: what was charged for the same
days, taken back. Its charges lie in the days it states, its billing period is its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

import polars as pl

from ingest.invoice.accrual import Span, spans, spread
from ingest.invoice.entry import Entry, entries
from ingest.invoice.invoice import Invoice
from ingest.invoice.printable import WORD, printable
from ingest.invoice.taken import Taken
from ingest.invoice.terms import Terms
from models.charge import CHARGE, JSON, TEXT

CATEGORY: Final = "AI and Machine Learning"
SUBCATEGORY: Final = "Other (AI and Machine Learning)"
_OWN_FIELDS: Final = ("x_source", "x_document")
_FREQUENCIES: Final = {"Usage": "Usage-Based"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One month of an entry; costs and quantity are its share."""

    entry: Entry
    span: Span
    billed: Decimal
    effective: Decimal
    tco: Decimal
    quantity: Decimal | None
    derived: str | None


def frame(taken: Iterable[Taken]) -> pl.DataFrame:
    """Return the charges of invoices, CHARGE columns without those that the loader adds."""
    schema: dict[str, Any] = {n: dtype for n, dtype in CHARGE.items() if n not in _OWN_FIELDS}
    schema["tags"] = TEXT  # maps are made of text far faster than one by one
    rows = [
        _charge(part, each.invoice, each.shown)
        for each in taken
        if each.counts
        for entry in entries(each)
        for part in parted(entry, each.invoice.currency)
    ]
    return pl.DataFrame(rows, schema=schema).with_columns(pl.col("tags").str.json_decode(JSON))


def parted(entry: Entry, currency: str) -> Iterator[Part]:
    """Yield the months of an entry."""
    over = spans(entry.service.first, entry.service.last)
    amounts = (entry.billed, entry.effective, entry.tco)
    split = {amount: spread(amount, over, currency) for amount in set(amounts)}
    columns = (split[amount] for amount in amounts)
    quantities = _quantities(entry, over)
    for number, (span, quantity, *costs) in enumerate(zip(over, quantities, *columns, strict=True)):
        billed, effective, tco = costs
        yield Part(
            entry=entry,
            span=span,
            billed=billed,
            effective=effective,
            tco=tco,
            quantity=quantity,
            derived=entry.derived or ("accrual_part" if number else None),
        )


def _quantities(entry: Entry, over: tuple[Span, ...]) -> list[Decimal] | list[None]:
    line = entry.line
    if line is None or entry.category == "Tax" or line.quantity is None:
        return [None] * len(over)
    return spread(line.quantity, over)


def _charge(part: Part, invoice: Invoice, terms: Terms) -> dict[str, Any]:
    entry = part.entry
    billed = ("billed_cost", "list_cost", "contracted_cost")
    names = ("invoice_issuer_name", "provider_name", "publisher_name")
    return {
        **dict.fromkeys(billed, part.billed),
        "effective_cost": part.effective,
        "x_tco_cost": part.tco,
        "billing_account_id": terms.account or terms.issuer,
        "billing_account_type": "Vendor",
        "billing_currency": invoice.currency,
        "billing_period_start": invoice.period.start,
        "billing_period_end": invoice.period.end,
        "charge_category": entry.category,
        "charge_class": "Correction" if _corrects(entry, invoice) else None,
        "charge_description": printable(entry.description) or None,
        "charge_frequency": _FREQUENCIES.get(entry.category, "One-Time"),
        "charge_period_start": _instant(part.span.first),
        "charge_period_end": _instant(part.span.end),
        "invoice_id": printable(invoice.number, WORD),
        **dict.fromkeys(names, terms.issuer),
        "service_category": CATEGORY,
        "service_name": terms.service,
        "service_subcategory": SUBCATEGORY,
        "tags": json.dumps(_tags(entry)),
        "x_row": entry.row,
        "x_derived": part.derived,
        "x_invoice_detail_id": printable(entry.id, 2 * WORD),
        "x_period_basis": entry.service.basis,
        **_ordered(entry, invoice),
        **_metered(part),
    }


def _tags(entry: Entry) -> dict[str, str]:
    return {printable(name, WORD): printable(text) for name, text in entry.tags.items()}


def _corrects(entry: Entry, invoice: Invoice) -> bool:
    """Whether it corrects what an earlier invoice charged, as a credit note does."""
    if invoice.head is None:
        return entry.line is not None and entry.line.is_credit
    is_given_back = bool(invoice.head.preceding) and invoice.gross < 0
    return invoice.kind in ("credit_note", "corrective") or is_given_back


def _ordered(entry: Entry, invoice: Invoice) -> dict[str, Any]:
    texts = entry.line.texts if entry.line else {}
    order = texts.get("purchase_order", "")
    if not order and invoice.head:
        order = invoice.head.purchase_order
    kind = texts.get("kind") or (invoice.head.type_code if invoice.head else "")
    return {
        "x_line_type": printable(kind, WORD) or None,
        "x_purchase_order": printable(order, WORD) or None,
        "sku_id": printable(texts.get("sku", ""), WORD) or None,
    }


def _metered(part: Part) -> dict[str, Any]:
    """Return quantities; a price only where it times the quantity is the cost exactly."""
    line = part.entry.line
    if part.quantity is None or line is None:
        return {}
    unit, price = printable(line.texts.get("unit", "Units"), WORD), line.price_of_one
    is_priced = price is not None and price * part.quantity == part.billed
    consumed = part.quantity if part.entry.category == "Usage" else None
    return {
        "consumed_quantity": consumed,
        "consumed_unit": None if consumed is None else unit,
        "pricing_quantity": part.quantity,
        "pricing_unit": unit,
        **dict.fromkeys(("list_unit_price", "contracted_unit_price"), price if is_priced else None),
        "pricing_category": "Standard",
    }


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
