from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.period import Month
from models.purchasefile import Order
from reconcile.forecasting.known import Bases, Known, first_days
from reconcile.forecasting.orders import Ordered, ordered, still_due
from reconcile.purchase.grni import Position
from reconcile.purchase.ordered import Bought

OCTOBER = Month(2026, 10)


def order_of(**given: Any) -> Ordered:
    base: dict[str, Any] = {
        "number": "PO-1",
        "project": "p",
        "category": "data",
        "item": "label",
        "currency": "USD",
        "unit": "label",
        "quantity": Fraction(1000),
        "value": Fraction(50),
        "left": Decimal(20),
    }
    return Ordered(**{**base, **given})


def same(amount: Decimal, currency: str) -> Decimal:
    return amount * 2 if currency == "EUR" else amount


def due(*orders: Ordered, units: int | None = None, unit: str = "Label", budget: int = 50) -> Any:
    return still_due(
        orders,
        units=None if units is None else Fraction(units),
        unit=unit,
        budget=Decimal(budget),
        to=same,
    )


def test_an_item_without_an_order_has_nothing_due() -> None:
    assert due() is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"units": 1000}, "20"),
        ({"units": 900}, "20"),
        ({"units": 1500}, "45.00"),  # 500 more at 50 / 1,000
        ({"units": 1500, "unit": "hour", "budget": 80}, "50"),  # 30 of the budget beyond it
        ({"units": None, "budget": 80}, "50"),
        ({"units": None, "budget": 40}, "20"),
    ],
)
def test_what_is_planned_beyond_the_orders_is_still_to_be_ordered(
    given: dict[str, Any], expected: str
) -> None:
    assert due(order_of(), **given) == Decimal(expected)


def test_several_orders_count_together_at_their_mean_price() -> None:
    """By hand: 20 and 2 x 5 are left; 500 more at (50 + 2 x 50) / 2,000."""
    both = (order_of(), order_of(currency="EUR", left=Decimal(5)))

    assert due(*both, units=2500) == Decimal("67.50")


def test_an_order_of_nothing_has_no_price() -> None:
    assert due(order_of(quantity=Fraction(0), value=Fraction(0)), units=10, budget=70) == 90


def position_of(accepted: int | None, invoiced: int, **order: Any) -> Position:
    line = {"id": "1", "unit": "label", "quantity": 1000, "unit_price": 50, "price_base": 1000}
    made = Order.model_validate(
        {
            "number": "PO-1",
            "issuer": "A",
            "project": "p",
            "category": "data",
            "currency": "USD",
            "from": "2026-01-01",
            "lines": [{**line, "as_invoiced": True}],
            **order,
        }
    )
    return Position(
        bought=Bought(made, made.lines[0]),
        accepted=None if accepted is None else Fraction(accepted),
        invoiced=Fraction(invoiced),
        invoiced_amount=Fraction(0),
        accrued_quantity=Fraction(0),
        accrued=Decimal(0),
        open_commitment=Decimal(30),
        results=(),
    )


@pytest.mark.parametrize(
    ("accepted", "invoiced", "order", "quantity"),
    [
        (400, 300, {}, 1000),
        (None, 1200, {}, 1200),
        (400, 300, {"status": "closed", "closed_on": "2026-05-01"}, 400),
        (None, 300, {"status": "closed", "closed_on": "2026-05-01"}, 300),
    ],
)
def test_a_line_of_an_order_is_as_large_as_what_comes_of_it(
    accepted: int | None, invoiced: int, order: dict[str, str], quantity: int
) -> None:
    found = ordered(position_of(accepted, invoiced, **order), "label")

    assert [found.quantity, found.value] == [quantity, Fraction(quantity, 20)]
    assert (found.number, found.item, found.unit) == ("PO-1", "label", "label")
    assert found.left == 30


def bases_of(rates: Any, known: Known, **given: Any) -> Bases:
    base: dict[str, Any] = {
        "month": OCTOBER,
        "currency": "USD",
        "rates": rates,
        "known": known,
        "reported": lambda _: [Month(2026, 9), OCTOBER],
        "first": {"p": date(2026, 9, 29)},
        "reserves": {"p": Decimal(7)},
    }
    return Bases(**{**base, **given})


def test_a_basis_has_items_in_the_reporting_currency_and_what_is_known_of_them(
    plan_of: Any, item_of: Any, rates_of: Any
) -> None:
    rates = rates_of({("EUR", "2026-09"): Decimal("1.1"), ("EUR", "2026-10"): Decimal("1.2")})
    plan = plan_of(
        "p",
        items=[
            item_of(
                "label",
                "data",
                [Decimal(10), Decimal(20)],
                {"labels": Decimal(1000)},
                "label",
                Decimal("0.03"),
            ),
            item_of("people", "labor", [Decimal(1), Decimal(1)]),
        ],
        currency="EUR",
        start=Month(2026, 9),
    )
    known = Known(
        gained={("p", "label"): {OCTOBER: Fraction(1, 2)}},
        fixed={("p", "people")},
        orders=[
            order_of(currency="EUR", left=Decimal(5)),
            order_of(project="q", item=""),
            order_of(project="r", left=Decimal(0)),
        ],
    )

    found = bases_of(rates, known).bases([plan], {"s": {}})

    assert sorted(found) == ["p", "q", "s"]
    label, people = found["p"].items
    assert label.plan == {Month(2026, 9): 11, OCTOBER: 22}
    assert label.gained == {OCTOBER: Fraction(1, 2)}
    assert (label.ordered, label.factors) == (Decimal(6), ("labels", "unit_price"))
    assert (people.fixed, people.ordered, people.factors) == (True, None, ())
    assert [found["p"].days, found["p"].reserve] == [33, 7]
    assert found["p"].committed == {"data": 6}
    assert found["q"].committed == {"data": 20}
    assert [found["q"].days, found["q"].reserve, len(found["q"].items)] == [0, 0, 0]


def test_days_are_counted_to_the_end_of_the_last_reported_month(rates_of: Any) -> None:
    def days(first: date, reported: list[Month]) -> int:
        made = bases_of(rates_of(), Known(), first={"p": first}, reported=lambda _: reported)
        return made.bases([], {"p": {}})["p"].days

    assert days(date(2026, 10, 31), [OCTOBER]) == 1
    assert days(date(2026, 11, 2), [OCTOBER]) == 0
    assert days(date(2026, 11, 2), []) == 0


def test_the_first_charge_of_each_project_is_known(spend_of: Callable[..., Any]) -> None:
    rows = [
        {"project": key, "category": "infra", "day": date(2026, 10, day), "cost": Decimal(1)}
        for key, day in (("p", 5), ("p", 3), ("q", 9))
    ]

    assert first_days(spend_of(rows)) == {"p": date(2026, 10, 3), "q": date(2026, 10, 9)}
