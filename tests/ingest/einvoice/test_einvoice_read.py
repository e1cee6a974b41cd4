"""An e-invoice becomes the same invoice whatever its syntax, and each figure where it belongs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ingest.einvoice.document import MOST, read
from ingest.einvoice.xml import EinvoiceError
from ingest.invoice.invoice import Invoice
from models.period import Month

D = Decimal
RICH: Any = {
    "extras": (("-40.00", "S", "19"), ("10.00", "S", "7")),
    "prepaid": "100.00",
    "rounding": "0.01",
    "days": ("2026-01-20", "2026-03-10"),
}


@pytest.fixture
def rich(sketch: Any, item: Any) -> Any:
    days = ("2026-02-01", "2026-02-28")
    items = (item("4500.00", quantity="150", unit="HUR", price="30.00", days=days),)
    return sketch(items=(*items, item("540.00", rate="7", unit="XXX")), **RICH)


def test_each_term_of_the_head_is_read(rich: Any, drawn: Any, syntax: Any) -> None:
    head = read(drawn(rich, syntax), "a.xml").head

    assert head
    assert (head.number, head.kind, head.type_code) == ("INV-1", "invoice", "380")
    assert (head.issuer, head.issuer_ids) == (
        "Acme Labels",
        ("vat:DE123456789", "0088:7300010000001"),
    )
    assert (head.issued, head.currency) == (date(2026, 3, 12), "EUR")
    assert (head.net, head.tax, head.gross) == (D("5010.00"), D("885.90"), D("5895.90"))
    assert (head.prepaid, head.rounding, head.payable) == (D(100), D("0.01"), D("5795.91"))
    assert (head.purchase_order, head.buyer_reference) == ("PO-1", "REF")
    assert head.service == (date(2026, 1, 20), date(2026, 3, 10))
    assert [(a.amount, a.reason, a.tax_category, a.tax_rate) for a in head.allowances] == [
        (D("-40.00"), "volume", "S", D(19)),
        (D("10.00"), "volume", "S", D(7)),
    ]


def test_each_term_of_a_line_is_read(rich: Any, drawn: Any, syntax: Any) -> None:
    invoice = read(drawn(rich, syntax), "a.xml")

    first, second = invoice.lines
    assert (invoice.period, invoice.rows, invoice.faults) == (Month(2026, 3), (1, 2), ())
    assert (first.row, first.amount, first.printed) == (1, D("4500.00"), D("4500.00"))
    assert (first.quantity, first.unit_price, first.price_base) == (D(150), D("30.00"), D(1))
    assert (first.tax_category, first.tax_rate) == ("S", D(19))
    assert (first.service, second.service) == ((date(2026, 2, 1), date(2026, 2, 28)), None)
    assert first.texts == {
        "line": "1",
        "description": "Labels: by hand",
        "unit": "hours",
        "unit_code": "HUR",
        "purchase_order": "PO-1",
        "purchase_order_line": "10",
        "sku": "SKU-1",
        "cost_center": "FT-1",
    }
    assert first.tags == {"project": "ft-1"}
    assert (second.texts["unit"], second.texts["unit_code"]) == ("XXX", "XXX")


def test_both_syntaxes_give_one_invoice(rich: Any, drawn: Any) -> None:
    ubl, cii = (read(drawn(rich, syntax), "a.xml") for syntax in ("ubl", "cii"))

    assert ubl == cii


CREDITS = ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"]
GOLD = {
    **dict.fromkeys(CREDITS, ("credit_note", -1)),
    "503": ("prepayment", -1),
    **dict.fromkeys(("384", "471", "472", "473"), ("corrective", 1)),
    **dict.fromkeys(("389", "501", "527"), ("self_billed", 1)),
    **dict.fromkeys(("386", "500"), ("prepayment", 1)),
    "325": ("proforma", 1),
    **dict.fromkeys(("380", "326", "380", "393", "875", "82", ""), ("invoice", 1)),
}


@pytest.mark.failure("H04")
@pytest.mark.parametrize(("code", "kind", "sign"), [(code, *gold) for code, gold in GOLD.items()])
def test_the_type_decides_kind_and_sign(
    sketch: Any, drawn: Any, syntax: Any, code: str, kind: str, sign: int
) -> None:
    invoice = read(drawn(sketch(code=code), syntax), "a.xml")

    assert invoice.head
    assert (invoice.kind, invoice.head.net) == (kind, sign * D("1000.00"))
    assert (invoice.head.payable, invoice.head.tax) == (sign * D("1190.00"), sign * D("190.00"))
    (line,) = invoice.lines
    assert (line.amount, line.tax, line.quantity) == (sign * D(1000), sign * D(190), sign * D(1))
    assert (line.printed, line.is_credit) == (D(1000), sign < 0)


@pytest.mark.failure("H04")
@pytest.mark.parametrize("code", ["381", "380", ""])
def test_the_root_of_a_credit_note_decides_whatever_its_type(
    sketch: Any, drawn: Any, code: str
) -> None:
    invoice = read(drawn(sketch(code=code, is_credit_note=True), "ubl"), "a.xml")

    assert (invoice.kind, invoice.lines[0].amount) == ("credit_note", D(-1000))


@pytest.mark.failure("H04")
def test_a_credit_note_costs_what_the_same_correction_as_a_negative_invoice_does(
    sketch: Any, item: Any, drawn: Any, syntax: Any, oracle: Any
) -> None:
    said = oracle("credit_sign")
    lines = (item("1400.00", rate="25"), item("-75.00", rate="25"))
    turned = (item("-1400.00", rate="25"), item("75.00", rate="25"))

    note = read(drawn(sketch(items=lines, code="381"), syntax), "a.xml")
    negative = read(drawn(sketch(items=turned, code="384"), syntax), "a.xml")

    assert cost(note) == cost(negative)
    assert str(note.net) == said["peppol_creditnote_cost_net"]
    assert str(negative.net) == said["peppol_negative_invoice_cost_net"]
    assert str(note.gross) == str(negative.gross) == said["gross"]


def test_an_allowance_of_a_credit_note_adds_to_the_cost(
    sketch: Any, drawn: Any, syntax: Any
) -> None:
    extras = (("-40.00", "S", "19"),)
    head = read(drawn(sketch(code="381", extras=extras, prepaid="5"), syntax), "a.xml").head

    assert head
    assert ([a.amount for a in head.allowances], head.net) == ([D(40)], D(-960))
    assert head.prepaid == -5


def cost(invoice: Invoice) -> list[tuple[Decimal, Decimal]]:
    return [(line.amount, line.tax) for line in invoice.lines]


FILES = (
    *("lab_invoice_hours", "lab_creditnote_rework"),
    *("lab_negative_invoice", "lab_dup_conflict"),
)


@pytest.mark.parametrize("name", [f"{name}.ubl.xml" for name in FILES])
def test_a_synthetic_invoice_has_the_figures_worked_out_for_it(oracle: Any, name: str) -> None:
    said = oracle("invoices/expected")[name]
    invoice = read(oracle.bytes(f"invoices/{name}"), name)

    assert not invoice.faults
    sign = -1 if invoice.kind == "credit_note" else 1
    figures = {"net": invoice.net, "tax": invoice.tax, "gross": invoice.gross}
    assert {name: str(sign * amount) for name, amount in figures.items()} == said
    assert sum(line.tax for line in invoice.lines) == invoice.tax


def test_what_surrounds_a_price_is_read(oracle: Any) -> None:
    invoice = read(oracle.bytes("invoices/lab_invoice_hours.ubl.xml"), "a.xml")

    _, second = invoice.lines
    assert (second.unit_price, second.price_base, second.quantity) == (D(45), D(1000), D(12000))
    assert second.texts["cost_center"] == "FT-001/qa"
    assert second.texts["description"] == "QA review, per 1000 items"
    assert invoice.head
    assert invoice.head.payment_terms == "30 days net"
    assert invoice.head.due == date(2026, 4, 11)


def test_a_credit_note_names_the_invoice_that_it_corrects(oracle: Any) -> None:
    invoice = read(oracle.bytes("invoices/lab_creditnote_rework.ubl.xml"), "a.xml")

    assert invoice.head
    assert invoice.head.preceding == ("LAB-2026-0312",)


def test_tax_told_in_a_second_currency_is_not_taken(sketch: Any, drawn: Any, syntax: Any) -> None:
    invoice = read(drawn(sketch(tax_currency="SEK"), syntax), "a.xml")

    assert not invoice.faults
    assert (invoice.currency, invoice.tax, invoice.lines[0].tax) == ("EUR", D(190), D(190))


@pytest.mark.parametrize("status", ["GROUP", "INFORMATION"])
def test_a_line_that_tells_of_others_does_not_count(
    sketch: Any, item: Any, drawn: Any, status: str
) -> None:
    said = f"<ram:LineStatusReasonCode>{status}</ram:LineStatusReasonCode>"
    both = sketch(items=(item("1000.00", more=said), item("600.00"), item("400.00")))
    stated = sketch(items=(item("1000.00"),)).totals
    data = drawn(replace(both, stated={**stated, "subtotal 0": "190.00"}), "cii")

    invoice = read(data, "a.xml")

    assert [line.amount for line in invoice.lines] == [600, 400]
    assert not invoice.faults


def test_a_line_inside_a_line_is_part_of_it(sketch: Any, item: Any, drawn: Any) -> None:
    inner = (
        '<cac:SubInvoiceLine><cbc:ID>1.1</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">'
        "400.00</cbc:LineExtensionAmount></cac:SubInvoiceLine>"
    )
    invoice = read(drawn(sketch(items=(item("1000.00", more=inner),)), "ubl"), "a.xml")

    assert [line.amount for line in invoice.lines] == [1000]


def test_an_invoice_without_lines_is_one_line_of_its_net_total(
    sketch: Any, drawn: Any, syntax: Any
) -> None:
    full = sketch(extras=(("-40.00", "S", "19"),))
    data = drawn(replace(full, items=(), stated={**full.totals, "subtotal 0": "182.40"}), syntax)

    invoice = read(data, "a.xml")

    (line,) = invoice.lines
    assert (line.amount, line.tax, line.row, invoice.rows) == (D(960), D("182.40"), 1, (1,))
    assert (line.tax_category, line.tax_rate) == ("S", D(19))
    assert line.texts["description"] == "whole invoice; it states no lines"
    assert invoice.head
    assert invoice.head.allowances == ()  # they are inside the net total


@pytest.mark.parametrize(
    ("days", "service"),
    [
        (("610:202601", "610:202602"), (date(2026, 1, 1), date(2026, 2, 28))),
        (("616:202601", "616:202602"), (date(2025, 12, 29), date(2026, 1, 11))),
        (("2026-01-05", ""), None),
        (("", "2026-01-05"), None),
    ],
)
def test_a_month_or_a_week_means_all_of_its_days(
    sketch: Any, drawn: Any, days: tuple[str, str], service: object
) -> None:
    head = read(drawn(sketch(days=days), "cii"), "a.xml").head

    assert head
    assert head.service == service


def test_a_day_of_ubl_may_carry_a_zone(sketch: Any, drawn: Any) -> None:
    assert read(drawn(sketch(issued="2026-03-31+02:00"), "ubl"), "a").period == Month(2026, 3)


def test_attachments_are_counted_by_name_and_never_opened(sketch: Any, drawn: Any) -> None:
    files = "".join(
        f"<cac:AdditionalDocumentReference><cbc:ID>{n}</cbc:ID><cac:Attachment>"
        f"<cbc:EmbeddedDocumentBinaryObject{name}>not base64!</cbc:EmbeddedDocumentBinaryObject>"
        "</cac:Attachment></cac:AdditionalDocumentReference>"
        for n, name in ((1, ' filename="hours.csv"'), (2, ""))
    )
    data = drawn(sketch(), "ubl").replace(b"<cac:TaxTotal>", files.encode() + b"<cac:TaxTotal>", 1)

    head = read(data, "a.xml").head

    assert head
    assert head.attachments == ("hours.csv", "attachment 2")


ASK = "ask the vendor for UBL 2.1, CII or Factur-X"
ZUGFERD = '<a:CrossIndustryDocument xmlns:a="urn:ferd:CrossIndustryDocument:invoice:1p0"/>'


@pytest.mark.parametrize(
    ("root", "said"),
    [
        (ZUGFERD, f"is ZUGFeRD 1, which is out of date; {ASK}"),
        ('<a:SCRDMCCBDACIOMessageStructure xmlns:a="x"/>', "is an order (Order-X), not an invoice"),
        ('<Order xmlns="x"/>', "is an order (UBL), not an invoice"),
        ("<ApplicationResponse/>", "is an answer to a message (UBL), not an invoice"),
        ("<DespatchAdvice/>", "is a despatch advice (UBL), not an invoice"),
        ("<FatturaElettronica/>", f"is FatturaPA, which is not read; {ASK}"),
        ("<Facturae/>", f"is Facturae, which is not read; {ASK}"),
        ("<html/>", f"is a web page, not an invoice; {ASK}"),
        ("<Invoice/>", f"has the root <Invoice>, which is no e-invoice; {ASK}"),
    ],
)
def test_what_is_no_e_invoice_is_named(root: str, said: str) -> None:
    with pytest.raises(EinvoiceError) as caught:
        read(root.encode(), "mail/a.xml")

    assert str(caught.value) == f"mail/a.xml:1: {said}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": ""}, "states no number; without one it is no invoice"),
        ({"number": "9" * 201}, f"number '{'9' * 20}'... has more than 200 characters"),
        ({"issued": ""}, "states no date of issue; without one it is no invoice"),
        ({"issued": "soon"}, "issued: 'soon' is not a date (line 1 of the file)"),
        ({"currency": ""}, "states no currency; without one it is no invoice"),
        ({"currency": "Euro"}, "currency 'Euro' is not an ISO 4217 code"),
    ],
)
def test_without_identity_there_is_no_invoice(
    sketch: Any, drawn: Any, syntax: Any, change: Any, said: str
) -> None:
    with pytest.raises(EinvoiceError) as caught:
        read(drawn(sketch(**change), syntax), "a.xml")

    assert str(caught.value) == f"a.xml: {said}"


def test_a_month_is_no_day_of_issue(sketch: Any, drawn: Any) -> None:
    with pytest.raises(EinvoiceError, match="date of issue '202603' is not a day"):
        read(drawn(sketch(issued="610:202603"), "cii"), "a.xml")


@pytest.mark.parametrize("term", ["lines", "allowances", "subtotals"])
def test_too_many_parts_are_refused(
    sketch: Any, item: Any, drawn: Any, monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setitem(MOST, term, 1)
    extras = (("1", "S", "19"), ("-1", "S", "7"))

    with pytest.raises(EinvoiceError, match=f"has 2 {term}, more than 1; split the invoice"):
        read(drawn(sketch(items=(item("1"), item("2")), extras=extras), "ubl"), "a.xml")


def test_an_invoice_of_totals_alone_says_nothing_of_what_was_paid_before(
    sketch: Any, drawn: Any
) -> None:
    stated = dict.fromkeys(("lines_net", "prepaid", "rounding"), "")
    stated |= {"net": "100.00", "tax": "19.00", "gross": "119.00", "payable": "19.00"}

    invoice = read(drawn(sketch(items=(), stated=stated), "cii"), "a.xml")

    assert not invoice.faults
    assert [(line.amount, line.tax) for line in invoice.lines] == [(D(100), D(19))]
