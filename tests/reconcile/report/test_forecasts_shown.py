from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from models.period import Month
from reconcile.forecasting.known import Known
from reconcile.forecasting.orders import Ordered
from reconcile.forecasting.past import PastForecast
from reconcile.forecasting.shown import methods
from reconcile.forecasting.whatif import beside, factors, side, what_if
from reconcile.portfolio import Portfolio
from reconcile.report import document, forecasts
from reconcile.report.methods import Heading, Row, table
from reconcile.report.methods import document as methods_document
from reconcile.report.number import NONE

AUGUST, OCTOBER = Month(2026, 8), Month(2026, 10)
Build = Callable[..., Portfolio]


def rows(project: str = "p", spent: tuple[int, ...] = (150, 150, 150), **given: Any) -> list[Any]:
    return [
        {"project": project, "category": "infra", "day": (AUGUST + n).last, "cost": Decimal(each)}
        | given
        for n, each in enumerate(spent)
    ]


@pytest.fixture(name="told", scope="module")
def told_fixture(portfolio_of: Build, plan_of: Any, item_of: Any) -> Portfolio:
    """Three of six months at 150 of 100; half of the runs are done, and 25 labels ordered."""
    plan = plan_of(
        "p",
        items=[
            item_of(
                "train", "infra", [Decimal(100)] * 6,
                {"gpu_hours_per_run": Decimal(2)}, "h", Decimal(1),
            ),
            item_of("label", "data", [Decimal(10)] * 6),
        ],
        start=AUGUST,
        contingency=Decimal(50),
    )  # fmt: skip
    order = Ordered(
        number="PO-1", project="p", category="data", item="label", currency="USD", unit="label",
        quantity=Fraction(60), value=Fraction(60), left=Decimal(25),
    )  # fmt: skip
    past = [
        PastForecast("p", OCTOBER + -1, {OCTOBER: Decimal(130)}),
        PastForecast("p", OCTOBER + -3, {AUGUST: Decimal(150), OCTOBER: Decimal(100)}),
    ]
    known = Known(gained={("p", "train"): {AUGUST: Fraction(1, 2)}}, orders=[order], past=past)
    return portfolio_of(
        [*rows(), *rows("quiet", (7,)), *rows("p", (0, 0, 10), category="data")],
        plans=[plan],
        forecast=known,
    )


def test_the_section_says_method_earned_value_and_cpi_by_category(told: Portfolio) -> None:
    """By hand: 300 are earned for 450, so the other half costs 450; 10 and 25 of labels."""
    found = forecasts.section(told)

    infra = told.forecasts.lines[0].categories[1]
    assert infra.cpi
    assert (infra.cpi.id, infra.eac.id) == ("p/infra/to-2026-10/cpi", "p/infra/completion/eac")
    _, by_category, errors = found.tables
    shown = [[cell.text for cell in row] for row in by_category.rows]
    assert shown == [
        ["p", "Data", "open orders at their price", NONE, NONE, "60.00", "35.00"],
        ["p", "Infra", "category CPI", "300.00", "0.67", "600.00", "900.00"],
    ]
    assert found.shown
    assert (found.key, found.title) == ("forecast", "Forecast")
    assert errors.caption == "How far off it was"


def test_the_section_says_how_far_earlier_forecasts_were_off(told: Portfolio) -> None:
    """By hand: 310 came where 280 were expected, 160 where 100 were."""
    errors = forecasts.section(told).tables[2]

    assert [[cell.text for cell in row] for row in errors.rows] == [
        ["p", "one close before", "9.7", "+9.7"],
        ["p", "three closes before", "37.5", "+37.5"],
        ["All", "one close before", "9.7", "+9.7"],
        ["All", "three closes before", "37.5", "+37.5"],
    ]


@pytest.mark.failure("F13")
def test_the_section_says_what_of_the_plan_has_actuals_at_all(
    told: Portfolio, portfolio_of: Build, plan_of: Any
) -> None:
    """By hand: 300 of infra were planned to date, and 100 of labor of which nobody tells."""
    planned = {("infra", str(AUGUST + n)): Decimal(100) for n in range(3)}
    plan = plan_of(
        "p", {**planned, ("labor", "2026-10"): Decimal(100), ("labor", "2026-11"): Decimal(9)}
    )

    part = portfolio_of(rows(), plans=[plan]).forecasts.lines[0]
    nothing = portfolio_of(rows(), plans=[plan_of("p", {("infra", "2026-11"): Decimal(9)})])

    assert part.covered.value == Decimal(75)
    assert told.forecasts.lines[0].covered.value == Decimal(100)
    assert nothing.forecasts.lines[0].covered.value is None
    assert forecasts.section(told).tables[0].heads[-1] == "Covered %"


