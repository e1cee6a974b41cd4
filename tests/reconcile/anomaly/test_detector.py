from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from reconcile.anomaly.detector import Sensitivity, judged
from reconcile.anomaly.robust import THRESHOLD, modified_z

DAY = date(2026, 10, 30)
QUIET = Sensitivity()


def series(*costs: int, last: date = DAY) -> dict[date, Decimal]:
    """Return cost by day, the last of them on a day."""
    return {
        last - timedelta(len(costs) - 1 - place): Decimal(cost)
        for place, cost in enumerate(costs)
        if cost
    }


def test_a_day_that_stands_out_is_told_with_what_was_to_be_expected() -> None:
    found = judged(series(101, 99, 103, 98, 100, 400), {}, DAY, QUIET)

    assert found is not None
    assert (found.day, found.cost, found.expected) == (DAY, Decimal(400), Decimal(100))
    assert (found.excess, found.history) == (Decimal(300), 5)
    assert round(found.z, 1) == Decimal("13.8")  # ln(410 / 110) / ln(1.1), the least spread


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ((100, 100, 100, 100, 400), False),  # four active days are too few
        ((100, 0, 100, 0, 100, 100, 100, 400), True),  # days without cost are no history
        ((100, 100, 100, 100, 100, 149), False),  # half of the median, and less than the floor
        ((1000, 1000, 1000, 1000, 1000, 1500), False),  # just half of the median
        ((1000, 1000, 1000, 1000, 1000, 1501), True),
        ((10, 10, 10, 10, 10, 109), False),  # 99 more: too little money
        ((10, 10, 10, 10, 10, 110), True),
        ((100, 300, 900, 50, 700, 1300), False),  # a series that always jumps
    ],
)
def test_what_stands_out(costs: tuple[int, ...], told: bool) -> None:
    assert (judged(series(*costs), {}, DAY, QUIET) is not None) is told


def test_only_the_days_of_the_window_are_history() -> None:
    costs = series(*[100] * 5, *[0] * 28, 900)

    assert judged(costs, {}, DAY, QUIET) is None
    assert judged(costs, {}, DAY, replace(QUIET, window=33)) is not None


def test_what_known_runs_explain_is_taken_off_on_their_day_and_the_next() -> None:
    costs = series(100, 100, 100, 100, 100, 2100)

    assert judged(costs, {}, DAY, QUIET) is not None
    for shift in (-1, 0, 1):
        known = {DAY + timedelta(shift): Decimal(2000)}
        assert judged(costs, known, DAY, QUIET) is None
    assert judged(costs, {DAY + timedelta(2): Decimal(2000)}, DAY, QUIET) is not None


def test_a_run_must_cost_a_third_more_than_it_was_scheduled_at() -> None:
    costs, known = series(*[100] * 6, 2799), {DAY: Decimal(2000)}  # the day before is a run's, too

    assert judged(costs, known, DAY, QUIET) is None  # 699 more than usual, of 2,000
    found = judged(costs | {DAY: Decimal(2801)}, known, DAY, QUIET)
    assert found is not None
    assert (found.expected, found.excess) == (Decimal(2100), Decimal(701))


def f1(told: set[date], true: set[date]) -> Decimal:
    hits = len(told & true)
    return Decimal(2 * hits) / Decimal(len(told) + len(true)) if told or true else Decimal(1)


def bursty(chance: Random) -> tuple[dict[date, Decimal], dict[date, Decimal], set[date]]:
    """Return 120 days of cost with scheduled runs on a sixth of them, and what was wrong."""
    costs: dict[date, Decimal] = {}
    runs: dict[date, Decimal] = {}
    wrong: set[date] = set()
    for place in range(120):
        day = date(2026, 1, 1) + timedelta(place)
        usual = 200 + chance.randint(-50, 50)
        run = 4000 * (chance.random() < 1 / 6)
        late = run * chance.randint(90, 110) // 100
        extra = chance.randint(900, 2500) * (place > 40 and chance.random() < 1 / 20)
        costs[day] = Decimal(usual + late + extra)
        runs |= {day: Decimal(run)} if run else {}
        wrong |= {day} if extra else set()
    return costs, runs, wrong


def test_knowing_the_schedule_finds_more_and_cries_less_than_statistics_alone() -> None:
    ours, plain = [], []
    for seed in range(5):
        costs, runs, wrong = bursty(Random(seed))  # noqa: S311 - the same each time
        days = sorted(costs)[41:]
        ours.append(f1({day for day in days if judged(costs, runs, day, QUIET)}, wrong))
        told = set()
        for day in days:
            history = [costs[day - timedelta(back)] for back in range(1, 29)]
            z = modified_z(costs[day], history)
            told |= {day} if z is not None and z > THRESHOLD else set()
        plain.append(f1(told, wrong))

    assert sum(ours) / 5 > Decimal("0.6")
    assert sum(plain) / 5 < Decimal("0.45")
