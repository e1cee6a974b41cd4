"""Stripe's JSON: units, periods, credits, taxes; and the second reader of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.invoice.sound import checked
from ingest.stripe.control import totals
from ingest.stripe.document import StripeError
from ingest.stripe.invoice import read
from ingest.stripe.line import days

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def stated(oracle: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(oracle("stripe_invoice.json"))
    return found


def data(stated: Mapping[str, Any]) -> bytes:
    return json.dumps(stated).encode()


def test_a_line_has_the_figures_of_the_oracle(oracle: Any) -> None:
    expected = oracle("expected.json")
    expected = json.loads(expected)["stripe_invoice.json"]
    invoice = read(oracle("stripe_invoice.json"))
    (line,) = invoice.lines

    assert invoice.head is not None
    assert (str(line.amount), str(line.unit_price), str(line.quantity)) == (
        expected["net"],
        expected["unit_price"],
        expected["quantity"],
    )
    assert [str(day) for day in line.service or ()] == expected["period"]
    assert (line.tags, line.texts["purchase_order"]) == ({"project": "FT-001"}, "PO-LABEL-001")
    assert (invoice.head.issued, invoice.head.currency) == (date(2026, 3, 3), "USD")


@pytest.mark.parametrize(
    ("currency", "net"),
    [("usd", "2450.00"), ("jpy", "245000"), ("kwd", "245.000"), ("isk", "2450.00"),
     ("ugx", "2450.00"), ("mga", "245000")],
)  # fmt: skip
def test_amounts_are_whole_numbers_of_the_smallest_unit(
    stated: dict[str, Any], currency: str, net: str
) -> None:
    stated["currency"] = stated["lines"]["data"][0]["currency"] = currency

    invoice, control = read(data(stated)), totals(data(stated))

    assert str(invoice.lines[0].amount) == net
    assert (control.currency, control.net) == (currency.upper(), Decimal(net))


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-02-01T00:00:00", "2026-03-01T00:00:00", "2026-02-01", "2026-02-28"),
        ("2026-02-01T00:00:00", "2026-02-28T23:59:59", "2026-02-01", "2026-02-28"),
        ("2026-02-01T09:30:00", "2026-03-01T09:30:00", "2026-02-01", "2026-03-01"),
        ("2026-02-03T00:00:00", "2026-02-03T00:00:00", "2026-02-03", "2026-02-03"),
    ],
)
def test_an_end_at_midnight_belongs_to_the_day_before(
    start: str, end: str, first: str, last: str
) -> None:
    moments = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, end))

    assert [str(day) for day in days(*moments)] == [first, last]


@pytest.mark.parametrize(
    ("zone", "first", "last", "issued"),
    [
        ("UTC", "2026-01-31", "2026-02-28", "2026-02-28"),
        ("Europe/Berlin", "2026-02-01", "2026-02-28", "2026-03-01"),
        ("America/Los_Angeles", "2026-01-31", "2026-02-28", "2026-02-28"),
    ],
)
def test_days_are_those_of_the_declared_zone(
    stated: dict[str, Any], zone: str, first: str, last: str, issued: str
) -> None:
    start, end = 1769904000 - 3600, 1772323200 - 3600  # midnights of Berlin
    stated["lines"]["data"][0]["period"] = {"start": start, "end": end}
    stated["created"] = end + 60

    invoice = read(data(stated), ZoneInfo(zone))

    assert [str(day) for day in invoice.lines[0].service or ()] == [first, last]
    assert invoice.head is not None
    assert str(invoice.head.issued) == issued


def taxed(stated: dict[str, Any]) -> None:
    stated["lines"]["data"][0]["taxes"] = [{"amount": 46550, "tax_behavior": "exclusive"}]
    stated |= {"total": 291550, "amount_due": 291550, "total_taxes": [{"amount": 46550}]}


def tax_included(stated: dict[str, Any]) -> None:
    stated["lines"]["data"][0]["tax_amounts"] = [{"amount": 39118, "inclusive": True}]
    stated |= {"total_tax_amounts": [{"amount": 39118}], "total_excluding_tax": 205882}


def taxed_as_a_whole(stated: dict[str, Any]) -> None:
    stated |= {"total": 291550, "amount_due": 291550, "tax": 46550}


def taxed_but_not_by_line(stated: dict[str, Any]) -> None:
    stated["lines"]["data"][0]["taxes"] = [{"amount": 0}]
    stated |= {"total": 291550, "amount_due": 291550, "total_taxes": [{"amount": 46550}]}


def credited(stated: dict[str, Any]) -> None:
    off = [{"amount": 45000, "type": "discount"}, {"amount": 0}]
    stated["lines"]["data"][0] |= {"pretax_credit_amounts": off, "discount_amounts": off[:1]}
    stated |= {"total": 200000, "amount_due": 200000}


def discounted(stated: dict[str, Any]) -> None:
    stated["lines"]["data"][0]["discount_amounts"] = [{"amount": 45000}]
    stated |= {"total": 200000, "amount_due": 150000}


@pytest.mark.parametrize(
    ("change", "net", "tax", "payable"),
    [
        (taxed, "2450.00", "465.50", "2915.50"),
        (tax_included, "2058.82", "391.18", "2450.00"),
        (taxed_as_a_whole, "2450.00", "465.50", "2915.50"),
        (taxed_but_not_by_line, "2450.00", "465.50", "2915.50"),
        (credited, "2000.00", "0.00", "2000.00"),
        (discounted, "2000.00", "0.00", "1500.00"),
    ],
)
def test_taxes_credits_and_discounts_are_told_by_both_readers(
    stated: dict[str, Any], change: Change, net: str, tax: str, payable: str
) -> None:
    change(stated)

    invoice, control = checked(read(data(stated))), totals(data(stated))

    assert not invoice.faults
    expected = Decimal(net), Decimal(tax), Decimal(payable)
    head = invoice.head
    assert head is not None
    assert (head.net, head.tax, head.payable) == expected
    assert sum(line.amount for line in invoice.lines) == expected[0]
    assert (control.net, control.tax, control.payable) == expected


def test_a_credit_note_gives_back_and_names_its_invoice(stated: dict[str, Any]) -> None:
    stated |= {"object": "credit_note", "invoice": {"number": "ACME-0041"}, "status": "issued"}
    del stated["amount_due"]

    invoice, control = read(data(stated)), totals(data(stated))

    assert (invoice.kind, invoice.lines[0].amount) == ("credit_note", Decimal("-2450.00"))
    assert invoice.head is not None
    assert (invoice.head.preceding, invoice.head.payable) == (("ACME-0041",), Decimal("-2450.00"))
    assert (control.net, control.payable) == (Decimal("-2450.00"), Decimal("-2450.00"))


@pytest.mark.failure("H05")
def test_lines_that_do_not_add_up_are_set_aside(stated: dict[str, Any]) -> None:
    stated |= {"total": 245100, "amount_due": 245100}

    (fault,) = checked(read(data(stated))).faults

    assert (fault.column, fault.value) == ("net", "2451")
    assert fault.reason.endswith("add up to 2450, -1 apart")


@pytest.mark.parametrize(
    ("status", "found", "is_void"),
    [("open", "counted", False), ("paid", "counted", False), ("uncollectible", "counted", False),
     ("draft", "draft", False), ("void", "counted", True)],
)  # fmt: skip
def test_the_status_decides_whether_it_may_count(
    stated: dict[str, Any], status: str, found: str, is_void: bool
) -> None:
    stated["status"] = status
    if status == "draft":
        stated["number"] = None

    invoice = read(data(stated))

    assert (invoice.status, invoice.faults, invoice.is_void) == (found, (), is_void)


def test_the_issuer_is_told_by_account_and_tax_ids(stated: dict[str, Any]) -> None:
    stated |= {
        "issuer": {"type": "account", "account": "acct_1"},
        "account_name": "Acme",
        "account_tax_ids": [{"value": "DE123456789"}, "txi_1"],
        "custom_fields": [{"name": "PO Number", "value": "PO-7"}],
        "metadata": {},
        "effective_at": 1772409600,
    }

    head = read(data(stated)).head

    assert head is not None
    assert (head.issuer, head.issuer_ids) == ("Acme", ("stripe:acct_1", "vat:DE123456789"))
    assert (head.purchase_order, head.issued) == ("PO-7", date(2026, 3, 2))


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"object": "customer"}, "is no invoice and no credit note of Stripe"),
        ({"lines": []}, "has no lines; export it with all of them"),
        ({"lines": {"data": [{}], "has_more": True}}, "holds a part of its lines (has_more)"),
        ({"lines": {"data": [], "has_more": False}}, "has 0 lines; 1 to 50000 are read"),
        ({"lines": {"data": [1], "has_more": False}}, "has a line that is no object: 1"),
        ({"number": ""}, "states no number; export it again"),
        ({"total": "245000"}, "total: '245000' is no whole number of the smallest unit"),
        ({"total": True}, "total: True is no whole number of the smallest unit"),
        ({"created": None}, "states no date of issue (created); export it again"),
        ({"created": 10**12}, "1000000000000 is no moment in seconds"),
        ({"currency": "eur"}, "line 1 is in USD, the document in EUR"),
    ],
)
def test_what_is_no_whole_invoice_is_refused(
    stated: dict[str, Any], changes: dict[str, Any], detail: str
) -> None:
    with pytest.raises(StripeError) as error:
        read(data(stated | changes))

    assert error.value.detail.startswith(detail)


@pytest.mark.parametrize(
    "raw",
    [b"{", b"\xff{}", b'{"object": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a":' * 9_999],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(StripeError, match=r"is not JSON|is no invoice"):
        read(raw)


def test_a_period_that_ends_before_it_begins_and_a_quantity_that_is_none_are_refused(
    stated: dict[str, Any],
) -> None:
    line = stated["lines"]["data"][0]
    line["period"]["end"] = 0
    with pytest.raises(StripeError, match="has a period that ends, 1970-01-01, before it begins"):
        read(data(stated))
    line["period"] = None
    line["quantity_decimal"] = "many"
    with pytest.raises(StripeError, match="quantity: 'many' is not a plain decimal number"):
        read(data(stated))


@pytest.mark.parametrize("many", ["1e999", "1e-999", "1000000000000000000"])
def test_a_quantity_of_more_digits_than_are_kept_is_refused_in_short(
    stated: dict[str, Any], many: str
) -> None:
    stated["lines"]["data"][0]["quantity_decimal"] = many

    with pytest.raises(StripeError, match=f"quantity: {many} has too many digits"):
        read(data(stated))
    stated["lines"]["data"][0]["quantity_decimal"] = "9" * 5_000
    with pytest.raises(StripeError) as error:
        read(data(stated))
    assert len(error.value.detail) == 1_000


@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**6)), min_size=1, max_size=5
    ),
    st.sampled_from(["usd", "jpy", "kwd"]),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_both_readers_agree_and_a_credit_note_is_its_invoice_turned_around(
    lines: list[tuple[int, int]], currency: str, is_taxed: bool
) -> None:
    taxes = [[{"amount": tax}] if is_taxed else [] for _, tax in lines]
    total = sum(net for net, _ in lines) + sum(t["amount"] for each in taxes for t in each)
    stated = {
        "object": "invoice", "number": "1", "currency": currency, "created": 0, "total": total,
        "amount_due": total, "lines": {"has_more": False, "data": [
            {"amount": net, "taxes": tax} for (net, _), tax in zip(lines, taxes, strict=True)
        ]},
    }  # fmt: skip
    back = {**stated, "object": "credit_note"}
    del back["amount_due"]

    invoice, credit = read(data(stated)), read(data(back))
    control, against = totals(data(stated)), totals(data(back))

    assert sum(line.amount for line in invoice.lines) == control.net
    assert sum(line.tax for line in invoice.lines) == control.tax
    assert (credit.net, credit.tax) == (-invoice.net, -invoice.tax)
    assert (against.net, against.tax) == (-control.net, -control.tax)
