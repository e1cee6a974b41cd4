"""When an invoice stands in the way of closing: to the last subunit, not within a tolerance."""

from __future__ import annotations

from typing import Final

from models.money import rounded
from models.subunit import places
from reconcile.balance import Assertion, Verdict

SEVERAL: Final = ","  # between the numbers of invoices of a month that is judged as a whole
JUDGED: Final = frozenset({Verdict.EQUAL, Verdict.WITHIN, Verdict.APART})


def is_even(assertion: Assertion) -> bool:
    """Return whether an invoice is what was billed, to the last subunit of its currency.

    The tolerance of FOCUS says what rounding may explain; a person who signs a month says
    it in words instead, so a cent within the tolerance is not even.
    """
    if assertion.verdict in JUDGED:
        gap = assertion.difference
        return gap is not None and rounded(gap, places(assertion.currency)) == 0
    return assertion.verdict in {Verdict.UNSTATED, Verdict.VOIDED}


def named(assertion: Assertion) -> str:
    """Return what a person calls an invoice: `SOURCE/NUMBER`, or `SOURCE/YYYY-MM` of a month."""
    number = assertion.invoice_id
    whole = not number or SEVERAL in number
    return f"{assertion.source}/{assertion.month if whole else number}"
