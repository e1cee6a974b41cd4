"""Figures that are sums of others: items, factors, months, draws and steps, by their signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from models.errors import InvariantError
from reconcile.explain.formula import Formula
from reconcile.explain.ground import Asked, Ground
from reconcile.explain.leaf import Planned
from reconcile.explain.table import formula
from reconcile.figure import Figures

pytestmark = pytest.mark.failure("N05")
OCT, NOW, END = "2026-10", "to-2026-10", "completion"
Given = Mapping[str, str]


def told(october: Ground, asked: str, given: Given) -> Formula:
    """Return the formula of one of some figures, which are all that a report has."""
    figures = Figures("USD")
    for figure, value in given.items():
        where, period, measure = figure.rsplit("/", 2)
        figures.add(where, period, measure, Decimal(value) if value else None)
    ground = replace(october, report=replace(october.report, figures=figures))
    return formula(Asked(ground, figures[asked]))


ITEMS = {
    f"bot/labor/{OCT}/by_price": "3", f"bot/labor/a/{OCT}/by_price": "5",
    f"bot/labor/~/{OCT}/by_price": "-2", f"bot/labor/a/{NOW}/by_price": "9",
}  # fmt: skip
FACTORS = {
    f"bot/labor/a/{OCT}/by_volume": "3", f"bot/labor/a/runs/{OCT}/by_factor": "1",
    f"bot/labor/a/hours/{OCT}/by_factor": "2",
}  # fmt: skip
DRAWS = {
    f"bot/{OCT}/opening": "100", f"bot/{OCT}/balance": "70", f"bot/{OCT}/approved_draw": "30",
    f"bot/draw/2026-09/{OCT}/approved_draw": "10", f"bot/draw/2026-09/{OCT}/balance": "90",
    f"bot/draw/2026-10/{OCT}/approved_draw": "20", f"bot/draw/2026-10/{OCT}/balance": "70",
}  # fmt: skip
STEPS = {
    f"bot/v1-v2/a/labor/{END}/bridged": "3", f"bot/v1-v2/a/labor/{END}/bridge_price": "5",
    f"bot/v1-v2/a/labor/{END}/bridge_quantity": "-2",
}  # fmt: skip
BUDGET = {
    f"bot/{END}/rebaselined": "5", f"bot/{END}/bac": "17", f"bot/{END}/bac0": "10",
    f"bot/{END}/bac_drawn": "2",
}  # fmt: skip
SPOT = {
    f"bot/spot/{OCT}/spot_saved": "5", f"bot/spot/{OCT}/spot_list": "9",
    f"bot/spot/{OCT}/spot_paid": "3", f"bot/spot/{OCT}/spot_rerun": "1",
}  # fmt: skip
SHARES = {
    f"coverage/{OCT}/allocated_change": "3", f"coverage/{OCT}/allocated_pct": "90",
    "coverage/2026-09/allocated_pct": "87",
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "given", "inputs"),
    [
        (f"bot/labor/{OCT}/by_price", ITEMS, {f"bot/labor/a/{OCT}/by_price": 1,
                                              f"bot/labor/~/{OCT}/by_price": 1}),
        (f"bot/labor/a/{OCT}/by_volume", FACTORS, {f"bot/labor/a/hours/{OCT}/by_factor": 1,
                                                   f"bot/labor/a/runs/{OCT}/by_factor": 1}),
        (f"bot/{OCT}/approved_draw", DRAWS, {f"bot/draw/2026-09/{OCT}/approved_draw": 1,
                                             f"bot/draw/2026-10/{OCT}/approved_draw": 1}),
        (f"bot/{OCT}/balance", DRAWS, {f"bot/{OCT}/opening": 1,
                                       f"bot/draw/2026-09/{OCT}/approved_draw": -1,
                                       f"bot/draw/2026-10/{OCT}/approved_draw": -1}),
        (f"bot/draw/2026-09/{OCT}/balance", DRAWS, {f"bot/{OCT}/opening": 1,
                                                    f"bot/draw/2026-09/{OCT}/approved_draw": -1}),
        (f"bot/v1-v2/a/labor/{END}/bridged", STEPS, {
            f"bot/v1-v2/a/labor/{END}/bridge_quantity": 1,
            f"bot/v1-v2/a/labor/{END}/bridge_price": 1}),
        (f"bot/{END}/rebaselined", BUDGET, {f"bot/{END}/bac": 1, f"bot/{END}/bac0": -1,
                                            f"bot/{END}/bac_drawn": -1}),
        (f"bot/spot/{OCT}/spot_saved", SPOT, {f"bot/spot/{OCT}/spot_list": 1,
                                              f"bot/spot/{OCT}/spot_paid": -1,
                                              f"bot/spot/{OCT}/spot_rerun": -1}),
        (f"coverage/{OCT}/allocated_change", SHARES, {f"coverage/{OCT}/allocated_pct": 1,
                                                      "coverage/2026-09/allocated_pct": -1}),
        (f"bot/{OCT}/room", {f"bot/{OCT}/room": "-4", f"bot/{END}/beyond": "4"},
         {f"bot/{END}/beyond": -1}),
        (f"bot/{END}/unfunded", {f"bot/{END}/unfunded": "4", f"bot/{END}/dbac": "6",
                                 f"bot/{END}/drawn": "2"},
         {f"bot/{END}/dbac": 1, f"bot/{END}/drawn": -1}),
    ],
)  # fmt: skip
def test_a_sum_names_its_parts_with_their_signs(
    october: Ground, asked: str, given: Given, inputs: dict[str, int]
) -> None:
    found = told(october, asked, given)

    assert (found.how, {each.id: each.sign for each in found.inputs}) == ("sum", inputs)


@pytest.mark.parametrize(
    ("asked", "given", "inputs"),
    [
        (f"bot/labor/a/{OCT}/by_price", ITEMS, []),
        (f"bot/labor/a/{OCT}/by_volume", {**FACTORS, f"bot/labor/a/{OCT}/by_volume": "4"},
         [f"bot/labor/a/hours/{OCT}/by_factor", f"bot/labor/a/runs/{OCT}/by_factor"]),
        (f"coverage/{OCT}/allocated_change", {**SHARES, f"coverage/{OCT}/allocated_change": "4"},
         [f"coverage/{OCT}/allocated_pct", "coverage/2026-09/allocated_pct"]),
        (f"bot/{END}/unfunded", {f"bot/{END}/unfunded": "0", f"bot/{END}/dbac": "6"},
         [f"bot/{END}/dbac"]),
        (f"bot/spot/{OCT}/spot_saved", {**SPOT, f"bot/spot/{OCT}/spot_list": ""},
         [f"bot/spot/{OCT}/spot_paid", f"bot/spot/{OCT}/spot_rerun"]),
        (f"bot/{NOW}/ev", {f"bot/{NOW}/ev": "4", f"bot/{END}/bac": "6"}, [f"bot/{END}/bac"]),
        (f"bot/{END}/eac_cpi", {f"bot/{END}/eac_cpi": "4", f"bot/{NOW}/ac": "2"},
         [f"bot/{NOW}/ac"]),
    ],
)  # fmt: skip
def test_what_its_parts_do_not_come_to_is_a_method_that_looks_at_them(
    october: Ground, asked: str, given: Given, inputs: list[str]
) -> None:
    found = told(october, asked, given)

    assert (found.how, [each.id for each in found.inputs if each.id]) == ("method", inputs)


@pytest.mark.parametrize("measure", ["ac", "pl"])
def test_a_fiscal_year_begins_where_its_months_come_to_it(october: Ground, measure: str) -> None:
    both = october.report.figures[f"bot/{NOW}/{measure}"].value
    figure = f"bot/{OCT}/fy_{measure}"

    found, other = (told(october, figure, {figure: str(value)}) for value in (both, 7))

    months = [f"bot/2026-09/{measure}", f"bot/{OCT}/{measure}"]
    assert (found.how, [each.id for each in found.inputs]) == ("sum", months)
    assert not [each for each in other.inputs if each.id]


def test_a_difference_is_taken_apart_by_its_drivers_too(october: Ground) -> None:
    given = {
        f"bot/labor/{OCT}/delta": "3", f"bot/labor/{OCT}/ac": "10", f"bot/labor/{OCT}/pl": "7",
        f"bot/labor/{OCT}/by_price": "5", f"bot/labor/{OCT}/by_volume": "-2",
    }  # fmt: skip

    found = told(october, f"bot/labor/{OCT}/delta", given)

    assert [each.id.rpartition("/")[2] for each in found.drivers] == ["by_volume", "by_price"]
    with pytest.raises(InvariantError) as raised:
        told(october, f"bot/labor/{OCT}/delta", {**given, f"bot/labor/{OCT}/by_price": "6"})
    assert str(raised.value) == (
        f"figure bot/labor/{OCT}/delta: is 3, and its drivers come to 4; tell its authors"
    )


@pytest.mark.parametrize(("cost", "how"), [("2", "method"), ("5", "sum")])
def test_the_cost_of_an_item_is_that_of_its_category_where_it_is_all_of_it(
    october: Ground, cost: str, how: str
) -> None:
    figure, above = f"bot/labor/people/{OCT}/ac", f"bot/labor/{OCT}/ac"

    found = told(october, figure, {figure: cost, above: "5"})

    assert (found.how, [each.id for each in found.inputs if each.id]) == (
        how, [above] if how == "sum" else [],
    )  # fmt: skip


def test_the_plan_of_an_item_is_its_rows_where_they_come_to_it(october: Ground) -> None:
    """To date it is the sum of its months; what drivers put together is none of single items."""
    pooled, own = (
        told(october, figure, {figure: value})
        for figure, value in (
            (f"bot/labor/~/{OCT}/pl", "1250"), (f"bot/labor/people/{NOW}/pl", "2500"),
        )
    )  # fmt: skip

    assert pooled.how == "method"
    (leaf,) = (each.leaf for each in own.inputs)
    assert isinstance(leaf, Planned)
    assert (own.how, [row.month for row in leaf.rows]) == ("sum", ["2026-09", "2026-10"])
