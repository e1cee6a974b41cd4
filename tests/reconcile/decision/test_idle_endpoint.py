from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconcile.decision.endpoint import LAG, Endpoint, idle, unknown

D = Decimal
FIRST = date(2026, 10, 1)
LAST = date(2026, 10, 20)


def day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def endpoint(
    costs: Iterable[int] = range(-30, 21),
    *,
    zero: Iterable[int] = range(5, 21),
    busy: Iterable[int] = range(-30, 5),
    standby: bool = False,
) -> Endpoint:
    """Return an endpoint of 12 a day; days are numbered from 1 October."""
    return Endpoint(
        project="p",
        name="e",
        costs={day(n): D(12) for n in costs},
        requests={**{day(n): D(3) for n in busy}, **{day(n): D(0) for n in zero}},
        standby=standby,
    )


def test_the_oracle_of_zombies(oracle: Callable[[str], Any]) -> None:
    known = oracle("zombie")

    found = idle(endpoint(), LAST, days=14, grace=7)

    assert found is not None
    assert found.since == day(5)
    assert str(found.days) == known["idle_days"]
    assert str(found.flagged.day) == known["first_flag_day"]
    assert str(found.cost) == known["idle_cost_to_day20"]
    assert str(found.monthly) == known["projected_30d_waste"]


@pytest.mark.parametrize(("last", "told"), [(17, False), (18, True), (19, True)])
def test_it_is_told_from_the_fourteenth_day_on(last: int, *, told: bool) -> None:
    assert (idle(endpoint(), day(last), days=14, grace=7) is not None) is told


def test_what_is_meant_to_wait_is_not_told() -> None:
    assert idle(endpoint(standby=True), LAST, days=14, grace=7) is None


@pytest.mark.parametrize(("begun", "told"), [(-1, 14), (0, 14), (1, 13)])
def test_the_first_seven_days_do_not_count(begun: int, told: int) -> None:
    fresh = endpoint(range(begun, 21), zero=range(begun, 21), busy=())

    found = idle(fresh, LAST, days=1, grace=7)

    assert found is not None
    assert found.days == told + (begun == -1)


def test_a_day_that_nobody_measured_is_unknown_and_ends_the_run() -> None:
    gap = endpoint(zero=[n for n in range(5, 21) if n != 10])

    found = idle(gap, LAST, days=10, grace=7)

    assert found is not None
    assert (found.since, found.days) == (day(11), 10)
    assert idle(gap, LAST, days=11, grace=7) is None


def test_a_day_without_cost_is_no_idle_day() -> None:
    gap = endpoint([n for n in range(-30, 21) if n != 10])

    found = idle(gap, LAST, days=1, grace=7)

    assert found is not None
    assert found.days == 10


def test_one_request_is_use() -> None:
    used = endpoint(busy=[*range(-30, 5), 20], zero=range(5, 20))

    assert idle(used, LAST, days=1, grace=7) is None


@pytest.mark.parametrize(("behind", "told"), [(LAG, True), (LAG + 1, False)])
def test_bills_and_metrics_may_be_a_little_behind(behind: int, *, told: bool) -> None:
    late = endpoint(zero=range(5, 21 - behind))

    assert (idle(late, LAST, days=2, grace=7) is not None) is told
    assert unknown(late, LAST) is not told


def test_what_was_switched_off_is_neither_idle_nor_unknown() -> None:
    gone = endpoint(range(-30, 16), zero=range(5, 16))

    assert idle(gone, LAST, days=2, grace=7) is None
    assert not unknown(gone, LAST)


def test_an_endpoint_without_cost_or_without_a_count_is_not_idle() -> None:
    assert idle(endpoint(()), LAST, days=1, grace=0) is None
    assert idle(endpoint(zero=(), busy=()), LAST, days=1, grace=0) is None
    assert unknown(endpoint(zero=(), busy=()), LAST)
