"""Lines with their amounts: what they add up to, what rounding leaves, and what has no lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.money import MONEY
from models.split.apportionment import apportioned
from reconcile.explain.counted import LINES, Counted, counted
from reconcile.explain.leaf import Spent, project_is

pytestmark = pytest.mark.failure("N05")
DAY = date(2026, 10, 5)
UNIT = Decimal("1E-18")
RATE = Decimal("1.1234567890123")
Count = Callable[..., Counted]


@pytest.fixture(scope="session")
def count(spend_of: Callable[..., pl.DataFrame], rates_of: Any) -> Count:
    """Return what counts lines, given as costs by row of spend: own cost, share, costs."""

    def build(*rows: tuple[Decimal, Decimal, list[Decimal]], currency: str = "USD") -> Counted:
        spend = spend_of(
            {"project": "p", "category": "c", "day": DAY, "cost": own, "share": share,
             "currency": currency}
            for own, share, _ in rows
        ).with_row_index("sid")  # fmt: skip
        lines = [
            {"sid": sid, "delivery": "d", "document": "a", "x_row": at, "sign": 1,
             "derived": None, "said": None,
             **dict.fromkeys(("billed_cost", "effective_cost", "tco_cost"), cost)}
            for sid, (_, _, costs) in enumerate(rows)
            for at, cost in enumerate(costs, 1)
        ]  # fmt: skip
        rates = rates_of({("EUR", "2026-10"): RATE})
        leaf = Spent(where=(project_is("p"),))
        return counted(leaf, spend, pl.DataFrame(lines, schema=LINES), rates, "USD")

    return build


def total(found: Counted) -> Decimal:
    return Decimal(found.rows.select(pl.col("amount").sum().cast(MONEY)).item() or 0)


def test_whole_lines_in_the_currency_of_the_report_leave_nothing(count: Count) -> None:
    found = count((Decimal("0.3"), Decimal(1), [Decimal("0.1"), Decimal("0.2")]))

    assert (total(found), found.own, found.slack, found.lost) == (
        Decimal("0.3"), Decimal("0.3"), Decimal(0), (),
    )  # fmt: skip


def test_a_line_is_shown_with_share_rate_and_amount(count: Count) -> None:
    found = count((Decimal(5), Decimal("0.5"), [Decimal(10)]), currency="EUR")

    row = found.rows.select("cost", "share", "rate", "amount", "currency", "rule").row(0)

    assert row == (Decimal(10), Decimal("0.5"), RATE, 5 * RATE, "EUR", "r, r")
    assert found.own == 5 * RATE
    assert found.slack == UNIT * 2 + UNIT * 10 * RATE


def test_a_row_that_is_late_is_at_the_rate_of_the_month_it_is_late_for(
    spend_of: Callable[..., pl.DataFrame], rates_of: Any
) -> None:
    late = spend_of(
        [{"project": "p", "category": "c", "day": date(2026, 11, 1), "cost": Decimal(2),
          "currency": "EUR"}]
    ).with_columns(adjusts=pl.lit("2026-10")).with_row_index("sid")  # fmt: skip
    line = {"sid": 0, "x_row": 1, "sign": 1, "tco_cost": Decimal(2)}
    leaf = Spent(where=(project_is("p"),))
    rates = rates_of({("EUR", "2026-10"): RATE, ("EUR", "2026-11"): Decimal(7)})

    found = counted(leaf, late, pl.DataFrame([line], schema=LINES), rates, "USD")

    assert found.rows.select("day", "rated", "rate", "amount").row(0) == (
        date(2026, 11, 1), "2026-10", RATE, 2 * RATE,
    )  # fmt: skip


AMOUNTS = st.lists(st.integers(-(10**22), 10**22), min_size=1, max_size=5)


@settings(max_examples=50, deadline=None)
@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=4), st.booleans())
def test_lines_of_any_shares_come_to_the_figure_but_for_rounding(
    count: Count, units: list[int], weights: list[int], euro: bool
) -> None:
    """Rows of spend are apportioned to the last digit; their lines are no more than that apart."""
    weights = weights if any(weights) else [1]
    costs = [Decimal(each).scaleb(-18) for each in units]
    shares = apportioned(10**18, weights)
    parts = apportioned(sum(units), weights)
    rows = [
        (Decimal(part).scaleb(-18), Decimal(share).scaleb(-18), costs)
        for part, share in zip(parts, shares, strict=True)
    ]

    found = count(*rows, currency="EUR" if euro else "USD")

    assert found.lost == ()
    assert abs(found.own - total(found)) <= found.slack
    assert found.slack < Decimal("1e-10")


@pytest.mark.parametrize(
    ("off", "lost"),
    [("0", ()), ("1E-18", ()), ("2E-18", (("USD", Decimal("2E-18")),)),
     ("-2E-18", (("USD", Decimal("-2E-18")),)), ("7", (("USD", Decimal(7)),))],
)  # fmt: skip
def test_spend_that_its_lines_do_not_come_to_is_told(
    count: Count, off: str, lost: tuple[tuple[str, Decimal], ...]
) -> None:
    """One line of nothing may be one unit off; a line of one cent would allow no more."""
    found = count((Decimal(off), Decimal("0.5"), []))

    assert found.lost == lost


def test_spend_without_any_line_is_lost_by_currency(count: Count) -> None:
    found = count((Decimal(3), Decimal(1), []), (Decimal(4), Decimal(1), [Decimal(4)]),
                  currency="EUR")  # fmt: skip

    assert found.lost == (("EUR", Decimal(3)),)
    assert found.rows.height == 1