def test_a_project_has_range_burn_ratio_and_indices(told: Portfolio) -> None:
    line = next(each for each in told.forecasts.lines if each.project == "p")

    assert line.burn.value == Decimal("1.3939")  # 460 / 330
    assert (line.months.value, line.coverage.value) == (Decimal(3), Decimal("75.00"))
    assert {name: each.value for name, each in line.indices.items()} == {
        "ev": Decimal("330.00"), "cv": Decimal("-130.00"), "sv": Decimal("0.00"),
        "cpi": Decimal("0.7174"), "spi": Decimal("1.0000"), "tcpi": Decimal("1.6500"),
    }  # fmt: skip
    row = [cell.text for cell in forecasts.section(told).tables[0].rows[0]]
    assert row == ["p", "3", "1.39", "485.00", "935.00", "935.00", "2026-09-08", "100"]
    assert forecasts.section(told).tables[0].heads[-2] == "Runs out"


@pytest.mark.failure("F10")
def test_a_project_with_too_little_data_says_so(portfolio_of: Build, plan_of: Any) -> None:
    plan = plan_of("p", {("infra", str(AUGUST + n)): Decimal(100) for n in range(6)}, start=AUGUST)
    late = [{"project": "p", "category": "infra", "day": date(2026, 10, 30), "cost": Decimal(900)}]

    found = portfolio_of(late, plans=[plan])

    assert found.projects[0].completion.eac.value == 1200  # 900 + 3 x 100, never 900 / 3 x 6
    assert forecasts.section(found).lines == (
        (
            "p: the first charge is fewer than three days old, so nothing is extrapolated: actual"
            " plus remaining plan"
        ),
    )


def test_without_a_plan_there_is_no_section(portfolio_of: Build) -> None:
    found = portfolio_of(rows())

    assert not forecasts.section(found).shown
    assert methods(found.forecasts) == "actual plus remaining plan"
    assert [each.method for each in found.forecasts.lines] == ["actual alone, nothing is planned"]


def test_the_footer_names_the_methods_that_were_used(told: Portfolio) -> None:
    assert methods(told.forecasts) == "category CPI; open orders at their price"
    assert document.document(told)["forecast_method"] == methods(told.forecasts)


def test_json_has_every_method_and_why_one_says_nothing(told: Portfolio) -> None:
    mine, quiet = forecasts.document(told)["projects"]

    assert (mine["eac"], mine["low"], mine["high"]) == ("935.00", "485.00", "935.00")
    assert (mine["high_method"], mine["run_out"]) == (mine["method"], "2026-09-08")
    assert mine["errors"][0] == {"lag": 1, "months": 2, "wape": "9.68", "bias": "9.68"}
    assert [each["eac"] for each in mine["methods"]] == [
        "790.00", "920.00", "920.00", "790.00", "920.00", "920.00", "920.00", "920.00", "785.00",
    ]  # fmt: skip
    assert {each["why_not"] for each in quiet["methods"]} == {
        "",
        "no output is counted",
        "nothing is planned, earned or spent that it divides by",
    }
    assert quiet["indices"] == dict.fromkeys(("ev", "cv", "sv", "cpi", "spi", "tcpi"))


@pytest.mark.parametrize(
    ("text", "factor", "ratio"),
    [
        ("gpu_hours=+10%", "gpu_hours", Fraction(11, 10)),
        ("runs=-2.5%", "runs", Fraction(39, 40)),
        ("unit_price=-100%", "unit_price", Fraction(0)),
    ],
)
def test_a_change_is_read_exactly(text: str, factor: str, ratio: Fraction) -> None:
    found = what_if(text)

    assert (found.factor, found.ratio, found.said) == (factor, ratio, text)


@pytest.mark.parametrize(
    "text", ["gpu_hours", "gpu_hours=10%", "=+10%", "a=+10", "a=+1e9%", "a b=+1%"]
)
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no change; write FACTOR=\+10% or FACTOR=-10%"):
        what_if(text)


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'a=-101%' leaves less than nothing; the most is -100%"):
        what_if("a=-101%")


def test_a_change_is_of_a_factor_by_its_name_or_by_what_it_is_per(told: Portfolio) -> None:
    basis = told.forecasts.lines[0].outlook.basis
    train = next(item for item in basis.items if item.id == "train")

    assert factors([basis]) == ["gpu_hours_per_run", "unit_price"]
    scales = {
        name: what_if(f"{name}=+1%").scales(train) for name in ("gpu_hours", "gpu", "unit_price")
    }
    assert scales == {"gpu_hours": True, "gpu": False, "unit_price": True}


TABLE = """\
p, USD, as of 2026-10
Estimate: 935.00 (category CPI; open orders at their price); \
range 485.00 (actual plus open commitments) to 935.00 (category CPI; open orders at their price); \
contingency runs out about 2026-09-08
gpu_hours=+10%: 980.00 (category CPI; open orders at their price); \
range 485.00 (actual plus open commitments) to 980.00 (category CPI; open orders at their price); \
contingency runs out about 2026-09-08; +45.00
Method                           EAC  gpu_hours=+10%
actual plus remaining plan    790.00          820.00
calendar run rate             920.00          920.00
plan shape of the project     920.00          961.82
actual plus remaining work    790.00          820.00
BAC by CPI                    920.00          961.82
remaining work by CPI and SPI 920.00          961.82
"""


