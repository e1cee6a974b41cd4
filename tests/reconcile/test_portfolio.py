from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.category import TERMS, UNALLOCATED
from models.errors import InvariantError
from models.period import Month
from reconcile import check
from reconcile.figure import is_figure_id
from reconcile.forecasting.spreading import total
from reconcile.line import Line, Outlook
from reconcile.portfolio import Portfolio
from reconcile.state import State
from reconcile.tie_out import SourceState

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
Build = Callable[..., Portfolio]


def row(project: str, cost: str, **rest: object) -> dict[str, object]:
    base = {"category": "infra", "day": date(2026, 10, 5), "cost": Decimal(cost)}
    return {"project": project, **base, **rest}


def flat(plan_of: Any, project: str, amount: str, contingency: str = "0", **rest: Any) -> Any:
    months = ["2026-09", "2026-10", "2026-11", "2026-12"]
    amounts = {("infra", month): Decimal(amount) for month in months}
    return plan_of(project, amounts, Decimal(contingency), start=Month(2026, 9), **rest)


def outlook(line: Line) -> Outlook:
    assert line.outlook is not None
    return line.outlook


def test_contingency_is_not_pooled(portfolio_of: Build, plan_of: Any) -> None:
    rows = [
        row(project, cost, day=date(2026, month, 5))
        for project, cost in (("over", "150"), ("calm", "100"))
        for month in (9, 10)
    ]
    plans = [flat(plan_of, "over", "100", "60"), flat(plan_of, "calm", "100", "500")]

    p = portfolio_of(rows, plans=plans)

    reserve = outlook(p.total).reserve
    assert [line.key for line in p.projects] == ["over", "calm"]
    assert outlook(p.projects[0]).reserve.left.value == 0
    assert outlook(p.projects[0]).beyond.value == 40
    assert reserve.approved.value == 560
    assert reserve.left.value == 500
    assert reserve.unfunded.value == 40
    assert outlook(p.total).beyond.value is None  # a pooled limit would say 460 to spare
    assert p.projects[0].state is State.OVER_LIMIT
    assert p.total.state is State.AT_RISK


def test_unallocated_cost_stands_beside_the_projects_and_is_never_dropped(
    portfolio_of: Build, plan_of: Any
) -> None:
    rows = [row("p", "60"), row(UNALLOCATED, "40", category=UNALLOCATED)]

    p = portfolio_of(rows, plans=[flat(plan_of, "p", "100")])

    assert p.total.month.ac.value == 60
    assert p.unallocated.month.ac.value == 40
    assert p.allocation.percent.value == 60


def test_a_project_whose_category_no_rule_gave_keeps_it_in_its_sum(portfolio_of: Build) -> None:
    p = portfolio_of([row("p", "60"), row("p", "7", category=UNALLOCATED)])

    assert p.projects[0].month.ac.value == 67
    assert [line.key for line in p.categories] == [*TERMS, UNALLOCATED]


@pytest.mark.failure("F01")
def test_a_project_without_a_plan_is_shown_with_all_its_cost_as_difference(
    portfolio_of: Build, plan_of: Any
) -> None:
    p = portfolio_of([row("unplanned", "60")], plans=[flat(plan_of, "p", "100")])

    line = next(line for line in p.projects if line.key == "unplanned")
    assert line.state is State.NO_PLAN
    assert line.month.delta.value == 60
    assert (line.month.pl.value, line.month.pct.value) == (None, None)
    assert p.variance.filter(project="unplanned").get_column("state").to_list() == ["no_plan"]


@pytest.mark.failure("F03")
def test_a_refund_month_claims_no_saving_and_names_the_credit(
    portfolio_of: Build, plan_of: Any
) -> None:
    rows = [
        row("p", "2000"),
        row("p", "-9000", charge_category="Credit", service_name="Promotion"),
    ]

    p = portfolio_of(rows, plans=[flat(plan_of, "p", "90000")])

    period = p.projects[0].month
    assert period.ac.value == -7000
    assert period.pct.value is None
    assert not period.coloured
    assert period.material
    assert p.notes == (
        (
            "p: credits exceed cost in 2026-10, no saving is claimed;"
            " largest credit: cloud Promotion Credit"
        ),
    )


ABSENT = ["missing", "stale", "quarantined", "forbidden", "broken", "empty"]


