"""`trueup invoice`: what vendors sent, what of it counts, and what waits for a person."""

from __future__ import annotations

from typing import Final

from scheduler.lazy import lazy

# name: what it does; each is a file `invoice_NAME.py`, imported when it is used
COMMANDS: Final = {
    "list": "Invoices that were read, and whether they count.",
    "show": "One invoice: its lines, its tax, its cost by month.",
    "review": "What waits for a person, and what a document seems to say.",
    "confirm": "Decide what a document is: an invoice, an amendment, or nothing.",
    "match": "Orders, deliveries and invoices side by side.",
}

command = lazy("invoice", COMMANDS, "Show and decide about invoices of vendors.")
