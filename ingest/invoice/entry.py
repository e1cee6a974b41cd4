"""What an invoice says, at the grain of FOCUS Invoice Detail: lines, their tax, adjustments.

Charges are these entries over the months of their days, details are the entries themselves,
so both sum to the same: what is billed for an invoice that counts is gross and rounding, less
what a known prepayment invoice billed before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ingest.invoice.accrual import finest
from ingest.invoice.allowance import allocated, taxed
from ingest.invoice.invoice import Invoice
from ingest.invoice.line import Line
from ingest.invoice.service import Service, of_document, of_issue, of_line
from ingest.invoice.taken import Taken
from ingest.invoice.terms import Terms
from models.money import ZERO, rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; amounts are in the currency of the invoice, credits negative.

    Attributes:
        id: `number#line` as FOCUS Invoice Detail needs it, one for each entry.
        row: Row in the document; 0 for the whole of it.
        category: Charge category of FOCUS.
        billed: What the invoice asks for it.
        effective: What the work costs, when it is done; 0 for what later work is paid with.
        tco: The same without the tax that comes back.
        derived: Why there is an entry without a line of its own; None for a line.
        line: The line it is, or is the tax of.
    """

    id: str
    row: int
    category: str
    billed: Decimal
    effective: Decimal
    tco: Decimal
    service: Service
    derived: str | None = None
    line: Line | None = None
    description: str = ""
    tags: Mapping[str, str]


def entries(taken: Taken) -> list[Entry]:
    """Return the entries of an invoice in order of its lines, the document's own last."""
    invoice, terms = taken.invoice, taken.shown
    if invoice.faults:
        return []
    head = invoice.head
    lines, left = allocated(_lines(invoice), head.allowances if head else ())
    lines, rest = taxed(lines, head.tax if head else None)
    twice = _repeated(lines)
    found = [entry for line in lines for entry in _of_line(line, invoice, terms, twice)]
    for number, each in enumerate(left, start=1):
        found.append(_own(invoice, terms, f"allowance {number}", each.amount, each.reason))
    if rest:
        found.append(_tax(_own(invoice, terms, "tax", rest, "Tax"), invoice, terms))
    if rounding := _rounding(invoice, found):
        found.append(_own(invoice, terms, "rounding", rounding, "Rounding"))
    if taken.taken_back:
        back = _own(invoice, terms, "prepaid", -taken.taken_back, "Billed before as prepayment")
        found.append(replace(back, effective=ZERO, tco=ZERO))
    return found


def _rounding(invoice: Invoice, found: Sequence[Entry]) -> Decimal:
    """Return what the issuer rounded, and the cent by which lines and totals may differ."""
    if invoice.head is None:
        return ZERO
    billed = sum((entry.billed for entry in found), ZERO)
    return invoice.payable + invoice.head.prepaid - billed


def _lines(invoice: Invoice) -> tuple[Line, ...]:
    """Return its lines; of an invoice without any, one of its total."""
    head = invoice.head
    if invoice.lines or head is None or head.net is None:
        return invoice.lines
    net = head.net - sum((each.amount for each in head.allowances), ZERO)
    return (
        Line(
            row=invoice.rows[0],
            number=invoice.number,
            issued=head.issued,
            currency=head.currency,
            printed=net,
            amount=net,
            tax=ZERO,
            total=None,
            quantity=None,
            unit_price=None,
            service=None,
            is_credit=invoice.kind == "credit_note",
            is_tax=False,
            texts={"description": "Total of an invoice without lines", "line": "total"},
            tags={},
        ),
    )


def _references(line: Line, invoice: Invoice) -> dict[str, str]:
    """Return what the buyer asked to be printed, so that rules can ask for it."""
    reference = invoice.head.buyer_reference if invoice.head else ""
    said = {"buyer_reference": reference, "cost_center": line.texts.get("cost_center", "")}
    return {name: text for name, text in said.items() if text}


def _repeated(lines: Sequence[Line]) -> set[str]:
    """Return ids that several lines have, and that so tell none of them."""
    counts = Counter(line.texts.get("line", "") for line in lines)
    return {name for name, count in counts.items() if count > 1 or not name}


def _of_line(line: Line, invoice: Invoice, terms: Terms, twice: set[str]) -> Iterator[Entry]:
    name, is_prepaid = line.texts.get("line", ""), invoice.kind == "prepayment"
    amount = line.amount + line.allowance
    service = of_issue(line.issued) if is_prepaid else of_line(line, invoice.head, terms)
    entry = Entry(
        id=f"{invoice.number}#{f'row {line.row}' if name in twice else name}",
        row=line.row,
        category="Purchase" if is_prepaid else "Usage",
        billed=amount,
        effective=ZERO if is_prepaid else amount,
        tco=ZERO if is_prepaid else amount,
        service=service,
        line=line,
        description=line.texts.get("description", ""),
        tags={**_references(line, invoice), **line.tags},
    )
    yield _tax(entry, invoice, terms) if line.is_tax else entry
    if line.tax:
        tax = replace(entry, id=f"{entry.id}/tax", billed=line.tax, derived="tax")
        yield _tax(tax, invoice, terms)


def _tax(entry: Entry, invoice: Invoice, terms: Terms) -> Entry:
    """Return an entry as tax: a cost as far as it does not come back.

    The tax of a prepayment is stated again by the final invoice, and is a cost there.
    """
    is_cost = invoice.kind != "prepayment" or terms.wallet
    lost = rounded(entry.billed * terms.lost, finest(entry.billed, invoice.currency))
    return replace(
        entry,
        category="Tax",
        effective=entry.billed if is_cost else ZERO,
        tco=lost if is_cost else ZERO,
    )


def _own(invoice: Invoice, terms: Terms, name: str, amount: Decimal, words: str) -> Entry:
    """Return an entry of the document itself; its tags are those that all lines share."""
    tags = [{*_references(line, invoice).items(), *line.tags.items()} for line in invoice.lines]
    is_prepaid = invoice.kind == "prepayment"
    head = invoice.head
    return Entry(
        id=f"{invoice.number}#{name}",
        row=0,
        category="Adjustment",
        billed=amount,
        effective=ZERO if is_prepaid else amount,
        tco=ZERO if is_prepaid else amount,
        service=of_issue(head.issued) if is_prepaid and head else of_document(invoice, terms),
        derived=name.partition(" ")[0],
        description=words,
        tags=dict(sorted(set.intersection(*tags))) if tags else {},
    )
