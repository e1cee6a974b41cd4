"""Unit prices side by side, exact until they are shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.charge import CHARGE
from models.period import Month
from models.pricelist import Price, PriceList, Tier
from reconcile.price import PriceLine, price_lines, summed
from reconcile.report.number import NONE
from reconcile.report.prices import document, table

OCTOBER = Month(2026, 10)


def charge(**changes: Any) -> dict[str, Any]:
    return {
        "x_source": "gcp",
        "sku_id": "AAAA",
        "charge_category": "Usage",
        "charge_description": "Nvidia A100 GPU",
        "pricing_unit": "Hours",
        "billing_currency": "USD",
        "pricing_quantity": Decimal(3),
        "list_cost": Decimal("10.5"),
        "contracted_cost": Decimal("8.8"),
        "effective_cost": Decimal(1),
        "x_gpu_type": "A100",
        **changes,
    }


def lines(*charges: dict[str, Any], lists: dict[str, PriceList] | None = None) -> list[PriceLine]:
    names = charge()
    frame = pl.DataFrame(charges, schema={name: CHARGE[name] for name in names})
    return price_lines(summed(frame.lazy()).collect(), lists or {})


def published(price: str = "3.5000004", **changes: Any) -> dict[str, PriceList]:
    given = {
        "sku_id": "AAAA",
        "description": "the list's own words",
        "service": "Compute Engine",
        "regions": (),
        "unit": "Hours",
        "base_unit": "second",
        "base_factor": Decimal(3600),
        "tiers": (Tier(Decimal(0), Decimal(price)),),
    }
    at = datetime(2026, 10, 1, 8, tzinfo=UTC)
    currency = changes.pop("currency", "USD")
    return {"gcp": PriceList(currency=currency, at=at, prices=(Price(**{**given, **changes}),))}


def test_costs_by_quantity_are_rounded_once_and_half_up() -> None:
    (line,) = lines(charge(), charge(effective_cost=Decimal("-0.9999985")), charge())

    assert (line.quantity, line.listed, line.contracted) == (
        Decimal(9),
        Decimal("3.5"),
        Decimal("2.933333"),
    )
    assert line.effective == Decimal("0.111111")
    assert line.published is None


@pytest.mark.parametrize(
    "other",
    [
        {"x_source": "aws"},
        {"sku_id": "BBBB"},
        {"pricing_unit": "Count"},
        {"billing_currency": "EUR"},
    ],
)
def test_what_cannot_be_compared_is_a_line_of_its_own(other: dict[str, Any]) -> None:
    assert len(lines(charge(), charge(**other))) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"sku_id": None},
        {"pricing_quantity": None},
        {"charge_category": "Tax"},
        {"charge_category": "Credit"},
    ],
)
def test_what_has_no_unit_price_is_left_out(other: dict[str, Any]) -> None:
    (line,) = lines(charge(), charge(**other))

    assert line.quantity == 3


def test_a_quantity_that_was_taken_back_has_no_price() -> None:
    back = charge(pricing_quantity=Decimal(-3), list_cost=Decimal("-10.5"))

    assert lines(charge(), back) == []


def test_the_published_price_stands_beside() -> None:
    (line,) = lines(charge(), lists=published())

    assert (line.published, line.description) == (Decimal("3.500000"), "the list's own words")


@pytest.mark.parametrize(
    "other", [{"currency": "EUR"}, {"unit": "Months"}, {"sku_id": "BBBB"}, {"tiers": ()}]
)
def test_a_price_of_something_else_does_not(other: dict[str, Any]) -> None:
    (line,) = lines(charge(), lists=published(**other))

    assert line.published is None


def test_accelerators_are_told_by_charges_and_by_the_list() -> None:
    plain = charge(x_gpu_type=None)

    assert [each.accelerators for each in lines(plain)] == [False]
    assert [each.accelerators for each in lines(plain, charge())] == [True]
    assert [each.accelerators for each in lines(plain, lists=published())] == [True]


@given(
    st.lists(
        st.tuples(
            st.decimals("0.000000001", "1000000", places=9), st.decimals("-1000", "1000", places=9)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_rate_times_its_quantity_is_the_cost_within_its_rounding(
    parts: list[tuple[Decimal, Decimal]],
) -> None:
    (line,) = lines(*(charge(pricing_quantity=q, effective_cost=cost) for q, cost in parts))

    cost = sum((cost for _, cost in parts), Decimal(0))
    assert line.quantity == sum((q for q, _ in parts), Decimal(0))
    assert abs(line.effective * line.quantity - cost) <= line.quantity * Decimal("0.0000005")


def test_the_table_ends_with_words_and_hides_no_control_character() -> None:
    shown = lines(charge(sku_id="\x1b[31m", charge_description="an\nname"), charge())

    assert table(shown, OCTOBER) == (
        "unit prices of 2026-10, rounded to 6 decimals\n"
        "sku       quantity  unit   published      list  contracted  effective\n"
        f"\\x1b[31m         3  Hours          {NONE}  3.500000    2.933333   0.333333"
        "  USD  gcp: an\\nname\n"
        f"AAAA             3  Hours          {NONE}  3.500000    2.933333   0.333333"
        "  USD  gcp: Nvidia A100 GPU\n"
    )
    assert table([], OCTOBER) == "no priced usage in 2026-10\n"


def test_the_document_states_amounts_as_text() -> None:
    (line,) = lines(charge(), lists=published())

    found = json.loads(document([line], OCTOBER))

    assert (found["month"], found["places"]) == ("2026-10", 6)
    assert found["prices"] == [
        {
            "source": "gcp",
            "sku_id": "AAAA",
            "description": "the list's own words",
            "unit": "Hours",
            "currency": "USD",
            "quantity": "3",
            "published": "3.500000",
            "list": "3.500000",
            "contracted": "2.933333",
            "effective": "0.333333",
        }
    ]
