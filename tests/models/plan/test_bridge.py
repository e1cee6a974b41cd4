"""The bridge from budget to budget: every item's change has its reason, and all of them sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import rounded
from models.plan.bridge import Step, bridge, total


@dataclass(frozen=True)
class Item:
    id: str
    amount: Decimal
    category: str = "infra"
    units: Fraction | None = None
    unit: str | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class Budget:
    items: Sequence[Item]
    currency: str = "USD"


def driven(name: str, units: str, price: str, unit: str = "h") -> Item:
    quantity, unit_price = Fraction(units), Decimal(price)
    amount = rounded(quantity * Fraction(unit_price))
    return Item(name, amount, "labor", quantity, unit, unit_price)


OLD: Final = Budget(
    (driven("eng", "1.5", "9000"), Item("ci", Decimal("1200.00")), driven("gone", "2", "5"))
)


def test_each_change_has_its_reason() -> None:
    new = Budget(
        (driven("eng", "2", "9500"), Item("ci", Decimal("900.00"), "data"), driven("new", "1", "7"))
    )

    assert bridge(OLD, new) == (
        Step("gone", "labor", "removed", Decimal("-10.00")),
        Step("new", "labor", "added", Decimal("7.00")),
        Step("eng", "labor", "quantity", Decimal("4500.00")),
        Step("eng", "labor", "price", Decimal("1000.00")),
        Step("ci", "data", "amount", Decimal("-300.00")),
    )
    assert total(bridge(OLD, new)) == Decimal("5197.00")
    assert total(bridge(OLD, new), "quantity") == Decimal("4500.00")


def test_a_plan_that_says_the_same_has_no_bridge() -> None:
    assert bridge(OLD, OLD) == ()


@pytest.mark.parametrize(
    "item",
    [driven("eng", "1.5", "9500", "d"), Item("eng", Decimal("14250.00"), "labor")],
)
def test_another_unit_or_none_is_neither_quantity_nor_price(item: Item) -> None:
    assert bridge(Budget(OLD.items[:1]), Budget((item,))) == (
        Step("eng", "labor", "amount", Decimal("750.00")),
    )


def test_another_currency_is_a_reason_of_its_own() -> None:
    new = Budget((driven("eng", "2", "9000"),), "EUR")

    assert bridge(Budget(OLD.items[:1]), new) == (
        Step("eng", "labor", "currency", Decimal("4500.00")),
    )


ITEMS: Final = st.builds(
    driven,
    st.sampled_from("abcd"),
    st.decimals(0, 1000, places=3).map(str),
    st.decimals(0, 100, places=4).map(str),
    st.sampled_from(("h", "d")),
) | st.builds(Item, st.sampled_from("abcd"), st.decimals(0, 10**6, places=2))
BUDGETS: Final = st.lists(ITEMS, max_size=4, unique_by=lambda item: item.id).map(Budget)


@settings(max_examples=50)
@given(BUDGETS, BUDGETS)
def test_the_steps_sum_to_the_change_of_the_budget(old: Budget, new: Budget) -> None:
    before, after = (sum((i.amount for i in each.items), Decimal(0)) for each in (old, new))

    assert before + total(bridge(old, new)) == after
    assert all(step.amount for step in bridge(old, new))