@pytest.mark.failure("F07")
@pytest.mark.parametrize("state", ABSENT)
def test_an_absent_source_turns_the_projects_it_charges_grey(
    portfolio_of: Build, plan_of: Any, state: str
) -> None:
    rows = [row("p", "100"), row("q", "100", source="other")]
    plans = [flat(plan_of, "p", "100"), flat(plan_of, "q", "100")]
    sources = [SourceState(source="cloud", state=state), SourceState(source="other", state="final")]

    p = portfolio_of(rows, plans=plans, sources=sources)

    assert {line.key: line.state for line in p.projects} == {
        "p": State.INCOMPLETE,
        "q": State.ON_PLAN,
    }
    assert p.total.state is State.INCOMPLETE
    assert p.state == "FLASH"
    assert p.notes == (f"2026-10 is incomplete: source cloud {state}",)


def test_a_source_that_never_delivered_may_concern_everybody(
    portfolio_of: Build, plan_of: Any
) -> None:
    sources = [SourceState(source="labels", state="missing", detail="no file in invoices/")]

    p = portfolio_of([row("p", "100")], plans=[flat(plan_of, "p", "100")], sources=sources)

    assert p.projects[0].state is State.INCOMPLETE
    assert p.notes == ("2026-10 is incomplete: source labels missing: no file in invoices/",)


def test_a_gap_in_an_earlier_month_is_said_and_keeps_its_plan_in_the_estimate(
    portfolio_of: Build, plan_of: Any
) -> None:
    sources = [SourceState(source="cloud", state="final", gaps=(Month(2026, 9),))]

    p = portfolio_of([row("p", "100")], plans=[flat(plan_of, "p", "100")], sources=sources)

    assert p.projects[0].completion.eac.value == 400
    assert p.projects[0].state is State.INCOMPLETE
    assert p.months[0].amount.value is None
    assert p.notes == ("cloud never delivered 2026-09",)


@pytest.mark.failure("F07")
def test_a_month_that_still_runs_is_never_on_plan(portfolio_of: Build, plan_of: Any) -> None:
    during = datetime(2026, 10, 31, 23, 59, tzinfo=UTC)

    p = portfolio_of([row("p", "100")], plans=[flat(plan_of, "p", "100")], as_of=during)

    assert p.projects[0].state is State.INCOMPLETE
    assert p.state == "FLASH"


def test_spend_of_a_later_month_counts_in_the_estimate_only_beyond_its_plan(
    portfolio_of: Build, plan_of: Any
) -> None:
    rows = [row("p", "100", day=date(2026, month, 5)) for month in (9, 10)]
    plan = [flat(plan_of, "p", "100")]

    part = portfolio_of([*rows, row("p", "70", day=date(2026, 11, 5))], plans=plan)
    beyond = portfolio_of([*rows, row("p", "170", day=date(2026, 11, 5))], plans=plan)

    assert part.projects[0].completion.eac.value == 400
    assert beyond.projects[0].completion.eac.value == 470
    assert part.projects[0].month.ac.value == beyond.projects[0].month.ac.value == 100


@pytest.mark.parametrize(
    ("source", "closed", "state"),
    [
        ("final", (), "PRELIM"),
        ("final", (OCTOBER,), "FINAL"),
        ("estimated", (), "FLASH"),
        ("accrued", (), "FLASH"),
        ("missing", (), "FLASH"),
    ],
)
def test_the_state_of_a_report_follows_its_sources(
    portfolio_of: Build, source: str, closed: tuple[Month, ...], state: str
) -> None:
    sources = [SourceState(source="cloud", state=source)]

    assert portfolio_of([row("p", "1")], sources=sources, closed=closed).state == state


def test_a_plan_in_another_currency_is_converted_at_the_rate_of_its_first_month(
    portfolio_of: Build, plan_of: Any, rates_of: Any
) -> None:
    rates = rates_of({("EUR", "2026-09"): Decimal("1.10")})
    plan = flat(plan_of, "p", "100", "50", currency="EUR")

    p = portfolio_of([row("p", "100")], plans=[plan], rates=rates)

    assert p.total.completion.bac.value == 440
    assert outlook(p.total).reserve.approved.value == 55


def test_two_plans_of_one_project_are_refused(portfolio_of: Build, plan_of: Any) -> None:
    plans = [flat(plan_of, "p", "1", version=3), flat(plan_of, "p", "1", version=4)]

    with pytest.raises(InvariantError, match="project p has two plans, versions 3 and 4; give the"):
        portfolio_of(plans=plans)


