"""Straight-line depreciation in four conventions, to the last cent of the whole life."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hardware.asset import Asset, Convention
from ingest.hardware.control import _written_off
from ingest.hardware.depreciation import accumulated, book_value, depreciation, gain
from models.period import Month, months

ORACLE: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "oracles" / "depreciation.json").read_text("utf-8")
)
CONVENTIONS: Final[tuple[Convention, ...]] = ("full_month", "next_month", "mid_month", "daily")


def of_case(asset: Callable[..., Asset], case: dict[str, Any]) -> Asset:
    return asset(
        cost=Decimal(case["cost"]),
        residual=Decimal(case["residual"]),
        in_service=date.fromisoformat(case["in_service"]),
        life_months=case["life_months"],
        convention=case["convention"],
        disposal=date.fromisoformat(case["disposal"]) if case["disposal"] else None,
    )


@pytest.mark.parametrize("name", ORACLE["cases"])
def test_the_oracle_of_each_convention_holds(name: str, asset: Callable[..., Asset]) -> None:
    case = ORACLE["cases"][name]
    server = of_case(asset, case)
    span = months(Month.of(server.in_service) + -2, case["life_months"] + 6)
    charged = {str(month): cost for month in span if (cost := depreciation(server, month))}
    costs = [str(cost) for cost in charged.values()]
    assert (costs[:3], costs[-2:], len(costs)) == (case["first3"], case["last2"], case["n_rows"])
    first, last = min(charged), max(charged)
    assert {first: str(charged[first])} == case["first_month"]
    assert {last: str(charged[last])} == case["last_month"]
    assert sum(charged.values()) == Decimal(case["total"])


def test_the_oracle_of_a_disposal_holds(asset: Callable[..., Asset]) -> None:
    said, july = ORACLE["disposal_mid"], Month(2027, 7)
    server = of_case(asset, ORACLE["cases"]["disp_mid"])
    sold = asset(
        convention="mid_month", disposal=server.disposal, proceeds=Decimal(said["proceeds"])
    )
    assert accumulated(sold, july) == Decimal(said["accumulated"])
    assert sold.cost - accumulated(sold, july) == Decimal(said["nbv"])
    assert gain(sold, july) == Decimal(said["gain_loss"])
    assert (gain(sold, july + -1), gain(sold, july + 1)) == (None, None)
    assert [book_value(sold, july + -n) for n in (1, 0)] == [Decimal("30500.00"), Decimal(0)]
    daily = of_case(asset, ORACLE["cases"]["disp_daily"])
    assert accumulated(daily, july) == Decimal(ORACLE["disposal_daily_accumulated"])


def test_what_is_leased_loses_nothing(asset: Callable[..., Asset]) -> None:
    leased = asset(funding="lease", disposal=date(2026, 3, 1))
    assert [depreciation(leased, month) for month in months(Month(2026, 1), 3)] == [0, 0, 0]
    assert book_value(leased, Month(2026, 1)) == 0
    assert gain(leased, Month(2026, 3)) is None


@pytest.mark.parametrize(
    ("first", "month", "days"),
    [
        (date(2026, 1, 15), Month(2026, 1), 17),
        (date(2026, 1, 15), Month(2026, 2), 28),
        (date(2026, 1, 15), Month(2025, 12), 0),
        (date(2026, 1, 15), Month(2026, 3), 9),
        (date(2026, 1, 15), Month(2026, 4), 0),
    ],
)
def test_days_of_use_end_before_the_day_of_disposal(
    asset: Callable[..., Asset], first: date, month: Month, days: int
) -> None:
    assert asset(in_service=first, disposal=date(2026, 3, 10)).days(month) == days


def test_the_day_of_a_life_that_no_month_has_is_its_last(asset: Callable[..., Asset]) -> None:
    server = asset(
        in_service=date(2026, 1, 31), life_months=1, convention="daily", cost=Decimal(28)
    )
    assert [depreciation(server, month) for month in months(Month(2026, 1), 2)] == [1, 27]


@pytest.mark.failure("C03")
@given(
    convention=st.sampled_from(CONVENTIONS),
    cents=st.integers(1, 10**9),
    kept=st.integers(0, 100),
    day=st.integers(0, 800),
    life=st.integers(1, 120),
    gone=st.none() | st.integers(0, 4000),
)
def test_all_months_sum_to_cost_less_residual_or_to_what_disposal_left(
    convention: Convention, cents: int, kept: int, day: int, life: int, gone: int | None
) -> None:
    first = date(2024, 1, 1) + timedelta(days=day)
    disposal = None if gone is None else first + timedelta(days=gone)
    cost, residual = Decimal(cents).scaleb(-2), Decimal(cents * kept // 100).scaleb(-2)
    server = Asset(
        row=1,
        asset_id="a",
        description="",
        serial="",
        project="",
        cost=cost,
        residual=residual,
        in_service=first,
        life_months=life,
        currency="USD",
        convention=convention,
        disposal=disposal,
        cluster="",
        gpus=0,
        gpu_type="",
        proceeds=Decimal(1),
        hours=None,
        funding="owned",
        invoice_id="",
    )
    end = Month.of(first) + life + 1
    last = end if disposal is None else max(Month.of(disposal), end)
    span = months(Month.of(first), last - Month.of(first) + 1)
    charged = [depreciation(server, month) for month in span]
    assert all(cost >= 0 for cost in charged)
    if disposal is None or Month.of(disposal) > end:
        assert sum(charged) == cost - residual
    else:
        won = gain(server, Month.of(disposal))
        assert won is not None
        assert won + cost - sum(charged) == 1
        assert sum(charged) <= cost - residual
    cells = {
        "cost": str(cost),
        "residual": str(residual),
        "currency": "USD",
        "in_service_date": str(first),
        "life_months": str(life),
        "convention": convention,
        "disposal_date": str(disposal or ""),
    }
    assert _written_off(cells, last) == accumulated(server, last)
