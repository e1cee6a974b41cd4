"""Invoices of vendors as aligned text and as JSON, every amount as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from models.subunit import places
from reconcile.received import MonthCost, Received, Refusal, Row
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE

SCHEMA_VERSION: Final = 1
HEADS: Final = ("month", "issuer", "number", "kind", "issued", "net", "tax", "gross", "", "status")
_NUMBERS: Final = (5, 6, 7)
_LINE_HEADS: Final = ("line", "category", "quantity", "unit price", "amount", "work", "text")
_LINE_NUMBERS: Final = (2, 3, 4)
_MONTH_HEADS: Final = ("work month", "category", "billed", "effective", "tco")
_MONTH_NUMBERS: Final = (2, 3, 4)
_HEAD_FIELDS: Final = (
    *("period", "invoice_issuer_name", "invoice_id", "kind", "status", "note"),
    *("invoice_issue_date", "payment_due_date", "currency", "net", "tax", "gross"),
    *("prepaid", "payable", "service_start", "service_end", "purchase_order_number"),
    *("buyer_reference", "reference_invoice_id", "x_source", "x_document"),
)
_LINE_FIELDS: Final = (
    *("invoice_detail_id", "charge_category", "billed_cost", "billing_currency"),
    *("invoice_detail_description", "x_quantity", "x_unit", "x_unit_price"),
    *("x_service_start", "x_service_end", "x_period_basis"),
    *("purchase_order_number", "x_purchase_order_line", "x_row"),
)


def table(invoices: Sequence[Received], refusals: Sequence[Refusal]) -> str:
    """Return a list for a terminal, and below it what could not be read at all."""
    rows = [HEADS, *(_row(each.head) for each in invoices)]
    lines = aligned(rows, _NUMBERS) if invoices else ["no invoice"]
    for each in invoices:
        if each.head["note"]:
            place = f"{each.head['invoice_issuer_name']} {each.head['invoice_id']}"
            mark = "-" if each.head["status"] == "counted" else "!"
            lines.append(f"{mark} {visible(place)}: {visible(each.head['note'])}")
    lines += [f"! {visible(f'{r.scope}: {r.document}: {r.detail}')}" for r in refusals]
    return "".join(f"{line}\n" for line in lines)


def _row(head: Row) -> tuple[str, ...]:
    return (
        head["period"],
        visible(head["invoice_issuer_name"]),
        visible(head["invoice_id"]),
        head["kind"],
        _said(head["invoice_issue_date"]),
        *(_money(head[name], head["currency"]) for name in ("net", "tax", "gross")),
        visible(head["currency"]),
        head["status"],
    )


def document(invoices: Sequence[Received], refusals: Sequence[Refusal]) -> str:
    """Return a list as JSON."""
    refused = [{"scope": r.scope, "document": r.document, "detail": r.detail} for r in refusals]
    return _json({"invoices": [_head(each) for each in invoices], "refused": refused})


def pages(invoices: Sequence[Received]) -> str:
    """Return each invoice with its lines and months for a terminal."""
    return "\n".join("".join(f"{line}\n" for line in _page(each)) for each in invoices)


def _page(invoice: Received) -> Iterator[str]:
    head, currency = invoice.head, invoice.head["currency"]
    yield visible(f"{head['kind']} {head['invoice_id']} of {head['invoice_issuer_name']}")
    yield f"status     {head['status']}" + (f": {visible(head['note'])}" if head["note"] else "")
    due = f", due {head['payment_due_date']}" if head["payment_due_date"] else ""
    yield f"issued     {_said(head['invoice_issue_date'])}{due}"
    if head["service_start"]:
        yield f"work       {head['service_start']} to {head['service_end']}"
    for name, label in (
        ("purchase_order_number", "order"),
        ("reference_invoice_id", "refers to"),
        ("buyer_reference", "for"),
    ):
        if head[name]:
            yield f"{label:<11}{visible(head[name])}"
    amounts = (f"{name} {_money(head[name], currency)}" for name in ("net", "tax", "gross"))
    yield f"amounts    {', '.join(amounts)} {visible(currency)}"
    if head["payable"] is not None and head["payable"] != head["gross"]:
        yield f"payable    {_money(head['payable'], currency)}"
    yield f"document   {head['x_document']} {visible(invoice.names)}".rstrip()
    if invoice.lines:
        yield from aligned([_LINE_HEADS, *map(_line_row, invoice.lines)], _LINE_NUMBERS)
    if invoice.months:
        yield from aligned([_MONTH_HEADS, *map(_month_row, invoice.months)], _MONTH_NUMBERS)


def _line_row(line: Row) -> tuple[str, ...]:
    number, currency = line["invoice_id"], line["billing_currency"]
    return (
        visible(line["invoice_detail_id"].removeprefix(f"{number}#")),
        line["charge_category"],
        _plain(line["x_quantity"]),
        _plain(line["x_unit_price"]),
        _money(line["billed_cost"], currency),
        f"{_said(line['x_service_start'])} to {_said(line['x_service_end'])}",
        visible(line["invoice_detail_description"] or ""),
    )


def _month_row(cost: MonthCost) -> tuple[str, ...]:
    amounts = (cost.billed, cost.effective, cost.tco)
    return (str(cost.month), cost.category, *(_money(each, cost.currency) for each in amounts))


def details(invoices: Sequence[Received]) -> str:
    """Return each invoice with its lines and months as JSON."""
    return _json({"invoices": [_whole(each) for each in invoices]})


def _whole(invoice: Received) -> dict[str, Any]:
    return {
        **_head(invoice),
        "lines": [{name: _value(line, name) for name in _LINE_FIELDS} for line in invoice.lines],
        "months": [
            {
                "month": str(cost.month),
                "charge_category": cost.category,
                "billing_currency": cost.currency,
                "billed_cost": _money(cost.billed, cost.currency),
                "effective_cost": _money(cost.effective, cost.currency),
                "x_tco_cost": _money(cost.tco, cost.currency),
            }
            for cost in invoice.months
        ],
    }


def _head(invoice: Received) -> dict[str, Any]:
    found = {name: _value(invoice.head, name) for name in _HEAD_FIELDS}
    return {**found, "document_names": invoice.names}


def _value(row: Row, name: str) -> str | int | None:
    value = row[name]
    if isinstance(value, Decimal):
        currency = row.get("currency") or row.get("billing_currency") or ""
        return _plain(value) if name in ("x_quantity", "x_unit_price") else _money(value, currency)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _json(content: dict[str, Any]) -> str:
    whole = {"schema_version": SCHEMA_VERSION, **content}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _said(day: date | None) -> str:
    return NONE if day is None else day.isoformat()


def _money(amount: Decimal | None, currency: str) -> str:
    """Return all digits of an amount, and at least as many decimals as its currency has."""
    if amount is None:
        return NONE
    exact = amount.normalize()
    decimals = max(places(currency), -int(exact.as_tuple().exponent))
    return f"{amount:.{decimals}f}"


def _plain(amount: Decimal | None) -> str:
    return NONE if amount is None else f"{amount.normalize():f}"