def test_a_project_that_is_called_as_the_sum_is_refused(portfolio_of: Build) -> None:
    with pytest.raises(
        InvariantError, match=r"figure portfolio/infra/2026-10/ac: 1\.0* USD and 3\.0* USD"
    ):
        portfolio_of([row("portfolio", "1"), row("q", "2")])


def test_a_sum_that_differs_stops_the_report(
    portfolio_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = check.spend_total

    def wrong(*args: Any) -> Decimal:
        return real(*args) + Decimal("1E-18")

    monkeypatch.setattr("reconcile.summed.spend_total", wrong)
    message = "sum of projects and unallocated against all spend: .* difference -1E-18"
    with pytest.raises(InvariantError, match=message):
        portfolio_of([row("p", "1")])


def test_an_empty_portfolio_is_a_report_too(portfolio_of: Build) -> None:
    p = portfolio_of()

    assert p.projects == ()
    assert p.unallocated.month.ac.value == 0
    assert p.months == ()
    assert p.allocation.percent.value is None


def test_every_figure_of_six_projects_has_an_id_of_the_form(six: Portfolio) -> None:
    assert len(six.figures) > 500
    assert all(is_figure_id(key) and figure.id == key for key, figure in six.figures.items())


def test_the_last_running_difference_is_the_overrun_at_completion(six: Portfolio) -> None:
    assert six.months[-1].deviation.value == six.total.completion.delta.value
    assert six.months[-1].total.value == six.total.completion.eac.value


cost = st.decimals(min_value=-(10**11), max_value=10**11, places=18)
spent = st.tuples(
    st.sampled_from(["a", "b", UNALLOCATED]),
    st.sampled_from([*TERMS, UNALLOCATED]),
    st.integers(1, 12),
    st.sampled_from(["USD", "EUR"]),
    cost,
)
planned = st.dictionaries(
    st.tuples(st.sampled_from(TERMS), st.integers(1, 12)),
    st.decimals(min_value=0, max_value=10**9, places=2),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(spent, max_size=12), plans=st.tuples(planned, planned))
def test_projects_categories_and_months_all_sum_to_the_spend(
    portfolio_of: Build, plan_of: Any, rates_of: Any, rows: list[Any], plans: Any
) -> None:
    rates = rates_of({("EUR", f"2026-{m:02d}"): Decimal("1.0837") for m in range(1, 13)})
    amounts: list[Mapping[tuple[str, str], Decimal]] = [
        {(category, f"2026-{month:02d}"): amount for (category, month), amount in plan.items()}
        for plan in plans
    ]

    p = portfolio_of(
        [
            row(project, str(amount), category=category, day=date(2026, month, 1), currency=money)
            for project, category, month, money, amount in rows
        ],
        plans=[plan_of(key, each) for key, each in zip("ab", amounts, strict=True)],
        rates=rates,
    )

    with localcontext(prec=60):
        for name in ("actual", "plan", "forecast"):
            whole = total(getattr(p.total.tally, name))
            assert sum(total(getattr(line.tally, name)) for line in p.projects) == whole
            assert sum(total(getattr(line.tally, name)) for line in p.categories) == whole
        if p.months:
            assert p.months[-1].total.value == p.total.completion.eac.value
            ends = [line.completion.delta.value or Decimal(0) for line in p.projects]
            assert p.total.completion.delta.value == sum(ends)
            assert ends == sorted(ends, reverse=True)


def test_sums_are_exact_beyond_the_usual_precision(portfolio_of: Build) -> None:
    rows = [row("a", "123456789012.000000000000000001"), row("b", "0.000000000000000002")]

    p = portfolio_of(rows)

    assert p.total.month.ac.value == Decimal("123456789012.000000000000000003")


def test_a_project_that_cost_only_later_has_a_line_without_an_estimate(
    portfolio_of: Callable[..., Portfolio],
) -> None:
    rows = [
        {"project": "p", "category": "infra", "day": date(2026, 10, 2), "cost": Decimal(5)},
        {"project": "late", "category": "infra", "day": date(2026, 11, 2), "cost": Decimal(7)},
    ]

    found = portfolio_of(rows, as_of=datetime(2026, 12, 20, tzinfo=UTC))

    lines = {line.key: line.completion.eac.value for line in found.projects}
    assert lines == {"p": 5, "late": 0}
