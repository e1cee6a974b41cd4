"""Which factors of items anybody measured, and what of a plan is for the months so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from models.beside import BESIDE
from models.period import Month
from reconcile.decision.asked import Asked
from reconcile.decision.observed import Observed, done, observed, runs_of
from reconcile.decision.spending import Spending
from reconcile.run.table import RUNS

D = Decimal
F = Fraction
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
Seen = Callable[..., Observed]


@dataclass(frozen=True)
class Ran:
    """Runs of October by name, hours and cost."""

    rows: tuple[tuple[str, int], ...] = (("a", 30), ("b", 60))

    @property
    def frame(self) -> pl.DataFrame:
        base = {"month": "2026-10", "project": "bot", "outcome": "succeeded", "cost": D(0)}
        return pl.DataFrame(
            [{**base, "run_id": run, "gpu_hours": D(hours)} for run, hours in self.rows],
            schema=RUNS,
        )


@pytest.fixture(name="seen", scope="module")
def seen_fixture(spend_of: Any, rates_of: Any, plan_of: Any) -> Seen:
    """Return what is observed of the first of some items, at the end of October."""

    def build(
        *items: Any, rows: Iterable[Mapping[str, Any]] = (), runs: Ran | None = None
    ) -> Observed:
        spending = Spending(spend_of([*rows]), rates_of(), "USD", OCTOBER)
        asked = Asked(runs=(runs or Ran()).frame)
        plan = plan_of(project="bot", start=OCTOBER, items=items)
        return observed(asked, spending, plan, items[0])

    return build


def cost(amount: str, hours: int = 0, day: date = date(2026, 10, 2)) -> dict[str, Any]:
    return {
        "project": "bot",
        "category": "training_compute",
        "item": "train",
        "day": day,
        "cost": D(amount),
        "consumed_unit": "GPU-Hours",
        "consumed_quantity": D(hours),
    }


def test_runs_and_hours_as_billed_make_the_factors(seen: Seen, item_of: Any) -> None:
    item = item_of("train", "training_compute", [D(1), D(3)],
                   {"gpu_hours_per_job": D(1), "jobs": D(4)}, "h", D(1))  # fmt: skip

    found = seen(item, rows=[cost("200", 100), cost("7", 9, date(2026, 11, 1))])

    assert found.factors == {"gpu_hours_per_job": F(50), "jobs": F(2), "unit_price": F(2)}
    assert (found.done, found.reason) == (F(1, 4), "")


def test_without_billed_hours_those_that_runs_worked_count(seen: Seen, item_of: Any) -> None:
    factors = {"runs": D(4), "hours": D(1)}
    item = item_of("train", "training_compute", [D(4)], factors, "h", D(1))

    found = seen(item, rows=[cost("180")])

    assert found.factors == {"runs": F(2), "hours": F(45), "unit_price": F(2)}


def test_runs_of_several_items_are_nobodys(seen: Seen, item_of: Any) -> None:
    items = [
        item_of(name, "training_compute", [D(4)], {word: D(4), "hours": D(1)}, "h", D(1))
        for name, word in (("train", "runs"), ("sweep", "sweeps"))
    ]

    found = seen(*items, rows=[cost("180", 90)])

    assert (found.factors, found.reason) == (
        {},
        "several items of the plan have runs, and nobody says which run is of which",
    )


@pytest.mark.parametrize("unit", ["GPU-hour", "gpu_hours", "gpu h"])
def test_an_item_of_hours_alone_has_one_factor(seen: Seen, item_of: Any, unit: str) -> None:
    item = item_of("train", "training_compute", [D(1), D(1)], {"hours": D(50)}, unit, D(1))

    found = seen(item, rows=[cost("180", 90)])

    assert (found.factors, found.done) == ({"hours": F(90), "unit_price": F(2)}, F(1, 2))
    assert seen(item, rows=[cost("180")]).reason == "no hours of accelerators are known"


def test_what_nobody_measures_says_so(seen: Seen, item_of: Any) -> None:
    item = item_of("eng", "labor", [D(1)], {"months": D(5)}, "month", D(1))

    assert seen(item).reason == "nobody measures its quantity"


def test_runs_are_a_factor_of_training_alone(item_of: Any) -> None:
    training = item_of("a", "training_compute", [D(1)], {"sweeps": D(1)}, "sweep", D(1))
    labor = item_of("b", "labor", [D(1)], {"runs": D(1)}, "run", D(1))

    assert (runs_of(training), runs_of(labor)) == ("sweeps", None)


@pytest.mark.parametrize(("month", "share"), [(OCTOBER, F(1, 4)), (NOVEMBER, F(1))])
def test_what_is_planned_so_far_is_by_its_shares(
    spend_of: Any, rates_of: Any, plan_of: Any, item_of: Any, month: Month, share: Fraction
) -> None:
    item = item_of("a", "labor", [D(1), D(3)])
    plan = plan_of(project="bot", start=OCTOBER, items=[item])

    assert done(plan, item, Spending(spend_of([]), rates_of(), "USD", month)) == share


def test_spending_knows_its_last_day_and_months(spend_of: Any, rates_of: Any) -> None:
    rows = [cost("5"), cost("7", day=date(2026, 9, 3)), cost("9", day=date(2026, 11, 3))]
    found = Spending(spend_of(rows), rates_of(), "USD", OCTOBER)
    key = ("training_compute", "train")

    assert found.items("bot") == {key: D(12)}
    assert found.items("bot", month=OCTOBER) == {key: D(5)}
    assert found.until("bot", key, date(2026, 9, 30)) == 7
    assert found.last == date(2026, 10, 2)
    assert Spending(spend_of([]), rates_of(), "USD", OCTOBER).last == OCTOBER.first
    assert found.items("other") == {}


@pytest.mark.failure("G02")
def test_spot_that_came_late_is_weighed_at_the_rate_of_the_month_it_is_late_for(
    spend_of: Any, rates_of: Any
) -> None:
    spot = {**cost("10"), "pricing_category": "Dynamic", "list_cost": D(30), "currency": "EUR"}
    rates = rates_of({("EUR", "2026-09"): D(2), ("EUR", "2026-10"): D(3)})

    found = Spending(spend_of([spot, {**spot, "adjusts": "2026-09"}]), rates, "USD", OCTOBER)

    assert found.spot() == {"bot": (D(30 * 3 + 30 * 2), D(10 * 3 + 10 * 2))}


def test_what_is_asked_has_empty_tables_of_their_own_schema() -> None:
    asked = Asked()

    assert asked.runs.schema == RUNS
    assert asked.usage.schema == {**BESIDE["usage"].schema, "project": pl.String()}
