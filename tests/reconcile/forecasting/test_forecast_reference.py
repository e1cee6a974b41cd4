from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.period import Month, months
from reconcile.forecasting.known import Bases, Known
from reconcile.forecasting.reference import final_share, middle
from reconcile.forecasting.span import Scope, estimate_range

Months = Sequence[Month]
SHARES = [Fraction(n, 10) for n in (9, 8, 10, 11, 12, 13, 14, 15, 16, 25)]


def test_a_project_is_finished_when_nothing_is_to_come(
    basis: Callable[..., Any], item: Callable[..., Any]
) -> None:
    def share(**given: Any) -> Fraction | None:
        base: dict[str, Any] = {"spent": {"": [150, 50, 70]}, "n": 3}
        return final_share(basis(item([100] * 3), **{**base, **given}))

    assert share() == Fraction(27, 30)
    assert share(n=2) is None
    assert share(spent={"": [150, 50, 70, 1]}) is None  # cost of a month that is not reported
    assert share(committed={"infra": Decimal(1)}) is None
    assert share(committed={"infra": Decimal(0)}) == Fraction(27, 30)
    assert final_share(basis(item([0] * 3), spent={"": [5]})) is None


def test_below_ten_projects_nothing_follows() -> None:
    assert middle(SHARES[:9]) is None
    assert middle(SHARES) == (Fraction(8, 10), Fraction(25, 10))
    assert middle([*map(Fraction, range(18))]) == (Fraction(0), Fraction(17))
    second = middle([*map(Fraction, range(19))])
    assert second == (Fraction(1), Fraction(17))  # from either end


@settings(max_examples=30)
@given(st.lists(st.fractions(0, 5), min_size=10, max_size=40))
def test_at_least_eight_of_ten_lie_between(shares: list[Fraction]) -> None:
    found = middle(shares)

    assert found is not None
    between = [share for share in shares if found[0] <= share <= found[1]]
    assert len(between) + 1 >= Fraction(8, 10) * (len(shares) + 1)


def scope_of(six: Months, n: int, **given: Any) -> Scope:
    """Return 50 spent of 100 a month, as planned from there on."""
    base: dict[str, Any] = {
        "actual": dict.fromkeys(six[:n], Decimal(50)),
        "plan": dict.fromkeys(six, Decimal(100)),
        "forecast": {m: Decimal(50 if m in six[:n] else 100) for m in six},
        "reported": six[:n],
        "reserve": Decimal(30),
    }
    return Scope(**{**base, **given})


def ends(scope: Scope) -> list[tuple[str, str]]:
    found = estimate_range(scope)
    return [(f"{found.low:f}", found.low_method), (f"{found.high:f}", found.high_method)]


def test_early_the_range_is_what_finished_projects_came_to(six_months: Months) -> None:
    name = "plan at what finished projects came to"

    assert ends(scope_of(six_months, 1, finished=SHARES)) == [("480.00", name), ("1500.00", name)]
    assert ends(scope_of(six_months, 1, finished=SHARES[:9])) == [
        ("50", "actual plus open commitments"),
        ("580", "actual plus remaining plan plus remaining contingency"),
    ]
    assert ends(scope_of(six_months, 4, finished=SHARES))[1][1] != name


def test_early_ends_hold_the_estimate_and_what_is_ordered(six_months: Months) -> None:
    low = [Fraction(1, 10)] * 10

    assert ends(scope_of(six_months, 3, finished=low, committed=Decimal(400))) == [
        ("450", "actual plus open commitments"),
        ("450", "actual plus open commitments"),
    ]
    high = [Fraction(9)] * 10
    assert ends(scope_of(six_months, 3, finished=high))[0] == ("450", "actual plus remaining plan")


@pytest.mark.parametrize("shares", [(), SHARES])
def test_nothing_is_to_come_of_a_short_project_that_is_over(
    six_months: Months, shares: Sequence[Fraction]
) -> None:
    three = dict.fromkeys(six_months[:3], Decimal(100))
    scope = scope_of(
        six_months, 3, plan=three, forecast=dict.fromkeys(three, Decimal(50)), finished=shares
    )

    assert ends(scope) == [("150", "actual plus open commitments")] * 2


def test_finished_projects_are_known_to_all_others(plan_of: Any, rates_of: Any) -> None:
    first, last = months(Month(2026, 1), 2)
    made = Bases(
        month=last,
        currency="USD",
        rates=rates_of(),
        known=Known(),
        reported=lambda project: [first, last] if project == "old" else [first],
        first={"old": date(2026, 1, 1)},
        reserves={},
    )
    plans = [
        plan_of(name, {("infra", str(month)): Decimal(100) for month in (first, last)})
        for name in ("new", "old")
    ]

    found = made.bases(plans, {"old": {"infra": {"": {first: Decimal(150)}}}})

    assert {name: each.finished for name, each in found.items()} == {
        "new": (Fraction(3, 4),),
        "old": (Fraction(3, 4),),
    }
