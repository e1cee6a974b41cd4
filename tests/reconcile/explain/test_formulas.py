"""Every measure has a formula, and every formula comes to its figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import Any

import polars as pl
import pytest

from models.errors import InvariantError
from models.period import Month
from reconcile.explain.formula import Formula, Input, leaf
from reconcile.explain.ground import Asked, Ground
from reconcile.explain.judged import JUDGED
from reconcile.explain.leaf import Condition, Planned, Spent, Stated, project_is
from reconcile.explain.line import LINES
from reconcile.explain.table import FORMULAS, formula, leaves
from reconcile.figure import MEASURES, Figure, Figures

pytestmark = pytest.mark.failure("N05")
OCTOBER = date(2026, 10, 31)
WAY_OUT = (
    "these measures have no formula: give each one in reconcile/explain (LINES for lines of"
    " projects, BILLS for bills and invoices, JUDGED for what a method makes)"
)


def test_every_measure_has_a_formula_and_every_formula_a_measure() -> None:
    assert {*MEASURES} - {*FORMULAS} == set(), WAY_OUT
    assert {*FORMULAS} - {*MEASURES} == set()


ODD = ("after", "before", "adjusted", "adjusted_billed")  # of scopes that say more


def test_no_formula_leads_back_to_itself(ground: Ground) -> None:
    """Every measure is asked of one scope that has all of them; inputs of a cycle never end."""
    figures, measures = Figures("USD"), [each for each in (*LINES, *JUDGED) if each not in ODD]
    for measure in measures:
        figures.add("bot/labor/x", "2026-10", measure, Decimal(1))
    whole = replace(ground, report=replace(ground.report, figures=figures))

    asked = {
        measure: [each.id for each in FORMULAS[measure](Asked(whole, figure)).inputs]
        for measure in measures
        for figure in (figures[f"bot/labor/x/2026-10/{measure}"],)
    }

    order = TopologicalSorter(
        {each: [one.rsplit("/", 1)[-1] for one in ids if "/2026-10/" in one]
         for each, ids in asked.items()}
    )  # fmt: skip
    assert {*order.static_order()} >= {*measures}


@pytest.fixture
def ground(october: Ground) -> Ground:
    return october


def test_each_figure_of_a_report_comes_out_of_its_formula(ground: Ground) -> None:
    report = ground.report

    told = [formula(Asked(ground, each)) for each in report.figures.values()]

    assert len(told) > 200
    assert all(each.said for each in told)
    assert all(each.inputs for each in told if each.how == "percent")


@pytest.mark.parametrize(
    ("figure", "how", "inputs"),
    [
        ("bot/training_compute/2026-10/ac", "sum", [
            ("sum of tco_cost of spend where project = bot and category = training_compute"
            " and month = 2026-10")]),
        ("bot/2026-10/ac", "sum", ["bot/labor/2026-10/ac", "bot/training_compute/2026-10/ac"]),
        ("portfolio/2026-10/ac", "sum", ["bot/2026-10/ac", "chat/2026-10/ac"]),
        ("portfolio/labor/2026-10/pl", "sum", ["bot/labor/2026-10/pl"]),
        ("bot/to-2026-10/ac", "sum", ["bot/2026-09/ac", "bot/2026-10/ac"]),
        ("bot/2026-10/delta", "sum", ["bot/2026-10/ac", "bot/2026-10/pl"]),
        ("bot/2026-10/pct", "percent", ["bot/2026-10/delta", "bot/2026-10/pl"]),
        ("bot/completion/eac", "sum", ["bot/to-2026-10/ac", "bot/completion/etc"]),
        ("bot/completion/etc", "sum",
         ["bot/labor/completion/etc", "bot/training_compute/completion/etc"]),
        ("portfolio/labor/completion/etc", "sum", ["bot/labor/completion/etc"]),
        ("bot/labor/completion/etc", "sum", []),
        ("bot/completion/unfunded", "method", ["bot/completion/dbac", "bot/completion/reserve"]),
        ("chat/completion/unfunded", "sum", ["chat/completion/dbac", "chat/completion/drawn"]),
        ("bot/2026-10/room", "sum", ["bot/completion/beyond"]),
        ("bot/2026-10/balance", "sum", ["bot/2026-10/opening"]),
        ("bot/completion/limit", "sum", ["bot/completion/bac", "bot/completion/reserve"]),
        ("portfolio/completion/reserve", "sum",
         ["bot/completion/reserve", "chat/completion/reserve"]),
        ("bot/labor/completion/bac", "sum", ["items of the plan of bot/labor"]),
        ("source/aws/USD/2026-10/billed", "sum", [
            ("sum of billed_cost of spend where source = aws and currency = USD"
            " and period = 2026-10 and adjusts is empty")]),
        ("source/aws/USD/2026-10/difference", "sum",
         ["source/aws/USD/2026-10/billed", "source/aws/USD/2026-10/control"]),
    ],
)  # fmt: skip
def test_a_formula_names_what_it_is_made_of(
    ground: Ground, figure: str, how: str, inputs: list[str]
) -> None:
    found = formula(Asked(ground, ground.report.figures[figure]))

    assert (found.how, sorted(each.said for each in found.inputs)) == (how, sorted(inputs))


def test_inputs_that_come_to_something_else_stop_the_explanation(ground: Ground) -> None:
    figure = ground.report.figures["bot/2026-10/delta"]
    other = Figure(figure.id, Decimal("0.01"), figure.basis, figure.unit, figure.definition)

    with pytest.raises(InvariantError) as raised:
        formula(Asked(ground, other))

    assert str(raised.value) == (
        "figure bot/2026-10/delta: is 0.01, and its formula, ac minus pl, comes to "
        f"{figure.value}; tell its authors"
    )


def test_a_percentage_is_taken_to_its_last_place() -> None:
    both = (Input(value=Decimal(1)), Input(value=Decimal(3)))

    assert Formula(how="percent", said="p", inputs=both).comes_to() == Decimal("33.333333")


@pytest.fixture(scope="session")
def ahead(portfolio_of: Any, plan_of: Any, item_of: Any, rates_of: Any) -> Ground:
    """A project in October whose plan goes on to December, and that cost in October alone."""
    amounts = [Decimal(100), Decimal(100), Decimal(100), Decimal("50.50")]
    plan = plan_of(
        "bot", start=Month(2026, 9), items=(item_of("people", "labor", amounts),),
        contingency=Decimal(10),
    )  # fmt: skip
    rows = [{"project": "bot", "category": "labor", "day": OCTOBER, "cost": Decimal(230)}]
    return Ground(portfolio_of(rows, plans=[plan]), [plan], rates_of({}))


def test_what_a_method_makes_is_a_leaf_of_the_sum_it_is_a_part_of(ahead: Ground) -> None:
    """An estimate is actual to date, and what a category's method expects of each later month."""
    asked = Asked(ahead, ahead.report.figures["portfolio/completion/eac"])

    found = [*leaves(asked)]

    forecast = ahead.lines["bot/labor"].tally.forecast
    made = [each for sign, each in found if sign and isinstance(each, Stated)]
    assert made == [
        Stated(kind="method", said=f"bot/labor/{month}/fc", value=forecast[Month.parse(month)])
        for month in ("2026-11", "2026-12")
    ]
    spent = sum(sign for sign, each in found if isinstance(each, Spent))
    assert (spent, asked.figure.value) == (1, 230 + sum(each.value or 0 for each in made))
    assert {sign for sign, each in found if isinstance(each, Planned)} <= {0}


