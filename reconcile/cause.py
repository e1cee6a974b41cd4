"""Causes: what is just the difference between a bill and its invoice, when something is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from models.subunit import subunit
from reconcile.balance import Assertion, Verdict
from reconcile.claim import Bill


def cause(each: Assertion, loose: Sequence[Assertion], billed: Sequence[Bill]) -> str:
    """Return one line for a person: where to look first; empty when nothing fits.

    Args:
        each: What was judged.
        loose: Billed lines that no invoice is stated for.
        billed: All billed lines.
    """
    if each.verdict is Verdict.ABSENT:
        return next(_elsewhere(each, billed), "")
    if each.verdict not in {Verdict.WITHIN, Verdict.APART}:
        return ""
    found = [*_printed(each), *_missing(each, loose), *_untaxed(each), *_surplus(each)]
    return found[0] if found else ""


def _elsewhere(each: Assertion, billed: Sequence[Bill]) -> Iterator[str]:
    """Yield how lines of the same invoice differ from what is stated."""
    lines = [
        bill
        for bill in billed
        if bill.source == each.source and each.invoice_id and bill.invoice_id == each.invoice_id
    ]
    for stated, found in (
        (each.currency, {bill.currency for bill in lines}),
        (each.issuer, {bill.issuer for bill in lines}),
        (each.billing_account, {bill.account for bill in lines}),
    ):
        if stated and found and stated.casefold() not in {name.casefold() for name in found}:
            yield f"its lines are of {', '.join(sorted(found))}; state that"


def _printed(each: Assertion) -> Iterator[str]:
    """Yield the parts that are apart, where the invoice prints parts."""
    off = [part for part in each.parts if part.difference]
    if off:
        yield f"apart in {', '.join(part.name for part in off)}"


def _missing(each: Assertion, loose: Sequence[Assertion]) -> Iterator[str]:
    """Yield lines that no invoice is stated for and that are just what the invoice has more."""
    for other in loose:
        same = (other.source, other.month, other.currency) == (
            each.source,
            each.month,
            each.currency,
        )
        if same and _equal(each, other.billed, each.difference, -1):
            named = f"invoice {other.invoice_id}, which is not stated"
            yield f"{named if other.invoice_id else 'lines without an invoice id'}: just as much"


def _untaxed(each: Assertion) -> Iterator[str]:
    if not each.tax_stated and _equal(each, each.tax_billed, each.difference, -1):
        yield "the tax lines are just as much; state the tax of the invoice"


def _surplus(each: Assertion) -> Iterator[str]:
    for part in each.parts:
        if _equal(each, part.billed, each.difference):
            yield f"{part.name} is just as much"


def _equal(
    each: Assertion, amount: Decimal | None, difference: Decimal | None, sign: int = 1
) -> bool:
    """Say whether an amount is a difference, to the subunit: bills are not rounded to it."""
    if not amount or not difference:
        return False
    smallest = subunit(each.currency)
    return abs(amount) >= smallest and abs(amount - sign * difference) < smallest
