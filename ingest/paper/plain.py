"""Documents that are not read: a draft of what a PDF seems to say, or what a person said it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from ingest.invoice.head import Head
from ingest.invoice.invoice import Fault, Invoice, Status
from ingest.invoice.line import Line
from ingest.invoice.taken import Taken
from ingest.paper.note import Note
from ingest.paper.vendor import Vendor
from models.money import ZERO

_AMOUNTS: Final = ("net", "tax", "gross")
_STATUS: Final[dict[str, Status]] = {
    "draft": "draft",
    "dropped": "superseded",
    "moved": "superseded",
    "unread": "rejected",
}


def shown(note: Note) -> Taken:
    """Return a document that counts nowhere, with why; its one row is the document itself.

    Nobody has to do anything any more about what a person decided, or what `senders` say is
    not to be opened; the row is no fault then.
    """
    status, is_told = _STATUS[note.part], note.part == "unread"
    is_fault = status != "superseded" and not is_told
    faults = (Fault(1, "document", note.why, note.name),) if is_fault else ()
    number = note.figures.get("number") or note.name
    head = _proposed(note, number) if note.part == "draft" else None
    invoice = Invoice(number, note.period, (1,), (), faults, head)
    return Taken(invoice=invoice, terms=None, status=status, note=note.why, is_told=is_told)


def placed(note: Note) -> Invoice:
    """Return what stands for such a document while deliveries are made: it is in its month."""
    return shown(note).invoice


def _proposed(note: Note, number: str) -> Head | None:
    """Return what the text seems to say; nothing without a date."""
    found = note.figures
    if "issued" not in found:
        return None
    net, tax, gross = (Decimal(x) if (x := found.get(name)) else None for name in _AMOUNTS)
    return Head(
        number=number,
        issued=date.fromisoformat(found["issued"]),
        currency=found.get("currency", "XXX"),
        purchase_order=found.get("purchase_order", ""),
        net=net,
        tax=tax,
        gross=gross,
        payable=gross or ZERO,
    )


def confirmed(note: Note, vendor: Vendor | None) -> Invoice:
    """Return the invoice that a person read: one line, with their figures.

    Args:
        note: What they confirmed.
        vendor: Whose they said it is; None when the settings know it no more.
    """
    found = note.figures
    net, tax = Decimal(found["net"]), Decimal(found["tax"])
    issued = date.fromisoformat(found["issued"])
    service = date.fromisoformat(found["service_from"]), date.fromisoformat(found["service_to"])
    is_credit, order = net < 0, found.get("purchase_order", "")
    head = Head(
        number=found["number"],
        kind="credit_note" if is_credit else "invoice",
        issuer=found["issuer"] if vendor is None or vendor.ids else "",
        issuer_ids=vendor.ids if vendor else (),
        issued=issued,
        currency=found["currency"],
        net=net,
        tax=tax,
        gross=net + tax,
        payable=net + tax,
        purchase_order=order,
        service=service,
    )
    line = Line(
        row=1,
        number=head.number,
        issued=issued,
        currency=head.currency,
        printed=abs(net),
        amount=net,
        tax=tax or ZERO,
        total=None,
        quantity=None,
        unit_price=None,
        service=service,
        is_credit=is_credit,
        is_tax=False,
        texts={"line": "1", "description": note.why},
        tags={},
    )
    return Invoice(head.number, note.period, (1,), (line,), (), head)