@pytest.mark.parametrize(
    ("figure", "how", "inputs"),
    [
        ("portfolio/2026-11/fc", "sum", ["bot/2026-11/fc"]),
        (
            "portfolio/to-2026-11/fc",
            "sum",
            [f"portfolio/2026-{at}/fc" for at in ("09", "10", "11")],
        ),
        ("bot/labor/completion/etc", "sum", ["bot/labor/2026-11/fc", "bot/labor/2026-12/fc"]),
    ],
)
def test_a_forecast_is_the_sum_of_months_and_projects(
    ahead: Ground, figure: str, how: str, inputs: list[str]
) -> None:
    found = formula(Asked(ahead, ahead.report.figures[figure]))

    assert (found.how, sorted(each.id for each in found.inputs)) == (how, inputs)


def test_a_figure_without_a_value_says_so(ground: Ground) -> None:
    figure = ground.report.figures["chat/2026-10/ac"]
    nothing = Figure(figure.id, None, figure.basis, figure.unit, figure.definition)

    found = formula(Asked(ground, nothing))

    assert found.said == ("n/a: actual: effective cost plus non-recoverable tax cannot be told")
    assert not found.inputs


def test_rows_of_a_plan_say_where_they_are_written(ground: Ground) -> None:
    found = formula(Asked(ground, ground.report.figures["bot/labor/2026-10/pl"])).inputs[0].leaf

    assert isinstance(found, Planned)
    (row,) = found.rows
    assert (row.item, row.month, row.version) == ("people", "2026-10", 2)
    assert (row.amount, row.rate, row.value) == (Decimal(1000), Decimal("1.25"), Decimal(1250))
    assert (row.currency, row.file) == ("EUR", "plans/bot.yaml:7")


def test_what_says_nothing_is_something_else_than_a_word() -> None:
    """Credits stand apart; a row without a category of charge is none."""
    rows = pl.DataFrame({"charge_category": ["Credit", "Usage", None]})

    found = [
        rows.filter(Condition("charge_category", sign, ("Credit",)).met).rows()
        for sign in ("=", "!=")
    ]

    assert found == [[("Credit",)], [("Usage",), (None,)]]


@pytest.mark.parametrize(
    ("figure", "category"),
    [
        (
            "adjustment/2026-08/aws/bot/labor/credit/USD/2026-10/adjusted",
            "charge_category = Credit",
        ),
        ("adjustment/2026-08/aws/bot/labor/late/USD/2026-10/adjusted", "charge_category != Credit"),
    ],
)
def test_a_line_of_adjustments_is_the_late_rows_of_its_cause(
    ground: Ground, figure: str, category: str
) -> None:
    asked = Asked(ground, Figure(figure, Decimal(1), "effective", "USD", "d"))

    found = formula(asked)

    (own,) = found.inputs
    assert found.how == "sum"
    assert own.said == (
        "sum of tco_cost of spend where month = 2026-10 and adjusts is filled and"
        " adjusts = 2026-08 and source = aws and project = bot and category = labor and"
        f" currency = USD and {category}"
    )


def test_a_leaf_of_spend_reads_as_a_sentence() -> None:
    where = (project_is("p"), Condition("day", ">", ("2026-10-31",)),
             Condition("category", "in", ("a", "b")))  # fmt: skip

    assert Spent(where=where, cost="billed_cost").said == (
        "sum of billed_cost of spend where project = p and day > 2026-10-31 and category in a, b"
    )
    assert leaf("x", Stated(kind="plan", said="s", value=None)).comes_to() == 0
