"""`purchases.yaml` is read as it is written, or refused with every mistake at its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from models.errors import ConfigError
from models.project import Project, Registry
from models.purchase import Purchases, load
from models.purchasefile import Tolerance

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]
REGISTRY: Final = Registry((Project(id="ft-001", aliases=("legal",)),))
SHARED: Final = "issuer: Acme, project: legal, category: data, currency: USD"
LINE: Final = '{id: "1", quantity: 2000, unit_price: 45, price_base: 1000, receipts: []}'
LOT: Final = "{day: 2026-01-10, amount: 5000, units: 1000}"
read = partial(load, registry=REGISTRY, sources=("labels", "aws"))


def order(*lines: str, number: str = "PO-1", terms: str = "from: 2026-01-01") -> str:
    rows = "".join(f"      - {line}\n" for line in lines or (LINE,))
    return f"  - number: {number}\n    {{}}\n    lines:\n{rows}".replace(
        "{}", "\n    ".join(f"{SHARED}, {terms}".split(", "))
    )


def orders(*texts: str) -> str:
    return "orders:\n" + "".join(texts)


def wallet(rest: str) -> str:
    return f"wallets:\n  - {{number: W-1, {SHARED}, {rest}}}\n"


def commitment(rest: str, floor: str = "3000") -> str:
    return f"commitments:\n  - {{number: C-1, {SHARED}, floor: {floor}, {rest}}}\n"


def test_an_order_is_read_with_its_project_price_and_the_tolerances_that_hold(
    written: Written,
) -> None:
    text = "tolerance: {quantity_percent: 10}\n" + orders(
        order(terms="from: 2026-01-01, tolerance: {price_percent: 0}")
    )
    (found,) = read(written("p.yaml", text)).orders

    assert (found.project, found.start, found.end) == ("ft-001", date(2026, 1, 1), None)
    assert found.lines[0].price == Fraction("0.045")
    assert found.tolerance == Tolerance(price_percent=Decimal(0), quantity_percent=Decimal(10))


def test_without_a_word_the_tolerances_are_two_and_five_percent(written: Written) -> None:
    (found,) = read(written("p.yaml", orders(order()))).orders

    assert found.tolerance == Tolerance(price_percent=Decimal(2), quantity_percent=Decimal(5))


@pytest.mark.parametrize(
    ("terms", "months", "due"),
    [
        ("from: 2026-01, to: 2026-12", 1, "3000"),
        ("true_up: quarter, from: 2026-01, to: 2026-12", 3, "9000"),
        ("per: quarter, from: 2026-02, to: 2026-07", 3, "3000"),
    ],
)
def test_a_floor_is_due_after_its_time(terms: str, months: int, due: str, written: Written) -> None:
    (found,) = read(written("p.yaml", commitment(terms))).commitments

    assert (found.months, found.due) == (months, Decimal(due))


def test_credits_without_units_are_worth_one_each(written: Written) -> None:
    text = wallet("purchases: [{day: 2026-01-10, amount: 250.50}], drawn: []")
    (found,) = read(written("p.yaml", text)).wallets

    assert found.purchases[0].quantity == Decimal("250.50")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            orders(order(), order()),
            "f:10:13: orders.1.number: PO-1 is already stated in line 2; numbers are unique",
        ),
        (
            orders(order()) + wallet(f"purchases: [{LOT}], drawn: []").replace("W-1", "PO-1"),
            "f:11:14: wallets.0.number: PO-1 is already stated in line 2; numbers are unique",
        ),
        (
            orders(order().replace("legal", "leagl")),
            "f:4:14: orders.0.project: 'leagl' is not a project. Possible: ft-001",
        ),
        (
            orders(order(terms="from: 2026-02-01, to: 2026-01-31")),
            "f:8:9: orders.0.to: 2026-01-31 lies before from, 2026-02-01",
        ),
        (
            orders(order(terms="from: 2026-02-01, status: closed")),
            "f:8:13: orders.0.status: closed, but not when; add closed_on: YYYY-MM-DD",
        ),
        (
            orders(order(terms="from: 2026-02-01, closed_on: 2026-03-01")),
            (
                "f:8:16: orders.0.closed_on: is a day on which an open order was closed; "
                "set status: closed"
            ),
        ),
        (
            orders(order(LINE, LINE)),
            "f:10:14: orders.0.lines.1.id: line 1 is already stated; remove one",
        ),
        (
            orders(order(LINE.replace(", receipts: []", ""))),
            (
                "f:9:9: orders.0.lines.0: says in 0 ways what is accepted; give one of usage, "
                "receipts, as_invoiced: true"
            ),
        ),
        (
            orders(order(LINE.replace("}", ", as_invoiced: true}"))),
            (
                "f:9:9: orders.0.lines.0: says in 2 ways what is accepted; give one of usage, "
                "receipts, as_invoiced: true"
            ),
        ),
        (
            orders(order(LINE.replace("receipts: []", "usage: {driver: runs, source: label}"))),
            (
                "f:9:99: orders.0.lines.0.usage.source: 'label' is not a source. "
                "Did you mean 'labels'?"
            ),
        ),
        (
            orders(order(LINE.replace("receipts: []", "usage: {driver: label_accepted}"))),
            (
                "f:9:85: orders.0.lines.0.usage.driver: 'label_accepted' is not possible. "
                "Did you mean 'labels_accepted'?"
            ),
        ),
        (
            orders(order(LINE.replace("2000", "0"))),
            "f:9:29: orders.0.lines.0.quantity: 0 must be above zero",
        ),
        (
            orders(order(terms="from: 2026-01-01, tolerance: {price_percent: 101}")),
            "f:8:32: orders.0.tolerance.price_percent: 101 is above 100 percent",
        ),
        (
            wallet(f"purchases: [{LOT}]"),
            "f:2:5: wallets.0: says in 0 ways what is drawn; give one of usage, drawn",
        ),
        (
            wallet(f"purchases: [{LOT}], drawn: [], usage: {{driver: runs}}"),
            "f:2:5: wallets.0: says in 2 ways what is drawn; give one of usage, drawn",
        ),
        (
            wallet("purchases: [{day: 2026-01-10, amount: 5, expires: 2026-01-09}], drawn: []"),
            (
                "f:2:130: wallets.0.purchases.0.expires: 2026-01-09 lies before"
                " the day of purchase, 2026-01-10"
            ),
        ),
        (
            wallet("purchases: [{day: 2026-01-10, amount: 0}], drawn: []"),
            "f:2:92: wallets.0.purchases.0: units that cost nothing must be counted; add units",
        ),
        (
            commitment("true_up: quarter, from: 2026-01, to: 2026-05"),
            (
                "f:2:130: commitments.0.to: 5 months from 2026-01 are not whole times of 3 months; "
                "correct it"
            ),
        ),
        (
            commitment("from: 2026-02, to: 2026-01"),
            (
                "f:2:112: commitments.0.to: 0 months from 2026-02 are not whole times of 1 months; "
                "correct it"
            ),
        ),
        (
            commitment("per: quarter, true_up: month, from: 2026-01, to: 2026-03"),
            (
                "f:2:116: commitments.0.true_up: month is shorter than per, quarter;"
                " a rest is known when its time is over"
            ),
        ),
        (
            commitment("from: 2026-01, to: 2026-01, counts: {orders: [PO-9]}"),
            "f:2:139: commitments.0.counts.orders.0: 'PO-9' is not an order. Possible: none",
        ),
        (
            commitment("from: 2026-01, to: 2026-01, true_ups: {T-1: 2026-02}"),
            "f:2:137: commitments.0.true_ups.T-1: 2026-02 is not in 2026-01 to 2026-01",
        ),
        (
            orders(order().replace("issuer", "isuer")),
            "f:3:5: orders.0.isuer: unknown key. Did you mean 'issuer'?",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str, complaints: Complaints) -> None:
    assert said in complaints(read, text, "f")


def test_a_source_may_not_have_the_name_of_what_follows_from_purchases(written: Written) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written("f", "orders: []\n"), REGISTRY, ("accruals",))

    assert str(caught.value) == (
        "f:1:1: a source is named 'accruals', as what follows from purchases; rename the source"
    )


def test_the_fingerprint_is_of_what_is_stated_and_not_of_how(written: Written) -> None:
    def fingerprint(text: str) -> str:
        return read(written("p.yaml", text)).fingerprint

    first = fingerprint(orders(order()))

    assert fingerprint(orders(order()).replace("45,", "45.00,")) == first
    assert fingerprint(orders(order()).replace("legal", "ft-001")) == first
    assert fingerprint(orders(order()).replace("45,", "46,")) != first
    assert fingerprint(orders(order(terms="from: 2026-01-02"))) != first


def test_nothing_bought_is_nothing(written: Written) -> None:
    assert not read(written("p.yaml", "# none\n"))
    assert not Purchases()
    assert read(written("p.yaml", orders(order())))
