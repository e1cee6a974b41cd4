from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.plan.lint import findings, lint, notes
from models.plan.plan import Plan, load

Written = Callable[[str, str], Path]

HEAD = "plan: {project: p, id: p, version: 1, currency: USD, start: 2026-01, horizon_months: 6}\n"
ITEMS = (
    "items:\n"
    "- {id: train, category: training_compute, amount: 500.00}\n"
    "- {id: label, category: data, term: labeling, amount: 500.00}\n"
)


def example(root: Path, name: str) -> Plan:
    return load(root / "config" / "plans" / f"seed-{name}.yaml")


def plan(written: Written, rest: str, items: str = ITEMS) -> Plan:
    return load(written("plan.yaml", HEAD + rest + items))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "naive",
            (
                (
                    "contingency stated 3100.00 != 0.15 x base 21550.00 = 3232.50 "
                    "(diff -132.50; effective rate 0.143852)"
                ),
                "source rows sum 24500 != source total 24650.00 (diff -150.00)",
            ),
        ),
        (
            "optimized",
            (
                (
                    "contingency stated 1800.00 != 0.15 x base 12650.00 = 1897.50 "
                    "(diff -97.50; effective rate 0.142292)"
                ),
            ),
        ),
    ],
)
def test_the_worked_example_disagrees_with_itself_where_it_does(
    name: str, rows: tuple[str, ...], root: Path
) -> None:
    assert lint(example(root, name)) == rows


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "naive",
            (
                "item store 150.00 has no source row; the document omits storage",
                (
                    "item serve: 0.02 per inference-hour is 125x below 2.50 per gpu-hour "
                    "of item train; check the unit"
                ),
                "data is 21.58% of base; published benchmarks, of a wider scope, say 40-60%",
            ),
        ),
        (
            "optimized",
            (
                (
                    "item serve: 0.02 per inference-hour is 125x below 2.50 per gpu-hour "
                    "of item train; check the unit"
                ),
                "data is 15.81% of base; published benchmarks, of a wider scope, say 40-60%",
                "item train: its drivers are assumed, the source states the amount only",
                "item serve: its drivers are assumed, the source states the amount only",
                (
                    "item store is removed: savings against the plan it extends "
                    "are not like for like"
                ),
            ),
        ),
    ],
)
def test_what_looks_odd_in_the_worked_example_is_noted(
    name: str, rows: tuple[str, ...], root: Path
) -> None:
    assert notes(example(root, name)) == rows


def test_disagreements_are_warnings_and_notes_are_not(root: Path) -> None:
    found = findings(example(root, "naive"))

    assert [finding.severity for finding in found] == ["warning"] * 2 + ["info"] * 3
    assert [finding.text for finding in found] == [
        *lint(example(root, "naive")),
        *notes(example(root, "naive")),
    ]


def test_a_plan_that_agrees_with_its_document_has_no_rows(written: Written) -> None:
    rest = (
        "contingency: {rate: 0.15, stated_amount: 150.00}\n"
        "source_statement: {total: 1150, "
        "rows: {training_compute: 500, labeling: 500, contingency: 150}}\n"
    )

    assert findings(plan(written, rest)) == ()


@pytest.mark.parametrize(
    ("rest", "row"),
    [
        (
            "contingency: {rate: 0.15, stated_amount: 160.00}\n",
            (
                "contingency stated 160.00 != 0.15 x base 1000.00 = 150.00 "
                "(diff 10.00; effective rate 0.160000)"
            ),
        ),
        (
            "contingency: {rate: 0.15}\nsource_statement: {total: 1200.00}\n",
            "plan total 1150.00 != source total 1200.00 (diff -50.00)",
        ),
        (
            "contingency: {rate: 0.15}\nsource_statement: {rows: {data: 400}}\n",
            "plan data 500.00 != source row 400 (diff 100.00)",
        ),
        (
            "contingency: {rate: 0.15}\nsource_statement: {rows: {storage: 10}}\n",
            "plan storage 0 != source row 10 (diff -10)",
        ),
        (
            "contingency: {rate: 0.15}\nsource_statement: {rows: {contingency: 100}}\n",
            "plan contingency 150.00 != source row 100 (diff 50.00)",
        ),
    ],
)
def test_each_disagreement_has_a_row_with_its_difference(
    rest: str, row: str, written: Written
) -> None:
    assert lint(plan(written, rest)) == (row,)


def test_a_difference_within_the_tolerance_is_none(written: Written) -> None:
    rest = "contingency: {rate: 0.15, stated_amount: 160.00, tolerance: 10}\n"

    assert lint(plan(written, rest)) == ()


@pytest.mark.parametrize(
    ("rest", "change", "row"),
    [
        ("contingency: {rate: 0.05}\n", ("", ""), "contingency is 5.00% of base; usual is 10-20%"),
        ("", ("", ""), "contingency is 0.00% of base; usual is 10-20%"),
        (
            (
                "contingency: {rate: 0.15}\napproval: {status: approved, author: cfo, by: cfo, "
                "at: 2026-01-01, reason: first}\n"
            ),
            ("", ""),
            "approved by its own author, cfo",
        ),
        (
            "contingency: {rate: 0.15}\n",
            ("category: data, term: labeling", "category: labor"),
            "data is 0.00% of base; published benchmarks, of a wider scope, say 40-60%",
        ),
    ],
)
def test_what_is_unusual_is_noted(
    rest: str, change: tuple[str, str], row: str, written: Written
) -> None:
    assert notes(plan(written, rest, ITEMS.replace(*change))) == (row,)


def test_an_unusual_horizon_is_noted(written: Written) -> None:
    text = HEAD.replace("months: 6", "months: 7") + "contingency: {rate: 0.15}\n" + ITEMS

    assert notes(load(written("plan.yaml", text))) == ("horizon is 7 months; 3, 6 or 12 are usual",)


@pytest.mark.parametrize(
    ("price", "unit", "is_noted"),
    [
        ("0.02", "inference-hour", True),
        ("0.125", "inference-hour", True),
        ("0.13", "inference-hour", False),
        ("0.02", "1k-tokens", False),
        ("0", "inference-hour", False),
    ],
)
def test_a_price_that_is_far_below_a_gpu_hour_is_a_unit_to_check(
    price: str, unit: str, is_noted: bool, written: Written
) -> None:
    items = (
        "items:\n"
        "- {id: train, category: training_compute, "
        "quantity: {h: 4}, unit: gpu-hour, unit_price: 2.50}\n"
        f"- {{id: serve, category: inference, "
        f"quantity: {{h: 4}}, unit: {unit}, unit_price: {price}}}\n"
    )

    found = notes(plan(written, "contingency: {rate: 0.15}\n", items))

    assert any("check the unit" in row for row in found) is is_noted


def test_a_plan_of_nothing_divides_by_nothing(written: Written) -> None:
    items = "items:\n- {id: a, category: data, amount: 0}\n"

    found = plan(written, "contingency: {rate: 0.1, stated_amount: 5, use: stated}\n", items)

    assert lint(found) == (
        "contingency stated 5 != 0.1 x base 0 = 0.00 (diff 5.00; effective rate n/a)",
    )
    assert notes(found) == ()


def test_a_contingency_that_is_an_amount_alone_contradicts_nothing(written: Written) -> None:
    assert lint(plan(written, "contingency: {stated_amount: 5, use: stated}\n")) == ()
