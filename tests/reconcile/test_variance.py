from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.money import ZERO, rounded
from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.state import Materiality, State, material
from reconcile.tie_out import SourceState
from reconcile.variance import VARIANCE, comparison, variance_frame

SEPTEMBER, OCTOBER = Month(2026, 9), Month(2026, 10)


ORACLES = Path(__file__).resolve().parent.parent / "oracles"
Build = Callable[..., Portfolio]


def spent(cost: str, month: Month, **said: Any) -> dict[str, Any]:
    """A row of infra of one project."""
    return {"project": "p", "category": "infra", "day": month.first, "cost": Decimal(cost)} | said


@dataclass(frozen=True)
class Months:
    """Months up to `ended` have ended, and all are whole but one of a project."""

    ended_with: Month
    missing: tuple[str, Month] | None = None

    def whole(self, project: str, at: Month) -> bool:
        return self.ended(at) and (project, at) != self.missing

    def ended(self, at: Month) -> bool:
        return at <= self.ended_with


def test_a_matrix_with_holes_keeps_every_cell(thresholds: Materiality) -> None:
    actual = {
        ("a", "infra", SEPTEMBER): Decimal(5000),
        ("a", "labor", OCTOBER): Decimal(-300),
        ("b", "infra", OCTOBER): Decimal(0),
    }
    plan = {
        ("a", "infra", SEPTEMBER): Decimal(4000),
        ("a", "labor", OCTOBER): Decimal(100),
        ("a", "labor", SEPTEMBER): Decimal(100),
        ("b", "data", OCTOBER): Decimal(0),
    }

    frame = variance_frame(
        actual,
        plan,
        Months(OCTOBER, ("a", OCTOBER)),
        thresholds,
    )

    assert frame.schema == VARIANCE
    assert frame.drop("percent").rows() == [
        ("a", "infra", "2026-09", Decimal(4000), Decimal(5000), Decimal(1000), "at_risk"),
        ("a", "labor", "2026-09", Decimal(100), Decimal(0), Decimal(-100), "no_actuals"),
        ("a", "labor", "2026-10", Decimal(100), Decimal(-300), Decimal(-400), "incomplete"),
        ("b", "data", "2026-10", Decimal(0), Decimal(0), Decimal(0), "no_actuals"),
        ("b", "infra", "2026-10", None, Decimal(0), Decimal(0), "no_plan"),
    ]
    assert frame.get_column("percent").to_list() == [25, -100, None, None, None]


@pytest.mark.failure("F01")
def test_spend_without_a_plan_is_all_over_plan_and_has_no_percentage() -> None:
    seen = comparison(Decimal(700), None, complete=True)

    assert (seen.plan, seen.delta, seen.percent) == (None, Decimal(700), None)


@pytest.mark.failure("F07")
def test_missing_data_is_unknown_and_never_zero() -> None:
    seen = comparison(None, Decimal(700), complete=False)

    assert (seen.actual, seen.delta, seen.percent) == (None, None, None)


def test_no_line_in_a_whole_month_is_a_known_zero() -> None:
    seen = comparison(None, Decimal(200), complete=True)

    assert (seen.actual, seen.delta, seen.percent) == (Decimal(0), Decimal(-200), Decimal(-100))


@pytest.mark.failure("F09")
def test_days_of_a_running_month_are_not_compared_with_the_plan_of_all_of_it(
    thresholds: Materiality,
) -> None:
    november = Month(2026, 11)
    actual = {("a", "infra", november): Decimal(900), ("b", "infra", november): Decimal(5)}
    plan = {("a", "infra", november): Decimal(4000)}

    frame = variance_frame(actual, plan, Months(OCTOBER), thresholds)

    assert frame.drop("percent").rows() == [
        ("a", "infra", "2026-11", Decimal(4000), Decimal(900), None, "incomplete"),
        ("b", "infra", "2026-11", None, Decimal(5), Decimal(5), "no_plan"),
    ]


@pytest.mark.failure("F09")
def test_a_report_of_a_running_month_has_a_forecast_beside_its_days_and_no_difference(
    portfolio_of: Build, plan_of: Any
) -> None:
    plan = plan_of("p", {("infra", "2026-09"): Decimal(100), ("infra", "2026-10"): Decimal(300)})
    rows = [spent("90", Month(2026, 9)), spent("40", OCTOBER)]

    during = portfolio_of(rows, plans=[plan], as_of=OCTOBER.end - timedelta(seconds=1))
    after = portfolio_of(rows, plans=[plan], as_of=OCTOBER.end)

    line, ended = during.projects[0], after.projects[0]
    assert [line.month.ac.value, line.month.pl.value, line.month.delta.value] == [40, 300, None]
    assert [line.to_date.ac.value, line.to_date.delta.value, line.month.material] == [
        130,
        None,
        False,
    ]
    assert line.completion.delta.value == -10
    assert [ended.month.delta.value, ended.to_date.delta.value] == [-260, -270]
    assert [each.delta.value for each in during.months] == [-10, None]
    assert during.drivers.month == during.drivers.to_date == ()
    assert [each.whole.delta.value for each in after.drivers.month] == [-260]


