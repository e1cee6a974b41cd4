"""What is shown of one invoice: details, words, and what a second reader must find."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.invoice.decision import Decision
from ingest.invoice.entry import entries
from ingest.invoice.printable import MOST, printable
from ingest.invoice.taken import taken
from ingest.invoice.terms import Terms
from models.errors import BrokenError
from models.period import Month

AMOUNT = st.decimals(-(10**9), 10**9, places=2)
HEADER = (date(2026, 2, 1), date(2026, 2, 28))


def test_charges_and_details_are_in_the_currency_of_their_invoice(
    inbox: Any, line: Any, invoice: Any
) -> None:
    yen = line("100", days="2026-02-01 2026-03-10")
    inbox.put("a", invoice("R-1", yen, currency="JPY"), invoice("R-2", line("7.50")))

    charges = inbox.table().sort("invoice_id", "charge_period_start")

    shown = [f"{cost.normalize():f} {code}" for cost, code in
             charges.select("billed_cost", "billing_currency").rows()]  # fmt: skip
    assert shown == ["74 JPY", "26 JPY", "7.5 EUR"]
    details = inbox.table("invoice_details")
    assert set(details["payment_currency"]) == {"JPY", "EUR"}


def test_an_invoice_without_lines_is_one_line_of_its_total(inbox: Any, invoice: Any) -> None:
    inbox.put("a", replace(invoice("R-1", tax=19), lines=()))

    charges = inbox.table()

    assert [f"{cost:.2f}" for cost in charges["billed_cost"]] == ["100.00", "19.00"]
    assert charges["x_invoice_detail_id"].to_list() == ["R-1#total", "R-1#total/tax"]


def test_every_detail_has_an_id_of_its_own_and_charges_say_which_is_theirs(
    inbox: Any, line: Any, invoice: Any
) -> None:
    first = line("60", 1, days="2026-02-01 2026-03-10")
    same = line("40", 2, texts={"line": "1"})
    inbox.put("a", invoice("R-1", first, same, tax=19, rounding=Decimal("0.50")))

    details = inbox.table("invoice_details")

    ids = ["R-1#row 1", "R-1#row 1/tax", "R-1#row 2", "R-1#row 2/tax", "R-1#rounding"]
    assert details["invoice_detail_id"].to_list() == ids
    charges = inbox.table().group_by("x_invoice_detail_id").agg(pl.col("billed_cost").sum())
    assert dict(charges.rows()) == dict(details.select("invoice_detail_id", "billed_cost").rows())


def test_headers_and_details_say_what_was_printed(inbox: Any, line: Any, invoice: Any) -> None:
    texts = {"description": "Review", "sku": "QA-1", "unit": "items", "purchase_order_line": "2"}
    work = line("45", quantity=1000, unit_price=45, price_base=1000, texts=texts,
                days="2026-03-01 2026-03-10")  # fmt: skip
    said = invoice("C-1", work, due=date(2026, 4, 11), purchase_order="PO-1", tax=Decimal("8.55"),
                   payment_terms="30 days", buyer_reference="FT-001", preceding=("R-0",),
                   kind="corrective", service=HEADER)  # fmt: skip
    inbox.put("a", said)

    header = inbox.table("invoice_headers").row(0, named=True)
    detail, tax = inbox.table("invoice_details").rows(named=True)

    assert {name: str(header[name]) for name in (
        "kind", "status", "invoice_issue_date", "payment_due_date", "net", "gross", "payable",
        "service_start", "purchase_order_number", "buyer_reference", "reference_invoice_id",
    )} == {
        "kind": "corrective", "status": "counted", "invoice_issue_date": "2026-03-12",
        "payment_due_date": "2026-04-11", "net": "45.000000000000000000",
        "gross": "53.550000000000000000", "payable": "53.550000000000000000",
        "service_start": "2026-02-01", "purchase_order_number": "PO-1",
        "buyer_reference": "FT-001", "reference_invoice_id": "R-0",
    }  # fmt: skip
    assert detail["invoice_detail_grain"] == {
        "quantity": "1000", "sku": "QA-1", "unit": "items", "unit_price": "0.045",
    }  # fmt: skip
    assert (detail["x_quantity"], detail["x_unit_price"]) == (1000, Decimal("0.045"))
    assert (detail["purchase_order_number"], detail["x_purchase_order_line"]) == ("PO-1", "2")
    assert (detail["reference_invoice_id"], detail["payment_terms"]) == ("R-0", "30 days")
    assert (detail["x_service_start"], detail["x_service_end"]) == (
        date(2026, 3, 1), date(2026, 3, 10),
    )  # fmt: skip
    assert detail["billing_period_start"] == Month(2026, 3).start
    assert (tax["charge_category"], tax["billed_cost"], tax["x_quantity"]) == (
        "Tax", Decimal("8.55"), None,
    )  # fmt: skip


@pytest.mark.failure("H16")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x07c\r\nd\te", "a b c d e"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("x\ud800y", "xy"),
        ("Größe 日本 €", "Größe 日本 €"),
        (" \u2028 ", ""),
    ],
)
def test_text_is_shown_without_signs_that_nobody_sees(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.failure("H16")
@given(
    st.text(st.sampled_from("aé 日\n\x00\x1b\u202e\ud800\u2028"), max_size=40), st.integers(1, 50)
)
def test_shown_text_is_short_and_stays_as_it_is(text: str, most: int) -> None:
    shown = printable(text, most)

    assert len(shown) <= most
    assert printable(shown, most) == shown
    assert shown.isprintable()


@pytest.mark.failure("H16")
def test_an_invoice_of_hostile_words_is_loaded_with_words_one_can_read(
    inbox: Any, line: Any, invoice: Any
) -> None:
    texts = {"description": "\x1b[31mLabels\x00" + "y" * 50_000, "unit": "h\x00urs", "sku": "\x01"}
    work = line(texts=texts, tags={"project": "a\x00b"}, quantity=1)
    sha = inbox.put("a", invoice("R-1\x07", work, purchase_order="PO\n1"))

    (load,) = inbox.loads()

    charges = pl.read_parquet(inbox.lake.path("charges", load.documents[0].charges), glob=False)
    charge = charges.row(0, named=True)
    assert charge["charge_description"].startswith("[31mLabels yyy")
    assert len(charge["charge_description"]) == MOST
    assert (charge["invoice_id"], charge["x_purchase_order"]) == ("R-1", "PO 1")
    assert (charge["consumed_unit"], charge["sku_id"], charge["tags"]) == (
        "h urs", None, {"project": "a b"},
    )  # fmt: skip
    assert b"y" * 50_000 in inbox.archive.path(sha).read_bytes()


@pytest.mark.failure("H16")
def test_what_a_person_is_told_has_no_hostile_words_either(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1\x1b[2J"), invoice("C\x07-1", line("-3"), kind="credit_note"))
    inbox.put("b", invoice("R-1\x1b[2J", line("7"), issuer="No\x00body" + "!" * 9_000))

    conversions = [found for _, found in inbox.converted()]

    told = [words for found in conversions for _, words in found.notes]
    told += [words for found in conversions for words in found.rejected["reason"]]
    assert any("No body" in words for words in told)
    assert all(words.isprintable() and len(words) <= MOST for words in told)


@pytest.mark.failure("C05")
@settings(max_examples=10)
@given(st.lists(st.tuples(AMOUNT, st.integers(0, 100)), min_size=1, max_size=4), AMOUNT)
def test_an_invoice_is_billed_to_the_last_digit(
    line: Any, invoice: Any, lines: list[tuple[Decimal, int]], tax: Decimal
) -> None:
    own = [line(net, row, tax_rate=19) for row, (net, _) in enumerate(lines, start=1)]
    found = taken(invoice("R-1", *own, tax=tax), Terms(issuer="A", service="S"), Decision())

    billed = sum((Fraction(entry.billed) for entry in entries(found)), Fraction(0))

    assert billed == Fraction(found.invoice.payable)


@pytest.mark.failure("C05")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net": Decimal(99)}, "EUR Adjustment billed_cost: 0 here, 1 by the second reader"),
        ({"tax": Decimal(19)}, "EUR Adjustment billed_cost: 0 here, -19 by the second reader"),
        ({"currency": "USD"}, "invoice_details EUR: 1 rows, sum 100 here, 0 rows, sum 0 by the"),
        ({"payable": Decimal(90)}, "invoice_details EUR: 1 rows, sum 100 here, 1 rows, sum 90 by"),
        ({"rows": 2}, "rows: 1 here, 2 by the second reader, -1 apart"),
    ],
)
def test_nothing_is_loaded_when_a_second_reader_finds_other_figures(
    inbox: Any, invoice: Any, change: dict[str, Any], message: str
) -> None:
    inbox.put("a", invoice())
    inbox.misread = change

    with pytest.raises(BrokenError) as refused:
        inbox.loads()

    assert message in str(refused.value)


def test_what_the_buyer_asked_to_be_printed_is_there_for_rules(
    inbox: Any, line: Any, invoice: Any
) -> None:
    work = line(texts={"cost_center": "4417"}, tags={"project": "bot"}, tax="19")
    own = line(row=2, tags={"buyer_reference": "of the line"})
    inbox.put("a", invoice("R-1", work, own, buyer_reference="FT-001"))

    (load,) = inbox.loads()

    charges = pl.read_parquet(inbox.lake.path("charges", load.documents[0].charges), glob=False)
    asked = {"buyer_reference": "FT-001", "cost_center": "4417", "project": "bot"}
    assert charges.sort("x_row", "x_derived")["tags"].to_list() == [
        asked,
        asked,  # its tax
        {"buyer_reference": "of the line"},
    ]
