"""Documents of vendors through the real source: what counts, what does not, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.einvoice import control
from ingest.einvoice.control import SecondReaderError
from ingest.load import delivery_id, load_delivery
from ingest.source import Known
from ingest.sources.invoice_document import InvoiceDocuments, Settings
from models.errors import AbsentError, BrokenError
from models.period import Month

HOURS, CREDIT, NEGATIVE, CLASH = (
    *("lab_invoice_hours.ubl.xml", "lab_creditnote_rework.ubl.xml"),
    *("lab_negative_invoice.ubl.xml", "lab_dup_conflict.ubl.xml"),
)
Oracle = Callable[[str], Any]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def months(figures: dict[str, str]) -> dict[str, Decimal]:
    return {month: Decimal(cost) for month, cost in figures.items()}


@pytest.mark.failure("H04")
@pytest.mark.parametrize("correction", [CREDIT, NEGATIVE])
def test_an_invoice_and_its_correction_cost_what_the_oracle_says(
    desk: Any, oracle: Oracle, correction: str
) -> None:
    expected = oracle("invoice_to_months")
    desk.put("a.xml", oracle(HOURS))
    assert desk.costs() == months(expected["accrual"])

    desk.put("b.xml", oracle(correction))

    assert desk.costs() == months(expected["after_credit_note"])


def test_a_stripe_invoice_of_a_month_costs_in_that_month(desk: Any, oracle: Oracle) -> None:
    desk.put("s.json", oracle("stripe_invoice.json"))

    assert desk.costs() == {"2026-02": Decimal("2450.00")}
    assert desk.statuses() == [("ACME-0042", "counted")]


def test_a_stripe_invoice_is_of_the_days_of_the_zone_of_its_place(
    desk: Any, oracle: Oracle
) -> None:
    desk.settings = {"zone": "America/New_York"}
    desk.put("s.json", oracle("stripe_invoice.json"))

    assert list(desk.costs()) == ["2026-01", "2026-02"]


@pytest.mark.failure("H02")
def test_one_number_with_other_bytes_counts_nowhere_until_a_person_decides(
    desk: Any, oracle: Oracle
) -> None:
    desk.put("a.xml", oracle(HOURS))
    desk.put("b.xml", oracle(CLASH))
    assert desk.costs() == {}
    assert desk.statuses() == [("LAB-2026-0312", "conflict")] * 2

    desk.decide(act="supersede", document=sha(oracle(HOURS)), supersedes=sha(oracle(CLASH)))

    assert desk.costs() == months(oracle("invoice_to_months")["accrual"])
    assert sorted(status for _, status in desk.statuses()) == ["counted", "superseded"]
    assert "asked the vendor (Ann)" in desk.notes()[0]


@pytest.mark.failure("H01")
def test_the_same_document_twice_changes_nothing(desk: Any, oracle: Oracle) -> None:
    desk.put("b.xml", oracle(HOURS))
    (before,) = desk.deliveries()
    desk.put("c.xml", oracle(HOURS))

    (after,) = desk.deliveries()

    assert delivery_id(after) == delivery_id(before)
    assert after.documents[0].name == "b.xml = c.xml"
    assert desk.found(known={after.period: after.manifest.sha256}) == []


@pytest.mark.failure("H01")
def test_two_forms_of_one_invoice_count_once(desk: Any, oracle: Oracle) -> None:
    data = oracle(HOURS)
    desk.put("a.xml", data)
    desk.put("b.xml", data.replace(b"30 days net", b"thirty days"))

    assert desk.costs() == months(oracle("invoice_to_months")["accrual"])
    assert sorted(status for _, status in desk.statuses()) == ["counted", "duplicate"]


@pytest.mark.failure("H01")
def test_a_pdf_that_holds_two_invoices_is_refused_and_one_in_two_forms_is_read(
    desk: Any, oracle: Oracle, hybrid: Callable[..., bytes]
) -> None:
    whole = oracle(HOURS)
    both = {"factur-x.xml": whole, "second.xml": whole, "order-x.xml": b"<Order/>"}
    desk.put("a.pdf", hybrid(both))
    assert desk.statuses() == [("LAB-2026-0312", "counted")]

    desk.put("a.pdf", hybrid({**both, "second.xml": whole.replace(b"-0312<", b"-0313<")}))

    (said,) = desk.errors()
    told = "holds several e-invoices, LAB-2026-0312, LAB-2026-0313; deliver each by itself; or"
    assert said.startswith(f"labels: a.pdf: {told} `trueup")


@pytest.mark.failure("H02")
def test_a_number_that_is_superseded_is_not_the_credit_note_of_that_number(
    desk: Any, oracle: Oracle
) -> None:
    again = oracle(HOURS).replace(b"-0312<", b"-0399<")
    desk.put("a.xml", oracle(HOURS))
    desk.put("b.xml", again)
    desk.put("c.xml", oracle(CREDIT).replace(b"LAB-CN-0007", b"LAB-2026-0312"))

    desk.decide(
        act="supersede", document=sha(again), number="LAB-2026-0399", supersedes="LAB-2026-0312"
    )

    assert desk.statuses() == [
        ("LAB-2026-0312", "counted"),
        ("LAB-2026-0312", "superseded"),
        ("LAB-2026-0399", "counted"),
    ]
    assert sum(desk.costs().values()) == 4700


def test_a_month_that_is_gone_is_told_after_settings_have_changed_too(
    desk: Any, oracle: Oracle
) -> None:
    path = desk.put("a.xml", oracle(HOURS))
    (delivery,) = desk.deliveries()
    desk.put("s.json", oracle("stripe_invoice.json").replace(b"1772496000", b"1770000000"))
    path.unlink()

    found = desk.found(known=Known({}, {delivery.period: delivery.manifest.sha256}))

    assert str(found[1]) == "labels: inbox: holds no invoice of 2026-03"


@pytest.mark.failure("H15")
def test_an_unknown_supplier_is_set_aside_with_the_line_to_add(desk: Any, oracle: Oracle) -> None:
    desk.put("a.xml", oracle(HOURS).replace(b"DE123456789", b"DE999999999"))

    assert (desk.costs(), desk.statuses()) == ({}, [("LAB-2026-0312", "unknown_issuer")])
    assert desk.notes() == [
        (
            "is from Example Annotators GmbH, whom `vendors` of the source does not know: its name "
            "is Example Annotators GmbH's or looks like it, its ids are not; ask Example "
            "Annotators GmbH; "
            'if it is right, add `example-annotators-gmbh: {ids: ["0088:7300010000001", '
            '"vat:DE999999999"], service: Data labeling}`'
        )
    ]
    assert desk.problems()[0].startswith("labels: a.xml:1:number: 'LAB-2026-0312': is from Example")


@pytest.mark.failure("H15")
@pytest.mark.parametrize("name", ["Example Annotat0rs GmbH", "Ехаmple Annotators GmbH"])  # noqa: RUF001 - these are meant
def test_a_supplier_that_looks_like_another_is_named(desk: Any, oracle: Oracle, name: str) -> None:
    data = oracle(HOURS).replace(b"DE123456789", b"DE1").replace(b"Example Annotators", b"%NAME%")
    desk.put("a.xml", data.replace(b"%NAME% GmbH", name.encode()))

    assert "looks like it, its ids are not; ask Example Annotators GmbH" in desk.notes()[0]


def test_a_supplier_of_another_name_is_no_fraud(desk: Any, oracle: Oracle) -> None:
    data = oracle(HOURS).replace(b"DE123456789", b"DE1")
    desk.put("a.xml", data.replace(b"Example Annotators GmbH", b"Somebody Ltd"))

    (note,) = desk.notes()
    assert note.startswith("is from Somebody Ltd, whom `vendors` of the source does not know; if")


def test_an_invoice_in_a_currency_that_its_vendor_does_not_use_is_set_aside(
    desk: Any, oracle: Oracle
) -> None:
    vendors = {"annotators": {"ids": ["vat:DE123456789"], "service": "x", "currency": "USD"}}
    desk.settings = {"vendors": vendors}
    desk.put("a.xml", oracle(HOURS))

    assert desk.statuses() == [("LAB-2026-0312", "rejected")]
    assert desk.notes() == ["is not what annotators invoices in, USD; see `vendors` of the source"]


@pytest.mark.failure("H05")
@pytest.mark.parametrize(
    ("printed", "bad"),
    [
        ('<cbc:PayableAmount currencyID="EUR">5950', '<cbc:PayableAmount currencyID="EUR">5,950'),
        ('<cbc:Amount currencyID="EUR">40', '<cbc:Amount currencyID="USD">40'),
        ('LineExtensionAmount currencyID="EUR">4500', 'LineExtensionAmount currencyID="EUR">4,500'),
    ],
)
def test_a_figure_that_no_reader_can_read_sets_its_invoice_aside_and_no_other(
    desk: Any, oracle: Oracle, printed: str, bad: str
) -> None:
    whole = oracle(HOURS).decode()
    assert printed in whole
    desk.put("a.xml", whole.replace(printed, bad))
    desk.put("b.xml", oracle(CREDIT))

    assert desk.statuses() == [("LAB-2026-0312", "rejected"), ("LAB-CN-0007", "counted")]


def test_what_the_second_reader_cannot_read_is_refused_in_words(
    desk: Any, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("a.xml", oracle(HOURS))
    (delivery,) = desk.deliveries()

    def totals(_: bytes) -> None:
        raise SecondReaderError("is not readable")

    monkeypatch.setattr(control, "totals", totals)
    with pytest.raises(BrokenError) as error:
        load_delivery(desk.source, delivery, desk.archive, desk.lake)
    assert str(error.value) == "labels: a.xml: is not readable (by the second reader)"


def test_the_order_of_a_vendor_is_that_of_invoices_without_one(desk: Any, oracle: Oracle) -> None:
    vendors = {"annotators": {"ids": ["vat:DE123456789"], "service": "x", "purchase_order": "PO-9"}}
    desk.settings = {"vendors": vendors}
    bare = oracle(HOURS).replace(b"<cac:OrderReference><cbc:ID>PO-LABEL-001</cbc:ID>", b"")
    desk.put("a.xml", bare.replace(b"</cac:OrderReference>", b""))

    (frame,) = desk.tables("invoice_headers")
    assert frame["purchase_order_number"].to_list() == ["PO-9"]


@pytest.mark.parametrize(
    ("name", "data", "detail"),
    [
        ("a.xml", b"", "is empty (0 bytes); deliver it again"),
        ("a.xml", b"hello", "is none of UBL, CII, PDF and Stripe's JSON; take it out of there"),
        ("a.xml", b"<a/>", ("has the root <a>, which is no e-invoice; ask the vendor for UBL 2.1, "
         "CII or Factur-X")),
        ("a.json", b"{}", "is no invoice and no credit note of Stripe; take it out of there"),
    ],
)  # fmt: skip
def test_a_document_that_is_none_stops_the_place_until_a_person_rejects_it(
    desk: Any, oracle: Oracle, name: str, data: bytes, detail: str
) -> None:
    desk.put(name, data)
    desk.put("z.xml", oracle(HOURS))
    way = f"or `trueup invoice confirm {sha(data)[:12]} --reject`"
    assert desk.errors() == [f"labels: {name}: {detail}; {way}"]

    desk.decide(act="reject", document=sha(data), reason="terms of business")

    assert desk.costs() == months(oracle("invoice_to_months")["accrual"])
    assert "was rejected by Ann: terms of business" in desk.notes()


def test_a_document_that_a_person_rejected_never_counts_and_asks_for_nobody(
    desk: Any, oracle: Oracle
) -> None:
    desk.put("a.xml", oracle(HOURS))
    desk.decide(act="reject", document=sha(oracle(HOURS)))

    assert desk.costs() == {}
    assert desk.statuses() == [("LAB-2026-0312", "superseded")]
    assert [d.rejected_rows for load in desk.loads() for d in load.documents] == [0, 0]


@pytest.mark.parametrize(("day", "due"), [(None, None), (5, datetime(2026, 4, 6, tzinfo=UTC))])
def test_a_month_is_expected_by_the_end_of_the_day_that_is_named(
    tmp_path: Path, day: int | None, due: datetime | None
) -> None:
    given = {"kind": "invoice_document", "folder": "in", "expected_by_day": day}
    source = InvoiceDocuments("vendors", Settings.model_validate(given), tmp_path)

    assert source.due(Month(2026, 3)) == due


def test_a_voided_invoice_takes_the_place_of_what_it_was(desk: Any, oracle: Oracle) -> None:
    data = oracle("stripe_invoice.json")
    desk.put("a.json", data)
    desk.put("b.json", data.replace(b'"open"', b'"void"'))

    assert desk.costs() == {}
    assert desk.statuses() == [("ACME-0042", "superseded")] * 2
    assert desk.notes() == ["is superseded by its void in b.json"] * 2
    assert [d.rejected_rows for load in desk.loads() for d in load.documents] == [0, 0]


def test_a_month_whose_documents_were_taken_away_is_told_to_be_absent(
    desk: Any, oracle: Oracle
) -> None:
    path = desk.put("a.xml", oracle(HOURS))
    desk.put("n.json", oracle("stripe_invoice.json").replace(b"1772496000", b"1775001600"))
    known = {each.period: each.manifest.sha256 for each in desk.deliveries()}
    path.unlink()

    (error,) = desk.found(known=known)

    assert isinstance(error, AbsentError)
    assert (error.period, error.detail) == ("2026-03", "holds no invoice of 2026-03")


def test_only_months_that_are_asked_for_are_delivered(desk: Any, oracle: Oracle) -> None:
    desk.put("a.xml", oracle(HOURS))

    assert desk.found([]) == []
    assert desk.found([Month(2026, 2)]) == []


def test_the_folder_is_probed_without_reading_it(desk: Any) -> None:
    (nothing,) = desk.source.probe([], None)
    assert (nothing.check, nothing.state) == ("delivery", "warn")
    desk.put("a.xml", b"?")
    assert [(each.check, each.detail) for each in desk.source.probe([], None)] == [
        ("list", "allowed"),
        ("delivery", "1 files"),
    ]
    assert list(desk.source.grants()) == []


@pytest.mark.parametrize(
    ("vendors", "detail"),
    [
        ({"a": {"service": "x"}}, "a vendor needs `ids`, such as vat:DE123456789, or `unnamed"),
        (
            {
                "a": {"ids": ["vat:D E-1"], "service": "x"},
                "b": {"ids": ["VAT:de1"], "service": "x"},
            },
            "vat:de1 is an id of two vendors; one of them is wrong",
        ),
        (
            {"a": {"unnamed": True, "service": "x"}, "b": {"unnamed": True, "service": "x"}},
            "`unnamed` can be true of one vendor only",
        ),
        (
            {
                "a": {"ids": ["vat:1"], "service": "x"},
                "b": {"ids": ["vat:2"], "service": "x", "issuer": "a"},
            },
            "a is the issuer of two vendors; give them one entry",
        ),
    ],
)
def test_vendors_that_cannot_be_told_apart_are_refused(
    desk: Any, vendors: Any, detail: str
) -> None:
    desk.settings = {"vendors": vendors}

    with pytest.raises(ValueError, match=detail.replace("(", r"\(")):
        _ = desk.source
