"""What becomes of one invoice: days, allowances, tax, rounding, currency, words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.invoice.accrual import spans, spread
from ingest.invoice.allowance import allocated, taxed
from ingest.invoice.head import Allowance
from ingest.invoice.terms import Terms, share

AMOUNT = st.decimals(-(10**9), 10**9, places=2)
HEADER = (date(2026, 2, 1), date(2026, 2, 28))
ORDER = (date(2026, 1, 1), date(2026, 6, 30))


@pytest.mark.failure("H08")
@pytest.mark.parametrize(
    ("days", "header", "order", "first", "basis"),
    [
        ("2026-03-01 2026-03-10", HEADER, "PO-1", "2026-03-01", "line"),
        (None, HEADER, "PO-1", "2026-02-01", "header"),
        (None, None, "PO-1", "2026-01-01", "purchase_order"),
        (None, None, "PO-2", "2026-03-12", "invoice_date"),
        (None, None, "", "2026-03-12", "invoice_date"),
    ],
)
@pytest.mark.parametrize("place", ["line", "head"])
def test_the_days_of_work_rest_on_the_best_evidence_there_is(
    inbox: Any, line: Any, invoice: Any, days: str | None, header: Any, order: str, first: str,
    basis: str, place: str,
) -> None:  # fmt: skip
    terms = Terms(issuer="Acme", service="Labels", orders={"PO-1": ORDER})
    inbox.vendors["Acme Labels"] = terms
    texts = {"purchase_order": order} if place == "line" else {}
    head = {"purchase_order": order} if place == "head" else {}
    inbox.put("a", invoice("R-1", line(days=days, texts=texts), service=header, **head))

    charge = inbox.table().sort("charge_period_start").row(0, named=True)

    assert f"{charge['charge_period_start']:%Y-%m-%d}" == first
    assert charge["x_period_basis"] == basis
    assert charge["x_purchase_order"] == (order or None)


def test_days_that_rest_on_a_delivery_say_so(inbox: Any, line: Any, invoice: Any) -> None:
    inbox.put("a", invoice("R-1", line(days="2026-02-01 2026-02-28", basis="delivery")))

    assert inbox.table()["x_period_basis"].to_list() == ["delivery"]


@pytest.mark.failure("H08")
@pytest.mark.parametrize("place", ["line", "head"])
def test_days_that_end_before_they_begin_set_the_invoice_aside(
    inbox: Any, line: Any, invoice: Any, place: str
) -> None:
    if place == "line":
        said = invoice("R-1", line(days="2026-03-10 2026-03-01"))
    else:
        said = invoice("R-1", service=(date(2026, 3, 10), date(2026, 3, 1)))
    inbox.put("a", said)

    assert inbox.table().is_empty()
    assert inbox.problems() == [
        "rejected: '2026-03-01': lies before the first day of the work, 2026-03-10"
    ]


@pytest.mark.failure("H08")
@pytest.mark.parametrize(
    ("days", "told"),
    [
        ("2025-03-12 2026-03-12", None),
        (
            "2025-03-11 2026-03-12",
            "long_service_period: invoice R-1, row 1: 2025-03-11 to 2026-03-12 is more than a year",
        ),
        ("2026-03-01 2026-04-26", None),
        (
            "2026-03-01 2026-04-27",
            (
                "late_service_period: invoice R-1, row 1: 2026-03-01 to 2026-04-27 ends more than "
                "45 days after the day of issue, 2026-03-12"
            ),
        ),
    ],
)
def test_unusual_days_of_work_count_and_are_told(
    inbox: Any, line: Any, invoice: Any, days: str, told: str | None
) -> None:
    inbox.put("a", invoice("R-1", line(days=days)))

    assert inbox.table()["billed_cost"].sum() == 100
    assert inbox.problems() == ([told] if told else [])


@pytest.mark.failure("H08")
@given(AMOUNT, st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800),
       st.sampled_from(["EUR", "JPY", "KWD"]))  # fmt: skip
def test_parts_sum_to_the_whole_in_every_currency_and_are_amounts_of_it(
    amount: Decimal, first: date, days: int, currency: str
) -> None:
    over = spans(first, date.fromordinal(first.toordinal() + days))

    shares = spread(amount, over, currency)

    assert sum(shares) == amount
    assert spread(-amount, over, currency) == [-each for each in shares]
    if currency == "JPY" and amount == amount.to_integral_value():
        assert all(each == each.to_integral_value() for each in shares)


@given(
    st.lists(st.tuples(AMOUNT, st.sampled_from(["S", "Z", "AE"])), min_size=1, max_size=5),
    st.lists(st.tuples(AMOUNT, st.sampled_from(["S", "Z", ""])), max_size=3),
)
def test_allowances_are_neither_lost_nor_made(
    line: Any, lines: list[tuple[Decimal, str]], allowances: list[tuple[Decimal, str]]
) -> None:
    own = tuple(line(net, tax_category=kind) for net, kind in lines)
    given_ = [Allowance(amount=amount, tax_category=kind) for amount, kind in allowances]

    found, left = allocated(own, given_)

    shared = sum((each.allowance for each in found), Decimal(0))
    assert shared + sum((each.amount for each in left), Decimal(0)) == sum(
        (amount for amount, _ in allowances), Decimal(0)
    )
    assert [each.amount for each in found] == [each.amount for each in own]


def test_an_allowance_belongs_to_the_lines_of_its_tax(line: Any) -> None:
    lines = (
        line("100", 1, tax_category="S", tax_rate=19),
        line("100", 2, tax_category="S", tax_rate=7),
        line("300", 3, tax_category="S", tax_rate="19.00"),
    )
    off = Allowance(amount=Decimal(-40), tax_category="S", tax_rate=Decimal(19))

    found, left = allocated(lines, [off])

    assert [each.allowance for each in found] == [Decimal(-10), Decimal(0), Decimal(-30)]
    assert left == ()


@pytest.mark.parametrize("nets", [("100",), ("50", "-50")])
def test_an_allowance_that_fits_no_line_is_an_adjustment(
    inbox: Any, line: Any, invoice: Any, nets: tuple[str, ...]
) -> None:
    kinds = {"tax_category": "Z" if len(nets) == 1 else "S"}
    lines = [line(net, row, **kinds) for row, net in enumerate(nets, start=1)]
    charge = Allowance(amount=Decimal(5), reason="Shipping of media", tax_category="S")
    inbox.put("a", invoice("R-1", *lines, allowances=(charge,)))

    own = inbox.table().filter(charge_category="Adjustment").row(0, named=True)

    assert (own["billed_cost"], own["x_tco_cost"]) == (Decimal(5), Decimal(5))
    assert own["x_invoice_detail_id"] == "R-1#allowance 1"
    assert (own["charge_description"], own["x_derived"], own["x_row"]) == (
        "Shipping of media", "allowance", 0,
    )  # fmt: skip


def test_tax_that_is_printed_once_goes_to_the_lines_by_amount_and_rate(line: Any) -> None:
    lines = (
        line("100", 1, tax_rate=19),
        line("50", 2, tax_rate=7, allowance=Decimal(50)),
        line("80", 3, tax_rate=0),
    )

    found, rest = taxed(lines, Decimal(26))

    assert [each.tax for each in found] == [Decimal(19), Decimal(7), Decimal(0)]
    assert rest == 0


@given(st.lists(st.tuples(AMOUNT, st.sampled_from(["19", "7", None])), min_size=1), AMOUNT)
def test_tax_is_neither_lost_nor_made(
    line: Any, lines: list[tuple[Decimal, str | None]], tax: Decimal
) -> None:
    found, rest = taxed(tuple(line(net, tax_rate=rate) for net, rate in lines), tax)

    assert sum((each.tax for each in found), rest) == tax


def test_tax_that_fits_no_line_stays_with_the_document(inbox: Any, line: Any, invoice: Any) -> None:
    inbox.put("a", invoice("R-1", line("50", 1), line("-50", 2), tax=3))

    own = inbox.table().filter(charge_category="Tax").row(0, named=True)

    assert (own["billed_cost"], own["x_row"]) == (Decimal(3), 0)
    assert own["x_invoice_detail_id"] == "R-1#tax"


@pytest.mark.parametrize(
    ("value", "found"), [(True, "1"), (False, "0"), ("0.4", "0.4"), ("1", "1"), (0, "0")]
)
def test_a_share_of_tax_is_a_yes_a_no_or_a_number(value: object, found: str) -> None:
    assert share(value) == Decimal(found)


@pytest.mark.parametrize("value", ["1.01", "-0.1", "40"])
def test_what_is_no_share_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=f"{value} is no share; write true, false, or a number"):
        share(value)


def test_reverse_charge_is_told_where_tax_does_not_come_back(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1", line(tax_category="AE", tax_rate=0)))

    assert inbox.problems() == [
        (
            "reverse_charge: invoice R-1 leaves the tax to the buyer; what of it does not come "
            "back is a cost that no invoice states"
        )
    ]
    inbox.vendors["Acme Labels"] = Terms(issuer="A", service="S", tax_recoverable=Decimal(1))
    assert inbox.problems() == []


def test_what_the_issuer_rounds_is_an_adjustment(inbox: Any, line: Any, invoice: Any) -> None:
    inbox.put("a", invoice("R-1", line("100.03"), rounding=Decimal("-0.03")))

    charges = inbox.table()

    assert charges["billed_cost"].sum() == charges["x_tco_cost"].sum() == Decimal(100)
    assert charges["charge_category"].to_list() == ["Usage", "Adjustment"]
    assert inbox.problems() == []


@pytest.mark.failure("H05")
def test_a_cent_between_lines_and_totals_is_booked_as_rounding_and_told(
    inbox: Any, line: Any, invoice: Any
) -> None:
    said = invoice("R-1", line("100.004"), net=Decimal("100.00"))
    inbox.put("a", said)

    assert inbox.problems() == [
        "rounding: invoice R-1: lines and totals are -0.004 EUR apart, booked as rounding"
    ]


@pytest.mark.failure("H05")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"net": 99, "gross": 99, "payable": 99},
         "'99': is stated, lines, allowances and charges add up to 100, 1 apart"),
        ({"gross": 101, "payable": 101}, "'101': is stated, net and tax add up to 100, -1 apart"),
        ({"payable": 90}, "'90': is stated, what is left of the total is 100, 10 apart"),
    ],
)  # fmt: skip
def test_totals_that_do_not_add_up_set_the_invoice_aside_with_the_difference(
    inbox: Any, invoice: Any, change: dict[str, Any], words: str
) -> None:
    inbox.put("a", invoice("R-1", **{name: Decimal(n) for name, n in change.items()}))

    assert inbox.table().is_empty()
    assert inbox.problems() == [f"rejected: {words}"]


@pytest.mark.failure("H05")
def test_tax_of_lines_that_is_not_the_tax_of_the_invoice_sets_it_aside(
    inbox: Any, line: Any, invoice: Any
) -> None:
    inbox.put("a", invoice("R-1", line("100", tax=7), tax=19))

    assert inbox.problems() == [
        "rejected: '19': is stated, the tax of the lines adds up to 7, -12 apart"
    ]


@pytest.mark.parametrize("what", ["currency", "empty"])
def test_an_invoice_that_contradicts_itself_is_set_aside(
    inbox: Any, invoice: Any, what: str
) -> None:
    said = invoice("R-1")
    if what == "currency":
        said = replace(said, lines=(replace(said.lines[0], currency="USD"),))
        words = "'USD': is not the currency of the invoice, EUR"
    else:
        head = replace(said.head, net=None, gross=None, payable=Decimal(100))
        said = replace(said, lines=(), head=head)
        words = "'R-1': has neither lines nor a total without tax"
    inbox.put("a", said)

    rejected = [words for words in inbox.problems() if words.startswith("rejected")]
    assert rejected == [f"rejected: {words}"]


@pytest.mark.failure("H05")
@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({"quantity": 3, "unit_price": "33.34"}, None),
        ({"quantity": 1000, "unit_price": 100, "price_base": 1000}, None),
        ({"quantity": 3, "unit_price": 40, "adjusted": -20}, None),
        ({"quantity": 3, "unit_price": "33.35"}, "3 x 33.35 is 100.05, not 100"),
        ({"quantity": 3, "unit_price": 40, "adjusted": -2}, "3 x 40 -2 is 118, not 100"),
        ({"quantity": 10, "unit_price": 50, "price_base": 10}, "10 x 50 / 10 is 50, not 100"),
    ],
)
def test_odd_arithmetic_of_a_line_is_told_and_the_amount_as_printed_counts(
    inbox: Any, line: Any, invoice: Any, figures: dict[str, Any], told: str | None
) -> None:
    inbox.put("a", invoice("R-1", line("100", **figures)))

    assert inbox.table()["billed_cost"].sum() == 100
    words = f"line_arithmetic: invoice R-1, row 1: {told}; booked as printed"
    assert inbox.problems() == ([words] if told else [])


@pytest.mark.parametrize(("tax", "told"), [("19.02", False), ("20", True)])
def test_tax_that_its_rate_does_not_give_is_told(
    inbox: Any, line: Any, invoice: Any, tax: str, told: bool
) -> None:
    inbox.put("a", invoice("R-1", line("100", tax_rate=19), tax=Decimal(tax)))

    assert inbox.table()["billed_cost"].sum() == 100 + Decimal(tax)
    said = "rates and amounts give 19.00 of tax, not 20"
    words = f"tax_arithmetic: invoice R-1: {said}; booked as printed"
    assert inbox.problems() == ([words] if told else [])
