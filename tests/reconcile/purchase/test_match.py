"""Three-way match: order, acceptance and invoice, with tolerances and what earlier bills took."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from models.period import Month
from models.purchase import Purchases
from reconcile.purchase.accrued import Accrued, accrued

ORACLE: Final = json.loads(
    (Path(__file__).resolve().parents[2] / "oracles" / "three_way_match.json").read_text("utf-8")
)
DAY: Final = date(2026, 11, 22)
HEAD: Final = """\
orders:
  - {number: PO-1, issuer: Acme Labels, aliases: [Acme Labels Inc.], project: legal, category: data,
     currency: USD, from: 2026-01-01, TERMS lines: [LINES]}
"""
Bought = Callable[[str], Purchases]
Details = Callable[..., pl.DataFrame]
Usage = Callable[..., pl.DataFrame]


def order(*lines: str, terms: str = "") -> str:
    return HEAD.replace("LINES", ", ".join(lines)).replace("TERMS", terms)


def line(quantity: str, price: str, received: str, **others: str) -> str:
    rest = "".join(f", {name}: {value}" for name, value in others.items())
    got = f"receipts: [{{day: 2026-09-30, quantity: {received}}}]"
    return f'{{id: "1", quantity: {quantity}, unit_price: {price}, {got}{rest}}}'


@pytest.fixture
def match(bought: Bought, details: Details, usage: Usage) -> Callable[..., Accrued]:
    def matched(text: str, *lines: dict[str, Any]) -> Accrued:
        return accrued(bought(text), details(*lines), usage(), (), DAY)

    return matched


@pytest.mark.parametrize("case", ORACLE["cases"], ids=lambda case: case["result"][0])
def test_each_case_of_the_oracle(case: dict[str, Any], match: Callable[..., Accrued]) -> None:
    amount = Decimal(case["inv_q"]) * Decimal(case["inv_p"])
    this = {"invoice": "B", "quantity": case["inv_q"], "amount": str(amount)}
    before = Decimal(case["cum_invoiced"])
    earlier = {
        "invoice": "A",
        "issued": "2026-09-30",
        "quantity": str(before),
        "amount": str(before * Decimal(case["po_p"])),
    }
    text = order(line(case["po_q"], case["po_p"], case["received"]))

    found = match(text, this, *([earlier] if before else []))

    assert [*found.matches[-1].results] == case["result"]
    assert found.matches[-1].before.quantity == before


PLAIN: Final = line("1000", "0.50", "600")


@pytest.mark.parametrize(
    ("text", "billed", "results", "said"),
    [
        (
            order(PLAIN),
            {"order": ""},
            ("no_po",),
            "Acme Labels has an order, the invoice names none",
        ),
        (order(PLAIN), {"order": "PO-9"}, ("no_po",), "PO-9 is no order in purchases.yaml"),
        (
            order(PLAIN),
            {"issuer": "Other"},
            ("no_po",),
            "PO-1 is an order of Acme Labels, not of Other",
        ),
        (order(PLAIN), {"order_line": "7"}, ("no_po",), "PO-1 has no line 7"),
        (
            order(PLAIN, PLAIN.replace('"1"', '"2"')),
            {},
            ("no_po",),
            "PO-1 has 2 lines, the invoice names none of them",
        ),
        (order(line("1000", "0.50", "0")), {}, ("no_receipt",), "PO-1 line 1"),
        (order(PLAIN), {"currency": "EUR"}, ("currency_mismatch",), "PO-1 line 1"),
        (
            order(PLAIN, terms="status: closed, closed_on: 2026-10-30,"),
            {},
            ("closed_po",),
            "PO-1 line 1",
        ),
        (
            order(PLAIN, terms="tolerance: {price_percent: 100, quantity_percent: 0},"),
            {"quantity": "600", "amount": "1000.01"},
            ("price_over", "over_value"),
            "PO-1 line 1",
        ),
    ],
)
def test_what_does_not_match_is_told_and_counts(
    text: str,
    billed: dict[str, str],
    results: tuple[str, ...],
    said: str,
    match: Callable[..., Accrued],
) -> None:
    found = match(text, {"quantity": "100", "amount": "50.00", **billed})
    (one,) = found.matches

    assert one.results == results
    (told,) = found.told(Month.of(one.billed.issued))
    issuer = billed.get("issuer", "Acme Labels")
    rest = ", and name it in `invoices` of its order" if results == ("no_po",) else ""
    assert str(told) == (
        f"acme: invoice A-1:line 1: {', '.join(results)}: {said}; it counts as cost, ask {issuer}"
        f"{rest} [unmatched]"
    )
    assert told.severity == "warning"


@pytest.mark.parametrize(
    "billed",
    [
        {"issuer": " ACME labels inc. "},
        {"order": "po-1", "order_line": "01"},
        {"issued": "2026-10-31", "amount": "51.00"},
        {"amount": "-500.00", "quantity": "-1000"},
    ],
)
def test_other_spellings_the_tolerance_itself_and_credits_match(
    billed: dict[str, str], match: Callable[..., Accrued]
) -> None:
    (one,) = match(order(PLAIN), {"quantity": "100", "amount": "50.00", **billed}).matches

    assert one.is_matched


def test_lines_are_found_by_their_unit_where_the_invoice_names_none(
    match: Callable[..., Accrued],
) -> None:
    hours = line("10", "50", "10", unit="hour").replace('"1"', '"2"')
    text = order(line("1000", "0.50", "600", unit="label"), hours)

    (one,) = match(text, {"quantity": "2", "amount": "100.00", "unit": "Hour"}).matches

    assert one.bought
    assert (one.bought.line.id, one.results) == ("2", ("matched",))


def test_lines_are_found_by_their_price_where_nothing_else_tells(
    match: Callable[..., Accrued],
) -> None:
    text = order(PLAIN, line("10", "50", "10").replace('"1"', '"2"'))

    found = match(text, {"quantity": "2", "amount": "101.00"}, {"quantity": "2", "amount": "1"})

    assert [each.bought and each.bought.line.id for each in found.matches] == ["2", "1"]


def test_an_invoice_that_names_no_order_can_be_given_to_one(match: Callable[..., Accrued]) -> None:
    text = order(PLAIN, terms="invoices: [a-1],")

    (one,) = match(text, {"quantity": "100", "amount": "50.00", "order": ""}).matches

    assert one.is_matched


def test_a_discount_without_quantity_takes_no_units_back(match: Callable[..., Accrued]) -> None:
    goods = {"quantity": "600", "amount": "300.00"}
    found = match(order(PLAIN), goods, {"amount": "-30.00"})

    assert [each.results for each in found.matches] == [("matched",), ("matched",)]
    assert found.positions[0].accrued == 0
    assert found.problems == ()


@pytest.mark.parametrize(
    "billed",
    [
        {"issuer": "Somebody", "order": ""},
        {"issuer": "Somebody", "order": "an order of their own words"},
        {"category": "Purchase"},
        {"category": "Tax"},
        {"category": "Adjustment", "line": "rounding"},
        {"status": "duplicate"},
    ],
)
def test_what_is_no_cost_of_an_order_is_left_alone(
    billed: dict[str, str], match: Callable[..., Accrued]
) -> None:
    assert match(order(PLAIN), {"quantity": "9999", "amount": "9999", **billed}).matches == ()


def test_an_amount_without_quantity_is_as_many_units_as_it_buys(
    match: Callable[..., Accrued],
) -> None:
    found = match(order(PLAIN), {"amount": "300.00"}, {"invoice": "B", "amount": "20.00"})

    assert [each.quantity for each in found.matches] == [600, 40]
    assert [each.results[0] for each in found.matches] == ["matched", "qty_over_received"]


def test_rounding_of_an_amount_to_the_cent_is_no_higher_price(
    match: Callable[..., Accrued],
) -> None:
    text = order(line("1000", "0.45", "600"))

    (one,) = match(text, {"quantity": "5", "amount": "2.30"}).matches  # 0.459 each: 2.295

    assert one.is_matched


def test_what_needs_no_acceptance_is_compared_with_the_order_alone(
    match: Callable[..., Accrued],
) -> None:
    text = order('{id: "1", quantity: 6, unit_price: 500, as_invoiced: true}')

    more = {"invoice": "B", "quantity": "1", "amount": "500"}
    found = match(text, {"quantity": "6", "amount": "3000"}, more)

    assert [each.results for each in found.matches] == [("matched",), ("qty_over_po", "over_value")]
    assert (found.accruals, found.positions[0].accepted) == ((), None)


def test_a_position_says_everything_that_is_wrong_with_its_invoices(
    match: Callable[..., Accrued],
) -> None:
    dear = {"quantity": "10", "amount": "50.00"}
    found = match(order(PLAIN), dear, {"invoice": "B", "quantity": "650", "amount": "325.00"})

    assert found.positions[0].results == ("qty_over_received", "price_over")
    assert match(order(PLAIN)).positions[0].results == ()
