"""Invoices that refer to earlier ones: corrections, credit notes, prepayments taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ingest.invoice.held import ORPHAN, RESTATES, TAKEN_BACK, UNBOOKED, Found, Held
from ingest.invoice.invoice import loose
from models.money import ZERO

Numbers = Mapping[tuple[str, str], Held]  # by issuer and number without marks


def numbered(held: Sequence[Held]) -> Numbers:
    """Return invoices that may be referred to; credit notes are not."""
    found: dict[tuple[str, str], Held] = {}
    for each in held:
        if each.invoice.family in ("invoice", "prepayment"):
            found.setdefault((each.issuer, each.invoice.similar), each)
    return found


def restating(counting: Sequence[Held], upheld: Sequence[Held], known: Numbers) -> Iterator[Found]:
    """Yield corrective invoices that would count what is invoiced already, once more.

    One whose lines all give back is a difference, and counts. What was superseded is known
    as well: a second correction would count beside the first.
    """
    for each in counting:
        is_delta = all(line.amount <= 0 for line in each.invoice.lines)
        if each.invoice.kind != "corrective" or is_delta or each in upheld:
            continue
        if earlier := next(_earlier(each, known), None):
            yield each, RESTATES, f"{earlier.invoice.number} in {earlier.file.name}"


def orphans(counting: Sequence[Held], known: Numbers) -> Iterator[Found]:
    """Yield credit notes and corrections of which no invoice is known that they are about."""
    for each in counting:
        head = each.invoice.head
        is_about = head and head.kind in ("credit_note", "corrective")
        if head and is_about and not any(_earlier(each, known)):
            yield each, ORPHAN, ", ".join(head.preceding)


def unbooked(counting: Sequence[Held], known: Numbers) -> Iterator[Found]:
    """Yield credit notes of invoices that are here, and of which none counts."""
    booked = numbered(counting)
    for each in counting:
        earlier = [held.invoice.number for held in _earlier(each, known)]
        is_credit = each.invoice.kind == "credit_note"
        if is_credit and earlier and not any(_earlier(each, booked)):
            yield each, UNBOOKED, ", ".join(earlier)


def taken_back(counting: Sequence[Held]) -> Iterator[Found]:
    """Yield final invoices with how much of what they call prepaid was billed before.

    Only a known prepayment invoice billed it: what was paid by card is no bill. Each is taken
    back once, in order of the days of issue.
    """
    rest = {
        id(h): h.invoice.gross
        for h in counting
        if h.invoice.kind == "prepayment" and h.invoice.gross > 0
    }
    known = {n: h for n, h in numbered(counting).items() if id(h) in rest}
    for each in sorted(counting, key=lambda h: (h.issued, h.key)):
        head = each.invoice.head
        if head and head.prepaid > 0 and (found := _drawn(each, head.prepaid, known, rest)):
            yield each, TAKEN_BACK, f"{found:f}"


def _drawn(each: Held, prepaid: Decimal, known: Numbers, rest: dict[int, Decimal]) -> Decimal:
    """Return how much the prepayments that an invoice names still hold of it, and draw it."""
    drawn = ZERO
    for earlier in _earlier(each, known):
        if earlier.invoice.currency != each.invoice.currency or earlier is each:
            continue
        part = min(prepaid - drawn, rest[id(earlier)])
        rest[id(earlier)] -= part
        drawn += part
    return drawn


def _earlier(each: Held, known: Numbers) -> Iterator[Held]:
    head = each.invoice.head
    for number in head.preceding if head else ():
        found = known.get((each.issuer, loose(number)))
        if found is not None and found is not each:
            yield found