@pytest.mark.failure("F07")
@pytest.mark.parametrize("hours", [-24, 0, 1, 12, 24, 36, 47, 48])
def test_no_project_is_on_plan_before_its_bills_are_in(
    portfolio_of: Build, plan_of: Any, hours: int
) -> None:
    plan = plan_of("p", {("infra", "2026-10"): Decimal(100)})
    source = SourceState(source="cloud", state="missing")

    p = portfolio_of(
        [spent("100", OCTOBER)],
        plans=[plan],
        as_of=OCTOBER.end + timedelta(hours=hours),
        sources=[source],
    )

    assert p.projects[0].state is State.INCOMPLETE
    assert p.projects[0].categories[0].state is State.INCOMPLETE
    assert p.variance["state"].to_list() == ["incomplete"]
    assert p.state == "FLASH"


@pytest.mark.failure("F02")
@pytest.mark.parametrize(
    ("actual", "delta", "state"),
    [("0", 0, "on_plan"), ("1500", 1500, "at_risk"), ("-1500", -1500, "on_plan")],
)
def test_a_plan_of_zero_has_no_percentage(
    thresholds: Materiality, actual: str, delta: int, state: str
) -> None:
    cell = ("a", "infra", OCTOBER)

    frame = variance_frame({cell: Decimal(actual)}, {cell: ZERO}, Months(OCTOBER), thresholds)

    assert frame.select("delta", "percent", "state").rows() == [(delta, None, state)]


@pytest.mark.failure("F03")
def test_a_refund_month_is_shown_as_it_is_and_claims_no_saving(
    thresholds: Materiality, portfolio_of: Build, plan_of: Any
) -> None:
    cell = ("p", "infra", OCTOBER)
    frame = variance_frame(
        {cell: Decimal(-1200)}, {cell: Decimal(1000)}, Months(OCTOBER), thresholds
    )
    plan = plan_of("p", {("infra", "2026-10"): Decimal(1000)})

    p = portfolio_of([spent("-1200", OCTOBER, charge_category="Credit")], plans=[plan])

    assert frame.select("actual", "delta", "percent").rows() == [(-1200, -2200, None)]
    (table,) = p.drivers.month
    assert {name: figure.value for name, figure in table.parts.items()} == {
        "credits": -1200,
        "spend": -1000,
    }
    assert not table.whole.coloured


def test_materiality_of_the_worked_month_is_an_amount_and_a_share(
    thresholds_of: Callable[..., Materiality],
) -> None:
    stated = json.loads((ORACLES / "monthly_report.json").read_text("utf-8"))
    both = thresholds_of(percent=Decimal(10), floor=Decimal(500))
    cells = {name: ("seed", name, OCTOBER) for name in stated["rows"]}
    actual = {cells[n]: Decimal(row["actual"]) for n, row in stated["rows"].items()}
    plan = {cells[n]: Decimal(row["plan"]) for n, row in stated["rows"].items()}

    frame = variance_frame(actual, plan, Months(OCTOBER), both)

    found = {row["category"]: row for row in frame.to_dicts()}
    for name, row in stated["rows"].items():
        assert found[name]["delta"] == Decimal(row["var"])
        assert rounded(found[name]["percent"], 2) == Decimal(row["pct"])
        assert material(found[name]["delta"], found[name]["plan"], both) is stated["material"][name]
    assert frame["delta"].sum() == Decimal(stated["total_variance"])


@pytest.mark.parametrize(
    ("delta", "plan", "expected"),
    [
        ("500", "0", True),
        ("499.99", "0", False),
        ("500", None, True),
        ("500", "5000", True),
        ("500", "5000.01", False),
        ("-500", "5000", True),
        ("499.99", "100", False),
    ],
)
def test_both_bounds_of_materiality_count_from_their_value_on(
    thresholds_of: Callable[..., Materiality], delta: str, plan: str | None, expected: bool
) -> None:
    both = thresholds_of(percent=Decimal(10), floor=Decimal(500))

    assert material(Decimal(delta), None if plan is None else Decimal(plan), both) is expected
