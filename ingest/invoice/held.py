"""One sound invoice of a known issuer in one file, while it is compared with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from ingest.invoice.invoice import Invoice

DUPLICATE: Final = "duplicate"  # the same invoice counts in another file
CONFLICT: Final = "conflict"  # the same number with other content: neither counts
SUPERSEDED: Final = "superseded"  # a person decided that another one counts instead
RESTATES: Final = "restates"  # a corrective invoice states anew what another one does
SIMILAR: Final = "similar"  # nearly the same number: both count, a person may look
ALIKE: Final = "alike"  # another number, the same amount within days: both count
ORPHAN: Final = "orphan"  # gives back what is not here: it counts, a person may look
UNBOOKED: Final = "unbooked"  # gives back what does not count: it counts, a person may look
TAKEN_BACK: Final = "taken_back"  # how much a known prepayment invoice billed before


@dataclass(frozen=True, slots=True)
class File:
    """One file, read; a source's files are compared in order of name, the first one counts."""

    name: str
    sha256: str
    size: int
    invoices: tuple[Invoice, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """One invoice that may count."""

    file: File
    issuer: str
    invoice: Invoice

    @property
    def key(self) -> str:
        """What it is called among the decisions about its document."""
        return key(self.issuer, self.invoice)

    @property
    def issued(self) -> date:
        """Day of issue."""
        head = self.invoice.head
        return head.issued if head else min(line.issued for line in self.invoice.lines)

    @property
    def printed(self) -> str:
        """The number as printed, without case and space."""
        return "".join(self.invoice.number.split()).upper() + self.invoice.apart


Found = tuple[Held, str, str]  # what is decided about whom, and in view of what


def key(issuer: str, invoice: Invoice) -> str:
    """Return what an invoice is called among the decisions about its document."""
    apart = f" of {invoice.apart}" if invoice.apart else ""
    return f"{issuer}: {invoice.family} {invoice.number}{apart}"
