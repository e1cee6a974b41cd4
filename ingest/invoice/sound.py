"""Whether an invoice holds together: its lines, its totals, its sign; nothing is ever mended."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ingest.invoice.head import Head
from ingest.invoice.invoice import Invoice
from ingest.invoice.line import plain
from ingest.invoice.service import MOST, endless, reversed_days
from models.money import ZERO
from models.subunit import subunit

_ADDING: Final = (
    "is what the credit note would add to the cost; ask the issuer for one that prints its "
    "amounts without a minus"
)
Wrong = tuple[str, str, str]  # reason, value, field


def checked(invoice: Invoice) -> Invoice:
    """Return the invoice; set aside as a whole by the first thing that contradicts another."""
    if invoice.faults:
        return invoice
    found = next(_contradictions(invoice), None)
    return invoice.refused(*found) if found else invoice


def _contradictions(invoice: Invoice) -> Iterator[Wrong]:
    if days := reversed_days(invoice):
        yield f"lies before the first day of the work, {days[0]}", str(days[1]), "service_end"
    if days := endless(invoice):
        words = f"ends more than {MOST} years after the first day of the work, {days[0]}"
        yield words, str(days[1]), "service_end"
    if invoice.head is None:
        return
    yield from _of_lines(invoice, invoice.head)
    yield from _of_totals(invoice, invoice.head)


def _of_lines(invoice: Invoice, head: Head) -> Iterator[Wrong]:
    for line in invoice.lines:
        if line.currency != head.currency:
            yield f"is not the currency of the invoice, {head.currency}", line.currency, "currency"
    taxes = sum((line.tax for line in invoice.lines), ZERO)
    if taxes and head.tax is not None:
        words = "the tax of the lines adds up to"
        yield from _apart(head, "tax", head.tax, taxes, words)
    if not invoice.lines and head.net is None:
        yield "has neither lines nor a total without tax", "", "net"


def _of_totals(invoice: Invoice, head: Head) -> Iterator[Wrong]:
    allowances = sum((each.amount for each in head.allowances), ZERO)
    if invoice.lines:
        lines = sum((line.amount for line in invoice.lines), allowances)
        words = "lines, allowances and charges add up to"
        yield from _apart(head, "net", head.net, lines, words)
    words = "net and tax add up to"
    yield from _apart(head, "gross", head.gross, invoice.net + invoice.tax, words)
    left = invoice.gross - head.prepaid + head.rounding
    yield from _apart(head, "payable", head.payable, left, "what is left of the total is")
    if head.kind == "credit_note" and invoice.gross > 0:
        yield _ADDING, plain(invoice.gross), "gross"


def _apart(
    head: Head, field: str, stated: Decimal | None, found: Decimal, words: str
) -> Iterator[Wrong]:
    """Yield a total that differs by more than the rounding of one amount."""
    if stated is not None and abs(stated - found) > subunit(head.currency):
        apart = plain(found - stated)
        yield f"is stated, {words} {plain(found)}, {apart} apart", plain(stated), field
