"""A document in the normal form of an invoice.

Amounts are whole numbers of the smallest unit that this form has for a currency, before the
tax that is added and with the tax that is included. What is credited or discounted on a line
is taken off it. What the lines do not add up to is set aside, never mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ingest.invoice.head import Head
from ingest.invoice.invoice import Invoice
from ingest.invoice.line import Line
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
from ingest.stripe.line import ORDERS, line, taxed
from models.money import ZERO
from models.period import Month

__all__ = ["StripeError", "is_json", "read"]


def is_json(data: bytes) -> bool:
    """Return whether the first sign may begin such a document: an object, not a list."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read(data: bytes) -> Invoice:
    """Return the invoice, or the credit note; what does not add up is set aside in it.

    Raises:
        StripeError: when it is neither, or not whole.
    """
    stated = document(data)
    head = _head(stated)
    lines = [line(each, row, stated, head) for row, each in enumerate(lines_of(stated), start=1)]
    whole = taxed(lines, head.tax or ZERO)
    rows = tuple(each.row for each in whole)
    invoice = Invoice(head.number, Month.of(head.issued), rows, whole, head=head)
    apart = _status(stated) or _apart(whole, head)
    return invoice.refused(*apart) if apart else invoice


def _head(stated: Json) -> Head:
    sign, currency = sign_of(stated), text_of(stated, "currency").upper()
    is_credit, places = sign < 0, places_of(currency)
    tax, gross = _total_tax(stated), whole_of(stated, "total")
    due = gross if is_credit else whole_of(stated, "amount_due")
    return Head(
        number=_number(stated),
        kind="credit_note" if is_credit else "invoice",
        issuer=str(stated.get("account_name") or ""),
        issuer_ids=_ids(stated),
        issued=_day(stated),
        due=moment_of(stated["due_date"]).date() if stated.get("due_date") else None,
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


def _day(stated: Json) -> date:
    """Return the date of issue: as printed, else when it was made final, else created."""
    final = part_of(stated, "status_transitions").get("finalized_at")
    for moment in (stated.get("effective_at"), final, stated.get("created")):
        if moment is not None:
            return moment_of(moment).date()
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


def _status(stated: Json) -> tuple[str, str, str] | None:
    """Return why it counts nowhere by its issuer's own word: reason, value, column."""
    reasons = {
        "draft": "is what it is: not issued; deliver it again once it is final",
        "void": "is what its issuer did with it: it was voided, and is no cost",
    }
    status = str(stated.get("status"))
    return (reasons[status], status, "status") if status in reasons else None


def _apart(lines: Sequence[Line], head: Head) -> tuple[str, str, str] | None:
    """Return what the lines do not add up to: reason, value, column."""
    for column, stated, found in (
        ("total", head.net or ZERO, sum((each.amount for each in lines), ZERO)),
        ("tax", head.tax or ZERO, sum((each.tax for each in lines), ZERO)),
    ):
        if stated != found:
            said = f"is stated, the lines add up to {found:f}, {found - stated:f} apart"
            return said, f"{stated:f}", column
    return None
