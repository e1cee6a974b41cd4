"""Invoices, whatever form they came in: a head, its lines, and what is wrong with them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal

from ingest.invoice.head import Head, Kind
from ingest.invoice.line import Line, plain
from models.money import ZERO
from models.period import Month

# fmt: off
Status = Literal[
    "counted", "duplicate", "conflict", "superseded",
    "draft", "unknown_issuer", "rejected", "no_cost",
]
# fmt: on
_LOOSE: Final = re.compile(r"[\s./_-]+")
_FAMILIES: Final = {"corrective": "invoice", "self_billed": "invoice"}  # they share numbers


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is set aside; the columns of the table of rejected rows."""

    row: int
    column: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """All of one number in one file; with a fault, no part of it counts.

    Attributes:
        number: As printed.
        period: Month of issue.
        rows: Rows of the document that it is in; never empty.
        lines: Its lines; none of those that cannot be read.
        faults: Why it is set aside as a whole.
        head: What is printed once; a table has none of its own.
        status: `draft` where a person has still to confirm what was read; `note` says how.
        apart: What tells it from others of its number, where an issuer's numbers repeat.
        is_void: It takes back the invoice of its number, and neither costs anything.
    """

    number: str
    period: Month
    rows: tuple[int, ...]
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...] = ()
    head: Head | None = None
    status: Literal["counted", "draft"] = "counted"
    note: str = ""
    apart: str = ""
    is_void: bool = False

    @property
    def kind(self) -> Kind:
        """What it is; a table of credit lines alone is a credit note."""
        if self.head:
            return self.head.kind
        return "credit_note" if self.lines and self.is_credit else "invoice"

    @property
    def family(self) -> str:
        """Which kinds share one row of numbers; a credit note may have an invoice's number."""
        return _FAMILIES.get(self.kind, self.kind)

    @property
    def is_credit(self) -> bool:
        """Whether all of it gives back."""
        return all(line.is_credit for line in self.lines)

    @property
    def currency(self) -> str:
        """ISO 4217; `XXX`, which is no currency, where none could be read."""
        found = self.head.currency if self.head else next((x.currency for x in self.lines), "")
        return found or "XXX"

    @property
    def net(self) -> Decimal:
        """Without tax, as printed; of a table, the sum of its lines."""
        if self.head and self.head.net is not None:
            return self.head.net
        return sum((line.amount for line in self.lines if not line.is_tax), self._document_level)

    @property
    def tax(self) -> Decimal:
        """The tax, as printed; of a table, the sum of its lines."""
        if self.head and self.head.tax is not None:
            return self.head.tax
        whole = sum((line.amount for line in self.lines if line.is_tax), ZERO)
        return sum((line.tax for line in self.lines), whole)

    @property
    def gross(self) -> Decimal:
        """With tax, as printed; else the sum of both."""
        if self.head and self.head.gross is not None:
            return self.head.gross
        return self.net + self.tax

    @property
    def payable(self) -> Decimal:
        """What is left to pay, as printed; else the total less what was paid before."""
        head = self.head
        if head is None:
            return self.gross
        left = self.gross - head.prepaid + head.rounding
        return left if head.payable is None else head.payable

    @property
    def similar(self) -> str:
        """The number without case, space and marks; see `loose`."""
        return loose(self.number) + self.apart

    @property
    def content(self) -> str:
        """Hash of what it says, lines in whatever order; equal for one invoice in two files.

        One with a head may come in two forms, which word it differently: only its figures,
        days, and what cost is attributed by are compared.
        """
        lines = sorted(line.figures if self.head else line.content for line in self.lines)
        return hashlib.sha256("\n".join([self._figures, *lines]).encode()).hexdigest()

    @property
    def _figures(self) -> str:
        if self.head is None:
            return ""
        head = self.head
        amounts = (self.net, self.tax, self.gross, head.prepaid, head.rounding)
        days = (head.issued, *(head.service or ()))
        said = (head.kind, head.currency, head.purchase_order, head.buyer_reference)
        return repr((said, [*map(plain, amounts)], [*map(str, days)]))

    @property
    def _document_level(self) -> Decimal:
        allowances = self.head.allowances if self.head else ()
        return sum((each.amount for each in allowances), ZERO)

    def refused(self, reason: str, value: str = "", column: str = "number") -> Invoice:
        """Return the invoice set aside, every row with the same reason."""
        faults = tuple(Fault(row, column, reason, value or self.number) for row in self.rows)
        return replace(self, lines=(), faults=faults)


def loose(number: str) -> str:
    """Return a number as a person hears it: without case, space and marks, zeros kept."""
    return _LOOSE.sub("", number).upper()