def test_all_methods_stand_side_by_side_with_what_a_change_makes_of_them(told: Portfolio) -> None:
    """By hand: a tenth more of the 300 that are left, at the cost of 1.5 a unit: 45 more."""
    found = told.forecasts.lines[0].outlook
    row = Row(side(found), beside(found, what_if("gpu_hours=+10%")))
    heading = Heading(month=OCTOBER, currency="USD", what_if="gpu_hours=+10%")

    shown = table([row], heading)

    squeezed = ["  ".join(line.split()) for line in shown.splitlines()]
    assert squeezed[:10] == ["  ".join(line.split()) for line in TABLE.splitlines()]
    assert shown.endswith(
        "\n\nEvery range assumes a future like the past, and excludes what is not billed yet.\n"
    )


def test_what_a_change_adds_is_the_difference_of_what_is_shown(told: Portfolio) -> None:
    now = replace(side(told.forecasts.lines[0].outlook), eac=Decimal("935.004"), run_out=None)
    row = Row(now, replace(now, eac=Decimal("935.006")))

    _, first, then, *_ = table([row], Heading(month=OCTOBER, currency="USD")).splitlines()

    assert first.startswith("Estimate: 935.00 (")
    assert then.startswith(": 935.01 (")
    assert then.endswith("open orders at their price); +0.01")


def test_a_new_project_has_the_range_of_those_that_are_finished(
    portfolio_of: Build, plan_of: Any
) -> None:
    """Ten of 100 came to 110 to 200; of a new one 300 are planned, and 10 are spent."""
    over = [str(AUGUST + n) for n in range(3)]
    plans = [plan_of(f"old-{n}", {("infra", over[0]): Decimal(100)}) for n in range(10)]
    plans.append(plan_of("new", {("infra", f"2026-{n}"): Decimal(100) for n in (10, 11, 12)}))
    spent = [row for n in range(10) for row in rows(f"old-{n}", (110 + n * 10,))]
    new = {"project": "new", "category": "infra", "day": OCTOBER.last, "cost": Decimal(10)}

    lines = portfolio_of([*spent, new], plans=plans).forecasts.lines

    found = next(side(each.outlook).span for each in lines if each.project == "new")
    shown = next(each.spread for each in lines if each.project == "new")
    assert (found.low, found.low_method) == (Decimal(210), "actual plus remaining plan")
    assert (found.high, found.high_method) == (
        Decimal("600.00"),
        "plan at what finished projects came to",
    )
    assert shown
    assert (shown.low.value, shown.high.value) == (found.low, found.high)
    assert shown.high_method == found.high_method


@pytest.mark.parametrize(("reserve", "day"), [(300, None), (299, date(2026, 9, 30))])
def test_a_contingency_that_suffices_does_not_run_out(
    portfolio_of: Build, plan_of: Any, reserve: int, day: date | None
) -> None:
    """By hand: 300 are spent before the only planned month, in which less is."""
    plan = plan_of("p", {("infra", "2026-10"): Decimal(1000)}, contingency=Decimal(reserve))

    found = side(portfolio_of(rows(), plans=[plan]).forecasts.lines[0].outlook)
    without = side(portfolio_of(rows()).forecasts.lines[0].outlook)

    assert (found.run_out, without.run_out) == (day, None)


def test_one_method_alone_and_why_it_says_nothing(portfolio_of: Build) -> None:
    found = portfolio_of(rows()).forecasts.lines[0].outlook
    heading = Heading(month=OCTOBER, currency="USD", methods=["cpi"])

    lines = table([Row(side(found))], heading).splitlines()

    assert ["  ".join(line.split()) for line in lines[2:4]] == [
        "Method  EAC",
        "BAC  by  CPI  n/a  no  output  is  counted",
    ]
    assert table([], heading) == "No project has a plan or cost.\n"


def test_the_same_is_one_json_document(told: Portfolio) -> None:
    found = told.forecasts.lines[0].outlook
    heading = Heading(month=OCTOBER, currency="USD", what_if="x", methods=["run_rate"])

    said = json.loads(methods_document([Row(side(found), side(found)), Row(side(found))], heading))

    one, other = said["projects"]
    assert (said["schema_version"], said["month"], said["what_if"]) == ("1", "2026-10", "x")
    assert one["what_if"]["eac"] == one["eac"] == "935.00"
    assert one["run_out"] == "2026-09-08"
    assert other["what_if"] is None
    assert one["methods"] == [
        {"name": "run_rate", "title": "calendar run rate", "eac": "920.00", "why_not": ""}
    ]
    assert (
        json.loads(methods_document([], Heading(month=OCTOBER, currency="USD")))["what_if"] is None
    )
