from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.currency import RateEntry, RateError, Rates
from models.errors import InvariantError
from models.money import stored
from models.period import Month
from reconcile.actuals import ACTUALS, actuals, actuals_frame, cells

SpendOf = Callable[[list[Mapping[str, Any]]], pl.DataFrame]
OCTOBER = Month(2026, 10)


def rates(*stated: tuple[str, str, str]) -> Rates:
    return Rates.of(
        tuple(
            RateEntry.model_validate(
                {"currency": money, "to": "USD", "from": month, "rate": rate, "source": "bank"}
            )
            for money, month, rate in stated
        )
    )


def row(cost: str, **rest: object) -> dict[str, object]:
    base = {"project": "p", "category": "infra", "day": date(2026, 10, 5), "cost": Decimal(cost)}
    return {**base, **rest}


def test_effective_goes_by_charge_month_and_billed_by_billing_period(spend_of: SpendOf) -> None:
    late = row("10", period="2026-11", billed_cost=Decimal(12), effective_cost=Decimal(11))
    spend = spend_of([late])

    frame = actuals_frame(spend, rates(), "USD")

    assert frame.schema == ACTUALS
    assert frame.select("basis", "month", "amount").rows() == [
        ("effective", "2026-10", Decimal(10)),
        ("billed", "2026-11", Decimal(12)),
    ]


def test_each_currency_is_converted_at_the_rate_of_its_own_month(spend_of: SpendOf) -> None:
    spend = spend_of(
        [
            row("100", currency="EUR", day=date(2026, 9, 30)),
            row("100", currency="EUR", day=date(2026, 10, 1)),
            row("1", currency="USD"),
        ]
    )

    found = cells(
        actuals(spend, rates(("EUR", "2026-09", "1.1"), ("EUR", "2026-10", "1.2")), "USD")
    )

    assert found == {
        ("p", "infra", Month(2026, 9)): Decimal(110),
        ("p", "infra", OCTOBER): Decimal(121),
    }


def test_a_currency_without_a_rate_stops_and_is_never_taken_at_one(spend_of: SpendOf) -> None:
    spend = spend_of([row("100", currency="JPY")])

    with pytest.raises(RateError, match="no rate JPY to USD for 2026-10"):
        actuals(spend, rates(("EUR", "2026-10", "1.2")), "USD")


def test_items_stay_apart_in_the_frame_and_are_summed_in_cells(spend_of: SpendOf) -> None:
    spend = spend_of([row("1", item="a"), row("2", item=None), row("4", item="a")])

    frame = actuals(spend.lazy(), rates(), "USD")

    assert frame.select("item", "amount").rows() == [("", Decimal(2)), ("a", Decimal(5))]
    assert cells(frame) == {("p", "infra", OCTOBER): Decimal(7)}


@pytest.mark.failure("C10")
@pytest.mark.failure("G03")
@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("billed", "actuals mix basis billed and effective; compare one at a time"),
        ("currency", "actuals mix currency EUR and USD; compare one at a time"),
    ],
)
def test_two_bases_or_two_currencies_are_never_summed(
    spend_of: SpendOf, second: str, message: str
) -> None:
    spend = spend_of([row("1")])
    first = actuals(spend, rates(), "USD")
    other = (
        actuals(spend, rates(), "USD", "billed")
        if second == "billed"
        else first.with_columns(currency=pl.lit("EUR"))
    )

    with pytest.raises(InvariantError, match=message):
        cells(pl.concat([first, other]))


amounts = st.decimals(
    min_value=-(10**12), max_value=10**12, places=18, allow_nan=False, allow_infinity=False
)


@settings(max_examples=40, deadline=None)
@given(parts=st.lists(amounts, min_size=1, max_size=8), rate=st.decimals("0.0001", "200", places=4))
def test_converted_parts_sum_to_the_converted_month_to_the_last_digit(
    spend_of: SpendOf, parts: list[Decimal], rate: Decimal
) -> None:
    spend = spend_of(
        [row(str(cost), project=f"p{n}", currency="EUR") for n, cost in enumerate(parts)]
    )
    table = rates(("EUR", "2026-10", str(rate)))
    total = Decimal(spend.get_column("tco_cost").sum())

    found = actuals(spend, table, "USD").get_column("amount").sum()

    assert found == stored(table.convert(total, "EUR", "USD", OCTOBER))
