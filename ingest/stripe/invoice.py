"""A document in the normal form of an invoice.

Amounts are whole numbers of the smallest unit that this form has for a currency, before the
tax that is added and with the tax that is included. What is credited or discounted on a line
is taken off it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, tzinfo
from typing import Final

from ingest.invoice.head import Head
from ingest.invoice.invoice import Invoice
from ingest.stripe.document import (
    Json,
    StripeError,
    document,
    lines_of,
    listed,
    metadata_of,
    moment_of,
    part_of,
    places_of,
    scaled,
    sign_of,
    taxes_of,
    text_of,
    whole_of,
)
from ingest.stripe.line import ORDERS, line
from models.period import Month

__all__ = ["StripeError", "is_json", "read"]

DRAFT: Final = "is not issued yet; deliver it again once it is final"


def is_json(data: bytes) -> bool:
    """Return whether the first sign may begin such a document: an object, not a list."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read(data: bytes, zone: tzinfo = UTC) -> Invoice:
    """Return the invoice, or the credit note; whether it adds up is judged elsewhere.

    Args:
        data: The JSON.
        zone: Of its days; it states moments.

    Raises:
        StripeError: when it is neither, or not whole.
    """
    stated = document(data)
    head, found = _head(stated, zone), lines_of(stated)
    lines = [line(each, row, stated, head, zone) for row, each in enumerate(found, start=1)]
    rows, period = tuple(each.row for each in lines), Month.of(head.issued)
    invoice = Invoice(head.number, period, rows, tuple(lines), head=head)
    status = str(stated.get("status"))
    if status == "draft":
        return replace(invoice, status="draft", note=DRAFT)
    return replace(invoice, is_void=status == "void")


def _head(stated: Json, zone: tzinfo) -> Head:
    sign, currency = sign_of(stated), text_of(stated, "currency").upper()
    is_credit, places = sign < 0, places_of(currency)
    tax, gross = _total_tax(stated), whole_of(stated, "total")
    due = gross if is_credit else whole_of(stated, "amount_due")
    return Head(
        number=_number(stated),
        kind="credit_note" if is_credit else "invoice",
        issuer=str(stated.get("account_name") or ""),
        issuer_ids=_ids(stated),
        issued=_day(stated, zone),
        due=moment_of(stated["due_date"], zone).date() if stated.get("due_date") else None,
        currency=currency,
        net=scaled(sign * (gross - tax), places),
        tax=scaled(sign * tax, places),
        gross=scaled(sign * gross, places),
        prepaid=scaled(sign * (gross - due), places),
        payable=scaled(sign * due, places),
        purchase_order=_order(stated),
        preceding=_preceding(stated) if is_credit else (),
    )


def _number(stated: Json) -> str:
    """Return the number; a draft has none yet, and is known by its id."""
    return text_of(stated, "id" if stated.get("status") == "draft" else "number")


def _total_tax(stated: Json) -> int:
    if taxes_of(stated) or isinstance(stated.get("tax"), int):
        found = taxes_of(stated) or [{"amount": stated["tax"]}]
        return sum(whole_of(tax, "amount") for tax in found)
    return sum(whole_of(tax, "amount") for each in lines_of(stated) for tax in taxes_of(each))


def _day(stated: Json, zone: tzinfo) -> date:
    """Return the date of issue: as printed, else when it was made final, else created."""
    final = part_of(stated, "status_transitions").get("finalized_at")
    for moment in (stated.get("effective_at"), final, stated.get("created")):
        if moment is not None:
            return moment_of(moment, zone).date()
    raise StripeError("states no date of issue (created); export it again")


def _ids(stated: Json) -> tuple[str, ...]:
    account = part_of(stated, "issuer").get("account") or stated.get("on_behalf_of")
    taxes = [each.get("value") for each in listed(stated, "account_tax_ids")]
    found = [("stripe", account), *(("vat", value) for value in taxes)]
    return tuple(f"{scheme}:{value}" for scheme, value in found if isinstance(value, str) and value)


def _preceding(stated: Json) -> tuple[str, ...]:
    inside = part_of(stated, "invoice")
    found = inside.get("number") or inside.get("id") or stated.get("invoice")
    return (found,) if isinstance(found, str) and found else ()


def _order(stated: Json) -> str:
    fields = listed(stated, "custom_fields")
    said = {str(each.get("name")): str(each.get("value")) for each in fields} | metadata_of(stated)
    return next((value for name, value in said.items() if name.strip().casefold() in ORDERS), "")
