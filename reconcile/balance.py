"""Balances: one invoice and the lines of its bill, and how they stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from models.period import Month
from reconcile.part import Part


class Verdict(Enum):
    """How a bill stands to its invoice."""

    EQUAL = "equal"
    WITHIN = "within tolerance"
    APART = "apart"
    ABSENT = "not delivered"
    UNSTATED = "no invoice stated"
    OPEN = "open"
    VOIDED = "voided"

    @property
    def fails(self) -> bool:
        """Whether somebody must act: the amounts differ, or no line of the invoice is here."""
        return self in {Verdict.APART, Verdict.ABSENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One invoice, or billed lines that no invoice is stated for; in its own currency.

    Attributes:
        invoice_id: Its number; several where a month is judged as a whole; empty for none.
        rows: Lines that were billed, tax lines left out, as in `billed`.
        stated: What the invoice says, without tax; None when none is stated.
        billed: Sum of its lines, without tax lines; None when it has no line at all.
        tolerance: What rounding may explain; it stands beside the difference, hiding nothing.
        tax_stated, tax_billed: Tax, which bills often leave out: shown apart, never judged.
        parts: What it is made of; where the invoice prints parts, each against its own.
        cause: What is just the difference, when something is; for a person.
    """

    source: str
    month: Month
    currency: str
    issuer: str = ""
    billing_account: str = ""
    invoice_id: str = ""
    verdict: Verdict
    rows: int = 0
    stated: Decimal | None = None
    billed: Decimal | None = None
    tolerance: Decimal | None = None
    tax_stated: Decimal | None = None
    tax_billed: Decimal | None = None
    parts: tuple[Part, ...] = ()
    cause: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Billed minus stated, exactly; + is more in the bill than on the invoice."""
        return _apart(self.billed, self.stated)

    @property
    def tax_difference(self) -> Decimal | None:
        """The same of tax; None where the bill has no tax lines."""
        return _apart(self.tax_billed, self.tax_stated)


def _apart(billed: Decimal | None, stated: Decimal | None) -> Decimal | None:
    return None if billed is None or stated is None else billed - stated
