"""What looks odd in invoices that count as printed; nothing is ever mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ingest.invoice.invoice import Invoice
from ingest.invoice.line import Line

CENT: Final = Decimal("0.01")
LONG: Final = 366  # days

Note = tuple[str, str]  # rule, detail


def doubts(invoices: Sequence[Invoice]) -> Iterator[Note]:
    """Yield what a person may want to look at, in order of the invoices."""
    lines = [line for invoice in invoices for line in invoice.lines]
    undated = sum(line.service is None for line in lines)
    if undated:
        yield (
            "invoice_date",
            f"{undated} lines state no days of work; their cost lies on the date of issue",
        )
    for line in lines:
        yield from _of_line(line)


def _of_line(line: Line) -> Iterator[Note]:
    place = f"invoice {line.number}, row {line.row}"
    if line.quantity is not None and line.unit_price is not None:
        product = line.quantity * line.unit_price
        if abs(product - line.amount) > CENT:
            said = f"{line.quantity:f} x {line.unit_price:f} is {product:f}, not {line.amount:f}"
            yield "line_arithmetic", f"{place}: {said}; booked as printed"
    if line.service and (line.service[1] - line.service[0]).days >= LONG:
        first, last = line.service
        yield "long_service_period", f"{place}: {first} to {last} is more than a year"
