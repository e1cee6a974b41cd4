"""One e-invoice as an invoice in normal form: sound, or set aside as a whole with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import localcontext
from typing import Final

import lxml.etree

from ingest.einvoice import cii, code, tax, ubl
from ingest.einvoice.form import Form, Node, TermError
from ingest.einvoice.head import currency, head, issued, number_of
from ingest.einvoice.line import Lines
from ingest.einvoice.total import Printed, faults, printed
from ingest.einvoice.xml import EinvoiceError, Element, parsed
from ingest.invoice.head import Head
from ingest.invoice.invoice import Fault, Invoice
from ingest.invoice.line import Line
from models.money import WIDE
from models.period import Month

MOST: Final = {"lines": 50_000, "allowances": 1_000, "subtotals": 1_000}
FORMS: Final = {ubl.INVOICE: ubl.UBL, ubl.CREDIT_NOTE: ubl.UBL, cii.INVOICE: cii.CII}
ASK: Final = "ask the vendor for UBL 2.1, CII or Factur-X"
# what vendors send beside invoices, by the name of its root
OTHERS: Final = {
    "CrossIndustryDocument": f"is ZUGFeRD 1, which is out of date; {ASK}",
    "SCRDMCCBDACIOMessageStructure": "is an order (Order-X), not an invoice",
    "Order": "is an order (UBL), not an invoice",
    "ApplicationResponse": "is an answer to a message (UBL), not an invoice",
    "DespatchAdvice": "is a despatch advice (UBL), not an invoice",
    "FatturaElettronica": f"is FatturaPA, which is not read; {ASK}",
    "Facturae": f"is Facturae, which is not read; {ASK}",
    "html": f"is a web page, not an invoice; {ASK}",
}


def read(data: bytes, name: str) -> Invoice:
    """Return the invoice of a document; with a fault, none of its lines counts.

    Args:
        data: UBL or CII, told apart by its root.
        name: Of the file, for messages.

    Raises:
        EinvoiceError: when there is no invoice at all: hostile or broken XML, another kind
            of document, or no number, date of issue or currency.
    """
    try:
        with localcontext(prec=WIDE):
            return _invoice(parsed(data))
    except EinvoiceError as error:
        raise error.of(name) from error


def form_of(root: Element) -> Form:
    """Return the form of a document by its root.

    Raises:
        EinvoiceError: when it is none that is read, with what it is.
    """
    found = FORMS.get(root.tag)
    if found is None:
        local = lxml.etree.QName(root).localname
        what = OTHERS.get(local, f"has the root <{local}>, which is no e-invoice; {ASK}")
        raise EinvoiceError(what, root.sourceline or 0)
    return found


def _invoice(root: Element) -> Invoice:
    form = form_of(root)
    node = Node(root, form.head, form.span)
    number, day = number_of(node), issued(node)
    node = replace(node, currency=currency(node))
    for term, most in MOST.items():
        if (count := len(node.found(term))) > most:
            raise EinvoiceError(f"has {count} {term}, more than {most}; split the invoice")
    nodes = list(node.nodes("lines", form.line))
    rows = tuple(range(1, max(len(nodes), 1) + 1))
    bare = Invoice(number, Month.of(day), rows, ())
    try:
        stated = printed(node, form)
        top = head(node, stated, is_credit_root=root.tag == ubl.CREDIT_NOTE)
    except TermError as error:
        return bare.refused(error.reason, error.value, error.term)
    sign = code.sign(top.type_code, credit_root=root.tag == ubl.CREDIT_NOTE)
    return _filled(bare, top, stated, Lines(node, top, sign), nodes)


def _filled(
    bare: Invoice, top: Head, stated: Printed, lines: Lines, nodes: Sequence[Node]
) -> Invoice:
    """Return the invoice with its head, and with its lines or why it is set aside."""
    read, bad = _read(lines, nodes)
    if bad:
        return replace(bare, head=top, faults=tuple(_aside(bare, bad)))
    for column, reason, value in faults(stated, [line.printed for line in read]):
        return replace(bare, head=top).refused(reason, value, column)
    if not read:  # allowances are inside the net total
        top, read = replace(top, allowances=()), [lines.whole(stated)]
    taxes = tax.shared(stated.amount("tax"), stated.subtotals, read)
    return replace(bare, head=top, lines=tuple(map(lines.taxed, read, taxes)))


def _aside(bare: Invoice, bad: Mapping[int, Fault]) -> Iterator[Fault]:
    """Yield a reason for every line of an invoice that has a bad one."""
    beside = f"line {min(bad)} of the same invoice is bad; no part of an invoice is booked"
    for row in bare.rows:
        yield bad.get(row, Fault(row, "number", beside, bare.number))


def _read(lines: Lines, nodes: Sequence[Node]) -> tuple[list[Line], dict[int, Fault]]:
    read, bad = [], {}
    for row, node in enumerate(nodes, start=1):
        try:
            read.append(lines.line(row, node))
        except TermError as error:
            bad[row] = Fault(row, error.term, error.reason, error.value)
    return read, bad
