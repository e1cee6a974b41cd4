"""Which days an amount is for: the evidence, best first, and what the choice rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ingest.invoice.head import Head
from ingest.invoice.invoice import Invoice
from ingest.invoice.line import Line
from ingest.invoice.terms import Terms

LONG: Final = 366  # days
MOST: Final = 50  # years; each month of the work is a charge
AHEAD: Final = timedelta(days=45)  # after the day of issue

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Service:
    """First and last day, both included."""

    first: date
    last: date
    basis: str  # delivery, line, header, purchase_order, invoice_date


def of_line(line: Line, head: Head | None, terms: Terms) -> Service:
    """Return the days of a line: its own, the head's, its order's, the day of issue."""
    if line.service:
        return Service(*line.service, line.basis or "line")
    order = line.texts.get("purchase_order", "") or (head.purchase_order if head else "")
    return _beyond_line(head, terms.orders.get(order), line.issued)


def of_document(invoice: Invoice, terms: Terms) -> Service:
    """Return the days of what no line states, such as rounding."""
    head = invoice.head
    issued = head.issued if head else min(line.issued for line in invoice.lines)
    return _beyond_line(head, terms.orders.get(head.purchase_order) if head else None, issued)


def of_issue(day: date) -> Service:
    """Return the day of issue alone: that of what is no work, such as a prepayment."""
    return Service(day, day, "invoice_date")


def doubted(service: Service, issued: date) -> Iterator[tuple[str, str]]:
    """Yield rule and words for days that are unusual for work that is done."""
    first, last = service.first, service.last
    if (last - first).days >= LONG:
        yield "long_service_period", f"{first} to {last} is more than a year"
    elif last > issued + AHEAD:
        yield (
            "late_service_period",
            f"{first} to {last} ends more than {AHEAD.days} days after the day of issue, {issued}",
        )


def reversed_days(invoice: Invoice) -> Days | None:
    """Return days that end before they begin."""
    return next((days for days in _stated(invoice) if days[1] < days[0]), None)


def endless(invoice: Invoice) -> Days | None:
    """Return days over more years than any work: a slip of a digit, or made to exhaust us."""
    return next((days for days in _stated(invoice) if days[1].year - days[0].year > MOST), None)


def _stated(invoice: Invoice) -> list[Days]:
    head = invoice.head.service if invoice.head else None
    return [days for days in (head, *(line.service for line in invoice.lines)) if days]


def _beyond_line(head: Head | None, order: Days | None, issued: date) -> Service:
    if head and head.service:
        return Service(*head.service, "header")
    if order:
        return Service(*order, "purchase_order")
    return of_issue(issued)
