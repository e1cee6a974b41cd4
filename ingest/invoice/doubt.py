"""What looks odd in an invoice that counts as printed; nothing is ever mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ingest.invoice.decision import Decision
from ingest.invoice.entry import Entry, entries
from ingest.invoice.held import key
from ingest.invoice.invoice import Invoice
from ingest.invoice.line import Line, plain
from ingest.invoice.service import doubted
from ingest.invoice.taken import Taken
from models.money import ZERO
from models.subunit import subunit

REVERSE_CHARGE: Final = "AE"  # UNTDID 5305: the buyer owes the tax
TOLERATED: Final = 2  # subunits of the currency
_REVERSE_CHARGE: Final = (
    "leaves the tax to the buyer; what of it does not come back is a cost that no invoice states"
)
_KINDS: Final = {
    "credit_note": "credit note",
    "corrective": "corrective invoice",
    "self_billed": "self-billed invoice",
    "prepayment": "prepayment invoice",
    "proforma": "proforma invoice",
}

Note = tuple[str, str]  # rule, detail


def named(invoice: Invoice) -> str:
    """Return an invoice as a person calls it."""
    return f"{_KINDS.get(invoice.kind, invoice.kind)} {invoice.number}"


def undated(taken: Sequence[Taken]) -> Iterator[Note]:
    """Yield how many lines have no days of work, over all invoices that count."""
    found = [
        entry
        for each in taken
        if each.counts and each.invoice.kind != "prepayment"
        for entry in entries(each)
        if entry.derived is None and entry.service.basis == "invoice_date"
    ]
    if found:
        detail = f"{len(found)} lines state no days of work; their cost lies on the date of issue"
        yield "invoice_date", detail


def doubts(taken: Taken, said: Decision) -> Iterator[Note]:
    """Yield what a person may want to look at in one invoice."""
    if taken.status in ("duplicate", "superseded", "no_cost"):
        yield taken.status, f"{named(taken.invoice)} {taken.note}"
    if not taken.counts:
        return
    yield from _beside_others(taken, said)
    yield from _prepaid(taken)
    found = entries(taken)
    for entry in found:
        if entry.derived is None and entry.line is not None:
            yield from _of_line(entry, entry.line, taken.invoice)
    yield from _tax(taken, found)
    yield from _rounded(taken, found)


def _beside_others(taken: Taken, said: Decision) -> Iterator[Note]:
    invoice, name = taken.invoice, key(taken.shown.issuer, taken.invoice)
    if other := said.similar.get(name):
        yield "similar_number", f"{named(invoice)} has nearly the number of {other}; both count"
    if other := said.alike.get(name):
        detail = f"{named(invoice)} has the amount of {other}, issued within a week; both count"
        yield "possible_duplicate", detail
    if (numbers := said.orphan.get(name)) is not None:
        what = f"refers to {numbers}, which is not here" if numbers else "refers to no invoice"
        yield "unknown_preceding", f"{named(invoice)} {what}; it counts for the days it states"
    if other := said.unbooked.get(name):
        detail = f"{named(invoice)} gives back {other}, which does not count itself"
        yield "unbooked_preceding", f"{detail}; decide whether both count, or neither"


def _prepaid(taken: Taken) -> Iterator[Note]:
    head = taken.invoice.head
    if head is None or not head.prepaid:
        return
    unknown = head.prepaid - taken.taken_back
    if unknown:
        said = f"{plain(unknown)} {head.currency} was paid before, and no prepayment invoice"
        words = f"{said} that it names is here; it is billed with what it costs"
        yield "prepaid", f"{named(taken.invoice)}: {words}"


def _of_line(entry: Entry, line: Line, invoice: Invoice) -> Iterator[Note]:
    place = f"invoice {invoice.number}, row {line.row}"
    if said := _arithmetic(line):
        yield "line_arithmetic", f"{place}: {said}; booked as printed"
    if invoice.kind != "prepayment":
        for rule, words in doubted(entry.service, line.issued):
            yield rule, f"{place}: {words}"


def _arithmetic(line: Line) -> str:
    """Return how quantity, price and what is taken off differ from the amount."""
    if line.quantity is None or line.unit_price is None or not line.price_base:
        return ""
    product = line.quantity * line.unit_price / line.price_base + line.adjusted
    if abs(product - line.amount) <= TOLERATED * subunit(line.currency):
        return ""
    base = f" / {plain(line.price_base)}" if line.price_base != 1 else ""
    off = f" {line.adjusted:+f}" if line.adjusted else ""
    terms = f"{line.quantity:f} x {line.unit_price:f}{base}{off}"
    return f"{terms} is {product:f}, not {line.amount:f}"


def _rounded(taken: Taken, found: Sequence[Entry]) -> Iterator[Note]:
    """Yield what is booked as rounding although the invoice does not call it so."""
    head = taken.invoice.head
    if head is None:
        return
    booked = sum((entry.billed for entry in found if entry.derived == "rounding"), ZERO)
    if apart := booked - head.rounding:
        words = f"lines and totals are {plain(apart)} {head.currency} apart, booked as rounding"
        yield "rounding", f"{named(taken.invoice)}: {words}"


def _tax(taken: Taken, found: Sequence[Entry]) -> Iterator[Note]:
    lines = [entry.line for entry in found if entry.line and entry.derived is None]
    if taken.shown.lost and any(line.tax_category == REVERSE_CHARGE for line in lines):
        yield "reverse_charge", f"{named(taken.invoice)} {_REVERSE_CHARGE}"
    head = taken.invoice.head
    rated = [line for line in lines if line.tax_rate is not None]
    if head is None or head.tax is None or len(rated) < len(lines) or not lines:
        return
    due = sum(((x.amount + x.allowance) * (x.tax_rate or ZERO) for x in lines), ZERO) / 100
    if abs(due - head.tax) > TOLERATED * subunit(head.currency) + _rounding(lines):
        said = f"rates and amounts give {due:.2f} of tax, not {plain(head.tax)}"
        yield "tax_arithmetic", f"{named(taken.invoice)}: {said}; booked as printed"


def _rounding(lines: Sequence[Line]) -> Decimal:
    """Return what rounding the tax of each line may add up to."""
    return len(lines) * subunit(lines[0].currency) / 2
