"""Invoices as they were printed, whether they count or not: headers and Invoice Detail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

import polars as pl

from ingest.invoice.entry import Entry, entries
from ingest.invoice.line import plain
from ingest.invoice.printable import WORD, printable
from ingest.invoice.taken import Taken
from models.beside import BESIDE
from models.charge import JSON, TEXT

_OWN_FIELDS: Final = ("x_source", "x_document")
_ISSUE_STATUS: Final = {"draft": "Open", "no_cost": "Open", "superseded": "Voided"}
_GRAIN: Final = ("sku", "unit", "cost_center")


def beside(taken: Iterable[tuple[Taken, str]]) -> dict[str, pl.LazyFrame]:
    """Return what invoices state beside charges.

    Args:
        taken: Every invoice of the document, with why it does not count or what looks odd.
    """
    every = list(taken)
    headers = [_header(each, note) for each, note in every]
    details = [_detail(entry, each) for each, _ in every for entry in entries(each)]
    return {
        "invoice_headers": _frame("invoice_headers", headers),
        "invoice_details": _frame("invoice_details", details),
    }


def _frame(table: str, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    schema = BESIDE[table].schema
    own = {name: dtype for name, dtype in schema.items() if name not in _OWN_FIELDS}
    maps = [column.name for column in BESIDE[table].columns if column.dtype is JSON]
    texts = own | dict.fromkeys(maps, TEXT)  # maps are made of text far faster than one by one
    return pl.LazyFrame(rows, schema=texts).with_columns(pl.col(maps).str.json_decode(JSON))


def _header(taken: Taken, note: str) -> dict[str, Any]:
    invoice, head = taken.invoice, taken.invoice.head
    is_read = bool(head) or not invoice.faults
    issued = head.issued if head else min((x.issued for x in invoice.lines), default=None)
    row = {
        "x_row": invoice.rows[0],
        "invoice_id": printable(invoice.number, WORD),
        "invoice_issuer_name": printable(taken.shown.issuer, WORD),
        "kind": invoice.kind,
        "status": taken.status,
        "invoice_issue_date": issued,
        "currency": invoice.currency,
        "net": invoice.net if is_read else None,
        "tax": invoice.tax if is_read else None,
        "gross": invoice.gross if is_read else None,
        "payable": invoice.payable if is_read else None,
        "note": printable(note) or None,
    }
    if head is None:
        return row
    service = head.service or (None, None)
    return row | {
        "payment_due_date": head.due,
        "prepaid": head.prepaid,
        "service_start": service[0],
        "service_end": service[1],
        "purchase_order_number": printable(head.purchase_order, WORD) or None,
        "buyer_reference": printable(head.buyer_reference, WORD) or None,
        "reference_invoice_id": printable(", ".join(head.preceding)) or None,
    }


def _detail(entry: Entry, taken: Taken) -> dict[str, Any]:
    invoice, head, terms = taken.invoice, taken.invoice.head, taken.shown
    issued = head.issued if head else min(line.issued for line in invoice.lines)
    moment = datetime.combine(issued, time(), UTC)
    currency = invoice.currency
    return {
        "x_row": entry.row,
        **dict.fromkeys(("billed_cost", "payment_currency_billed_cost"), entry.billed),
        "billing_account_id": terms.account or terms.issuer,
        **dict.fromkeys(("billing_currency", "payment_currency"), currency),
        "billing_period_start": invoice.period.start,
        "billing_period_end": invoice.period.end,
        "charge_category": entry.category,
        "invoice_detail_id": printable(entry.id, 2 * WORD),
        "invoice_id": printable(invoice.number, WORD),
        "invoice_issue_date": issued,
        "invoice_issue_status": _ISSUE_STATUS.get(taken.status, "Issued"),
        "invoice_issuer_name": printable(terms.issuer, WORD),
        **dict.fromkeys(("invoice_detail_created", "invoice_detail_last_updated"), moment),
        "invoice_detail_description": printable(entry.description) or None,
        "invoice_detail_grain": json.dumps(_grain(entry)),
        "reference_invoice_id": printable(_reference(taken), WORD),
        "x_service_start": entry.service.first,
        "x_service_end": entry.service.last,
        "x_period_basis": entry.service.basis,
        "x_status": taken.status,
        **_ordered(entry, taken),
        **_paid(taken),
    }


def _reference(taken: Taken) -> str:
    """Return the number a credit note refers to; of all others their own."""
    head = taken.invoice.head
    if head and head.preceding and taken.invoice.kind in ("credit_note", "corrective"):
        return head.preceding[0]
    return taken.invoice.number


def _paid(taken: Taken) -> dict[str, date | str | None]:
    head = taken.invoice.head
    if head is None:
        return {}
    terms = printable(head.payment_terms) or None
    return {"payment_due_date": head.due, "payment_terms": terms}


def _ordered(entry: Entry, taken: Taken) -> dict[str, Any]:
    texts: Mapping[str, str] = entry.line.texts if entry.line else {}
    head = taken.invoice.head
    order = texts.get("purchase_order") or (head.purchase_order if head else "")
    row: dict[str, Any] = {
        "purchase_order_number": printable(order, WORD) or None,
        "x_purchase_order_line": printable(texts.get("purchase_order_line", ""), WORD) or None,
    }
    if entry.line is None or entry.category == "Tax":
        return row
    return row | {
        "x_quantity": entry.line.quantity,
        "x_unit": printable(texts.get("unit", ""), WORD) or None,
        "x_unit_price": entry.line.price_of_one,
    }


def _grain(entry: Entry) -> dict[str, str]:
    """Return what else an entry is about, as flat text."""
    line = entry.line
    if line is None:
        return {}
    found = {name: printable(line.texts.get(name, ""), WORD) for name in _GRAIN}
    if entry.category != "Tax":
        numbers = {"quantity": line.quantity, "unit_price": line.price_of_one}
        found |= {name: plain(number) for name, number in numbers.items()}
    return {name: text for name, text in sorted(found.items()) if text}
