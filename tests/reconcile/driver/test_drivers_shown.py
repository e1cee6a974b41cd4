"""Drivers as a report shows them: every number is a figure, and the foot is the report's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import polars as pl
import pytest

from models.errors import InvariantError
from models.period import Month
from reconcile.anchors import PARTS
from reconcile.driver.activity import Activity, Loss
from reconcile.driver.drivers import Drivers
from reconcile.driver.shown import driver_report
from reconcile.driver.table import DRIVERS, drivers_frame
from reconcile.figure import Figures, is_figure_id
from reconcile.portfolio import Portfolio
from reconcile.report import document, drivers, markdown, variance
from reconcile.report.number import NONE
from reconcile.report.schema import REPORT_SCHEMA

OCTOBER = Month(2026, 10)
D = Decimal
Made = Callable[..., Any]


@pytest.fixture(name="p", scope="module")
def p_fixture(
    portfolio_of: Made, plan_for: Made, charge: Made, thresholds_of: Made, rates_of: Made
) -> Portfolio:
    """Training on spot and on demand, a credit, failed runs; an item that nobody planned."""
    spot = ("spot", {"runs": "4", "gpu_hours_per_run": "175"}, "gpu-hour", "2.50")
    plan = plan_for(spot, ("on-demand", {"hours": "100"}, "gpu-hour", "4"))
    rows = [
        charge("1250", "520", item="spot"),
        charge("1640", "400", item="on-demand"),
        charge("-90", item="spot", charge_category="Credit"),
        charge("12.344", item="egress"),
        charge("0.001", item=None, category="infra"),
        charge("5", item=None, category="data", day=date(2026, 9, 1)),
    ]
    done = Activity(
        {("legal", OCTOBER, "runs training_compute"): Fraction(3)},
        {("legal", OCTOBER, "training_compute"): Loss(D(46), Fraction(20))},
    )
    found: Portfolio = portfolio_of(
        rows,
        plans=[plan],
        activity=done,
        rates=rates_of(),
        materiality=thresholds_of(percent=D(10), floor=D(500)),
    )
    return found


def test_the_foot_of_a_table_is_the_line_of_the_report(p: Portfolio) -> None:
    training = next(t for t in p.drivers.month if t.category == "training_compute")
    line = next(c for c in p.projects[0].categories if c.key == "training_compute")

    assert training.whole is line.month
    assert sum(figure.value or 0 for figure in training.parts.values()) == line.month.delta.value
    assert {n: f.value for n, f in training.parts.items()} == {
        "credits": -90,
        "waste": 46,
        "volume": D("268.75"),
        "mix": D("418.21"),
        "price": D("7.04"),
        "unplanned": D("12.344"),
    }
    assert (training.main, training.title, training.period) == (
        "mix",
        "Training compute",
        "2026-10",
    )


def test_every_part_is_a_figure_with_one_definition(p: Portfolio) -> None:
    training = next(t for t in p.drivers.month if t.category == "training_compute")
    spot = next(row for row in training.rows if row.line.item == "spot")
    prefix = "legal/training_compute/spot/2026-10"

    assert spot.delta.id == f"{prefix}/delta"
    assert (spot.planned.id, spot.planned.unit) == (f"{prefix}/q_pl", "gpu-hour")
    assert [each.unit for each in (spot.plan, spot.actual, spot.delta)] == ["USD"] * 3
    assert (spot.price.id, spot.price.unit) == (f"{prefix}/r_ac", "USD/gpu-hour")
    assert spot.parts["credits"].id == f"{prefix}/by_credits"
    assert [f.id for f in spot.factors.values()] == [
        "legal/training_compute/spot/runs/2026-10/by_factor",
        "legal/training_compute/spot/gpu_hours_per_run/2026-10/by_factor",
    ]
    assert training.parts["mix"].id == "legal/training_compute/2026-10/by_mix"
    mix = training.rows[-1]
    assert mix.delta.id == "legal/training_compute/~gpu-hour/2026-10/delta"
    infra = next(t for t in p.drivers.month if t.category == "infra")
    assert infra.rows[0].delta.id == "legal/infra/~/2026-10/delta"
    ids = [f for f in p.figures if "by_" in f]
    assert len(ids) > 20
    assert all(map(is_figure_id, ids))


def test_an_item_that_nobody_planned_has_no_plan(p: Portfolio) -> None:
    training = next(t for t in p.drivers.month if t.category == "training_compute")
    egress = next(row for row in training.rows if row.line.item == "egress")

    assert [egress.plan.value, egress.actual.value, egress.planned.value] == [
        None,
        D("12.344"),
        None,
    ]


def test_sums_to_date_hold_categories_of_earlier_months(p: Portfolio) -> None:
    assert [table.category for table in p.drivers.month] == ["training_compute", "infra"]
    assert [table.category for table in p.drivers.to_date] == ["training_compute", "data", "infra"]
    assert p.drivers.to_date[1].period == "to-2026-10"
    assert p.drivers.to_date[1].rows[0].delta.id == "legal/data/~/to-2026-10/delta"


def test_the_section_shows_what_is_material_and_says_so_in_every_form(p: Portfolio) -> None:
    table, units = drivers.section(p).tables
    rows = [[cell.text for cell in row] for row in table.rows]

    assert table.heads == (
        *("Project", "Item", "PL", "AC"),
        *("Credits", "Failed runs", "Volume", "Mix", "Price", "Unplanned", "ΔPL"),
    )
    assert [row[1] for row in rows] == [
        *("egress: nothing planned", "on-demand", "spot", "· runs", "· gpu_hours_per_run"),
        *("mix of items in gpu-hours", "Training compute: mainly mix"),
    ]
    assert rows[2] == [
        *("legal", "spot", "1,750.00", "1,160.00", "\u221290.00", "+26.00"),
        *("\u2212478.26", NONE, "\u221247.74", NONE, "\u2212590.00"),
    ]
    assert rows[3][6] == "\u2212437.50"
    assert rows[-1][-1] == "+662.34"
    assert all(len(row) == len(table.heads) for row in rows)
    assert units.heads == ("Project", "Item", "Unit", "q PL", "q AC", "r PL", "r AC")
    assert [[cell.text for cell in row] for row in units.rows][-1] == [
        *("legal", "spot", "gpu-hour", "700.00", "520.00", "2.50", "2.40"),
    ]
    assert (table.rows[-1][1].tone, table.rows[0][1].tone) == ("strong", "")
    assert [row[1].text for row in units.rows] == ["on-demand", "spot"]
    assert units.caption == "Units (q) and the price of one (r)"
    assert "Why categories that are materially off their plan" in drivers.section(p).note
    assert "| legal | egress: nothing planned |" in markdown.render(p)
    told = json.loads(document.render(p))
    jsonschema.Draft202012Validator(REPORT_SCHEMA).validate(told)
    assert [each["category"] for each in told["drivers"]["month"]] == ["training_compute", "infra"]


def test_json_has_every_part_exactly(p: Portfolio) -> None:
    found = json.loads(variance.document(p, ["legal"]))

    assert (found["month"], found["currency"], found["schema_version"]) == ("2026-10", "USD", 1)
    training = found["month_tables"][0]
    assert {name: D(value) for name, value in training["parts"].items() if D(value)} == {
        "credits": -90,
        "waste": 46,
        "volume": D("268.75"),
        "mix": D("418.21"),
        "price": D("7.04"),
        "unplanned": D("12.344"),
    }
    assert (training["material"], training["main"]) == (True, "mix")
    spot = next(item for item in training["items"] if item["item"] == "spot")
    assert (spot["quantity"], spot["planned_quantity"], spot["price"]) == (
        "520.00",
        "700.00",
        "2.403846",
    )
    assert [*spot["factors"]] == ["runs", "gpu_hours_per_run"]
    assert json.loads(variance.document(p, ["other"]))["month_tables"] == []


def test_the_terminal_has_a_block_for_each_category_of_the_month_then_to_date(p: Portfolio) -> None:
    lines = variance.table(p, []).splitlines()

    assert lines[0] == "2026-10, USD; + is over plan; the parts of a row sum to its difference"
    assert [line for line in lines if line.startswith("legal, ")] == [
        "legal, Training compute: +662.34",
        "legal, Infra: 0.00",
        "legal, Training compute to 2026-10: +662.34",
        "legal, Data to 2026-10: +5.00",
        "legal, Infra to 2026-10: 0.00",
    ]
    assert lines[3].split()[:4] == ["Item", "Unit", "Remark", "q"]
    assert variance.table(p, ["other"]) == "nothing to compare in 2026-10\n"


def test_what_rounding_leaves_stands_at_the_foot(portfolio_of: Made, charge: Made) -> None:
    rows = [charge("0.004", item=name) for name in ("a", "b", "c")]

    p = portfolio_of(rows)

    *_, foot = drivers.block(p.drivers.month[0], ["unplanned"], "USD")
    assert foot[3].text == "mainly unplanned; rounding +0.01"


def test_the_warehouse_has_the_same_lines_and_their_parts_sum(p: Portfolio) -> None:
    frame = drivers_frame(p.drivers.lines.months)

    assert frame.schema == DRIVERS
    apart = frame.select(pl.sum_horizontal(*PARTS) - pl.col("delta")).to_series()
    assert set(apart.to_list()) == {D(0)}
    spot = frame.row(by_predicate=pl.col("item") == "spot", named=True)
    assert json.loads(spot["factors"]) == {"runs": "-437.5", "gpu_hours_per_run": "-40.76"}
    assert (spot["planned_quantity"], spot["quantity"], spot["unit_price"]) == (
        700,
        520,
        D("2.403846153846153846"),
    )
    assert (spot["kind"], spot["month"], spot["unit"], spot["why"]) == (
        *("item", "2026-10", "gpu-hour"),
        None,
    )
    assert spot["price"] == D("-47.74")
    egress = frame.row(by_predicate=pl.col("item") == "egress", named=True)
    assert {name: value for name, value in egress.items() if value} == {
        "project": "legal",
        "category": "training_compute",
        "item": "egress",
        "kind": "item",
        "month": "2026-10",
        "why": "nothing planned",
        **dict.fromkeys(("actual", "delta", "unplanned"), D("12.344")),
    }
    assert (egress["plan"], egress["factors"], egress["quantity"]) == (None, None, None)
    assert drivers_frame([]).schema == DRIVERS


def test_tables_that_do_not_sum_to_the_report_are_refused(p: Portfolio) -> None:
    fewer = Drivers(months=p.drivers.lines.months[:3])

    with pytest.raises(InvariantError, match="drivers of legal training_compute 2026-10: "):
        driver_report(fewer, p.projects, Figures("USD"), OCTOBER)
