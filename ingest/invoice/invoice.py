"""Invoices: the lines of one number, sound or set aside as a whole."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from ingest.invoice.head import Head
from ingest.invoice.line import Line
from models.period import Month

_LOOSE: Final = re.compile(r"[\s./_-]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is set aside; the columns of the table of rejected rows."""

    row: int
    column: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """All lines of one number in one file; with a fault, none of them counts."""

    number: str
    period: Month  # of issue
    rows: tuple[int, ...]
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...] = ()
    head: Head | None = None  # a table has none of its own

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note, which may share a number with an invoice."""
        return all(line.is_credit for line in self.lines)

    @property
    def similar(self) -> str:
        """The number as a person hears it: without case, space and marks, zeros kept."""
        return _LOOSE.sub("", self.number).upper()

    @property
    def content(self) -> str:
        """Hash of all lines, in whatever order; equal for the same invoice in two files."""
        lines = sorted(line.content for line in self.lines)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def refused(self, reason: str, value: str = "", column: str = "number") -> Invoice:
        """Return the invoice set aside, every row with the same reason."""
        faults = tuple(Fault(row, column, reason, value or self.number) for row in self.rows)
        return Invoice(self.number, self.period, self.rows, (), faults, self.head)
