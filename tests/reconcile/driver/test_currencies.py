"""Currencies are never summed; each bill stays in its own, and is converted by named rates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvariantError
from models.money import ZERO
from models.period import Month
from reconcile.actuals import actuals, cells, own_currency
from reconcile.driver.drivers import Known, drivers
from reconcile.tie_out import SourceState

OCTOBER = Month(2026, 10)
Build = Callable[..., Any]
Made = Callable[..., Any]
STATES = [SourceState(source="cloud", state="final")]


def changing(first: str, then: str) -> list[dict[str, Any]]:
    """Rows of one project whose bill changes from EUR to USD within October."""
    common = {"project": "p", "category": "infra"}
    return [
        {**common, "day": date(2026, 10, 3), "cost": Decimal(first), "currency": "EUR"},
        {**common, "day": date(2026, 10, 20), "cost": Decimal(then), "currency": "USD"},
    ]


@pytest.mark.failure("G04")
def test_a_month_whose_bill_changes_its_currency_shows_both(
    portfolio_of: Build, rates_of: Made
) -> None:
    rates = rates_of({("EUR", "2026-10"): Decimal("1.10")})

    p = portfolio_of(changing("100", "40"), rates=rates, sources=STATES)

    assert p.projects[0].month.ac.value == 150
    assert [(line.currency, line.amount.value, line.amount.unit) for line in p.sources] == [
        ("EUR", 100, "EUR"),
        ("USD", 40, "USD"),
    ]
    assert [each.line.split.actual for table in p.drivers.month for each in table.rows] == [150]


@pytest.mark.failure("G03")
@settings(max_examples=25, deadline=None)
@given(
    first=st.decimals(-(10**6), 10**6, places=6),
    then=st.decimals(-(10**6), 10**6, places=6),
    rate=st.decimals("0.01", "100", places=4),
)
def test_currencies_are_summed_only_after_each_is_converted(
    spend_of: Made, rates_of: Made, first: Decimal, then: Decimal, rate: Decimal
) -> None:
    spend = spend_of(changing(str(first), str(then)))

    found = actuals(spend, rates_of({("EUR", "2026-10"): rate}), "USD")

    assert found["amount"].sum() == first * rate + then
    own = own_currency(spend, "effective").select("currency", "amount").rows()
    assert own == [("EUR", first), ("USD", then)]


@pytest.mark.failure("G05")
def test_a_rate_of_ours_changes_views_and_never_what_a_bill_says(
    portfolio_of: Build, rates_of: Made
) -> None:
    low, high = (
        portfolio_of(
            changing("100", "40"),
            rates=rates_of({("EUR", "2026-10"): Decimal(rate)}),
            sources=STATES,
        )
        for rate in ("1.05", "1.25")
    )

    assert [line.amount for line in low.sources] == [line.amount for line in high.sources]
    assert [low.projects[0].month.ac.value, high.projects[0].month.ac.value] == [145, 165]


@pytest.mark.failure("F08")
def test_actuals_of_another_basis_are_not_compared_with_a_plan(
    spend_of: Made, plan_of: Made, rates_of: Made
) -> None:
    row = changing("100", "40")[1] | {"billed_cost": Decimal(55)}
    spend = spend_of([row])
    known = Known(
        actual=cells(actuals(spend, rates_of(), "USD", "billed")),
        plan={("p", "infra", OCTOBER): Decimal(40)},
        rates=rates_of(),
        currency="USD",
        month=OCTOBER,
    )

    with pytest.raises(InvariantError, match="charges of p infra 2026-10 are 15"):
        drivers(spend, [plan_of("p", {("infra", "2026-10"): Decimal(40)})], known)


@pytest.mark.failure("F08")
def test_a_plan_in_another_currency_is_converted_at_the_rate_of_its_first_month(
    portfolio_of: Build, plan_of: Made, rates_of: Made
) -> None:
    rates = rates_of({("JPY", "2026-09"): Decimal("0.01"), ("JPY", "2026-10"): Decimal("0.02")})
    amounts = {("infra", "2026-09"): ZERO, ("infra", "2026-10"): Decimal(2000)}
    plan = plan_of("p", amounts, currency="JPY", start=Month(2026, 9))
    row = changing("0", "20")[1]

    p = portfolio_of([row], plans=[plan], rates=rates)

    assert [p.projects[0].month.pl.value, p.projects[0].month.delta.value] == [20, 0]
