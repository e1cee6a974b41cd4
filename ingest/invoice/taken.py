"""One invoice as a delivery takes it: with its vendor's terms, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ingest.invoice.decision import Decision
from ingest.invoice.head import COSTS
from ingest.invoice.held import key
from ingest.invoice.invoice import Invoice, Status
from ingest.invoice.terms import Terms
from models.money import ZERO

_CONFLICT: Final = (
    "is also in {} with other content; neither is booked: remove one, or give the correction "
    "a number of its own"
)
_RESTATES: Final = (
    "is a correction, and states anew what {} does; it is not booked: decide which of them counts"
)
_AGAINST: Final[Mapping[str, tuple[Status, str]]] = {
    "superseded": ("superseded", "is superseded by {}"),
    "conflict": ("conflict", _CONFLICT),
    "restates": ("conflict", _RESTATES),
    "duplicate": ("duplicate", "is the same as in {}; it counts there, once"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One invoice.

    Attributes:
        terms: Of its vendor; None when no vendor of the source is its issuer.
        status: As in `invoice_headers`.
        note: Why it does not count.
        is_told: It is told of, and nobody has to do anything about it.
        taken_back: Of what it calls prepaid, as much as known prepayment invoices billed.
    """

    invoice: Invoice
    terms: Terms | None
    status: Status
    note: str = ""
    taken_back: Decimal = ZERO
    is_told: bool = False

    @property
    def counts(self) -> bool:
        """Whether it becomes charges; a prepayment does, and costs nothing yet."""
        return self.status == "counted"

    @property
    def is_aside(self) -> bool:
        """Whether its rows are shown as set aside, for a person to do something about."""
        waits = self.status in ("conflict", "draft", "unknown_issuer", "rejected")
        return waits and not self.is_told

    @property
    def shown(self) -> Terms:
        """Terms to show it by, where it has none of its own."""
        issuer = self.invoice.head.issuer if self.invoice.head else ""
        return self.terms or Terms(issuer=issuer or "unknown", service="unknown")


def taken(invoice: Invoice, terms: Terms | None, said: Decision) -> Taken:
    """Return an invoice with what was decided about it."""
    status, note = _status(invoice, terms, said)
    name = key(terms.issuer, invoice) if terms else ""
    back = Decimal(said.taken_back.get(name, 0)) if status == "counted" else ZERO
    return Taken(invoice=invoice, terms=terms, status=status, note=note, taken_back=back)


def _status(invoice: Invoice, terms: Terms | None, said: Decision) -> tuple[Status, str]:
    if invoice.faults:
        return "rejected", invoice.faults[0].reason
    if invoice.status == "draft":
        return "draft", invoice.note or "is a draft; a person has to confirm it"
    if terms is None:
        return "unknown_issuer", _unknown(invoice)
    for kind, (status, words) in _AGAINST.items():
        other = getattr(said, kind).get(key(terms.issuer, invoice))
        if other is not None:
            return status, words.format(other)
    if invoice.kind not in COSTS:
        return "no_cost", f"is a {invoice.kind}, which is shown and costs nothing"
    return "counted", ""


def _unknown(invoice: Invoice) -> str:
    ids = ", ".join(invoice.head.issuer_ids) if invoice.head else ""
    named = f" ({ids})" if ids else ""
    issuer = invoice.head.issuer if invoice.head else ""
    return (
        f"is from {issuer or 'nobody by name'}{named}, which is no vendor of this source; add "
        "the vendor, or remove the file"
    )
