"""The worked example and the shapes of phasing, to the cent."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from models.money import rounded
from models.plan.lint import lint
from models.plan.phasing import phased, weights
from models.plan.plan import Plan, load

Oracle = dict[str, Any]
NAMES: Final = {
    "compute": "train",
    "labeling": "label",
    "storage": "store",
    "labor": "eng",
    "infra": "ci",
    "inference": "serve",
}
SHAPES: Final = {
    "even_1000_6": ("even", "1000"),
    "even_150_6": ("even", "150"),
    "front_13500_6": ("front_loaded", "13500"),
    "back_200_6": ("back_loaded", "200"),
    "scurve_4500_6": ("s_curve", "4500"),
    "scurve_1000_3": ("s_curve", "1000"),
    "negative_even_m100_3": ("even", "-100"),
    "even_0_01_3": ("even", "0.01"),
}


def oracle(root: Path, name: str) -> Oracle:
    read: Oracle = json.loads((root / "tests" / "oracles" / f"{name}.json").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def plans(root: Path) -> dict[str, Plan]:
    folder = root / "config" / "plans"
    return {name: load(folder / f"seed-{name}.yaml") for name in ("naive", "optimized")}


def share(part: Decimal, whole: Decimal, places: int = 2) -> str:
    return str(rounded(Fraction(part) * 100 / Fraction(whole), places))


@pytest.mark.parametrize("name", ["naive", "optimized"])
def test_a_plan_is_what_its_document_says_and_what_its_drivers_give(
    name: str, plans: dict[str, Plan], root: Path
) -> None:
    expected, plan = oracle(root, "plan_expected")[name], plans[name]

    assert {item.id: str(item.amount) for item in plan.items} == expected["items"]
    assert (str(plan.base), str(plan.contingency)) == (
        expected["base"],
        expected["contingency_used"],
    )
    assert str(plan.contingency_computed) == expected["contingency_computed"]
    assert (str(plan.total), str(plan.total_computed)) == (
        expected["total"],
        expected["total_computed"],
    )
    assert [str(amount) for amount in plan.phased] == expected["months"]
    assert [*lint(plan)] == expected["lint"]


def test_every_item_of_the_example_is_phased_to_the_cent(
    plans: dict[str, Plan], root: Path
) -> None:
    expected, plan = oracle(root, "seed_plan_phased"), plans["naive"]
    items = {item.id: [*map(str, item.phased)] for item in plan.items}
    reached, cumulative = Decimal(0), []
    for amount in plan.phased:
        reached += amount
        cumulative.append(str(reached))

    assert items == {NAMES[name]: amounts for name, amounts in expected["items"].items()}
    assert [*map(str, plan.phased)] == expected["month_totals"]
    assert cumulative == expected["cumulative"]


def test_what_the_document_prints_and_what_follows_from_it_stand_side_by_side(
    plans: dict[str, Plan], root: Path
) -> None:
    expected, naive, optimized = oracle(root, "seed_plan"), plans["naive"], plans["optimized"]
    amounts = {item.id: item.amount for item in naive.items}
    rows = sum(naive.statement.rows.values(), Decimal(0)) if naive.statement else Decimal(0)
    data = amounts["label"] + amounts["store"]
    less_storage = rounded(Fraction(naive.base - amounts["store"]) * Fraction(15, 100))
    stored = optimized.base + amounts["store"]
    with_storage = stored + rounded(Fraction(stored) * Fraction(15, 100))

    assert {name: amounts[NAMES[name]] for name in NAMES} == {
        name: Decimal(amount) for name, amount in expected["naive_items"].items()
    }
    found = {
        "naive_base": naive.base,
        "contingency_15pct": naive.contingency_computed,
        "naive_total_computed": naive.total_computed,
        "stated_contingency": naive.contingency_stated,
        "stated_total": naive.total,
        "table_items_sum": rows,
        "table_gap": naive.total - rows,
        "contingency_gap": naive.contingency - naive.contingency_computed,
        "contingency_15pct_without_storage": less_storage,
        "optimized_base": optimized.base,
        "optimized_total_stated": optimized.total,
        "optimized_total_15pct": optimized.total_computed,
        "optimized_with_storage_15pct": with_storage,
        "savings_stated": naive.total - optimized.total,
        "savings_like_for_like_no_storage": naive.total - amounts["store"] - optimized.total,
        "savings_exact_with_storage_15pct": naive.total_computed - with_storage,
    }
    assert found == {name: Decimal(expected[name]) for name in found}
    assert share(naive.total - optimized.total, naive.total) == expected["savings_pct_stated"]
    assert share(data, naive.base) == expected["data_share_of_base_pct"]
    assert share(data, naive.total) == expected["data_share_of_stated_total_pct"]
    assert share(amounts["eng"], naive.total) == expected["labor_share_of_stated_total_pct"]
    assert (
        share(optimized.items[1].amount, optimized.base)
        == (expected["optimized_data_share_of_base_pct"])
    )
    cut = naive.items[0].amount - optimized.items[0].amount
    assert share(cut, naive.items[0].amount) == expected["compute_cut_pct"]
    for name, plan in plans.items():
        rate = rounded(Fraction(plan.contingency) / Fraction(plan.base), 6)
        assert str(rate) == expected[f"effective_contingency_rate_{name}"]


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_gives_its_amounts_to_the_cent(name: str, root: Path) -> None:
    method, amount = SHAPES[name]
    expected = oracle(root, "phasing")[name]
    shares = weights(method, len(expected))  # type: ignore[arg-type]

    found = phased(Decimal(amount), shares)

    assert [*map(str, found)] == expected
    assert sum(found) == Decimal(amount)


@pytest.mark.parametrize(
    ("name", "method", "given"),
    [
        ("milestone_2000", "milestone", (0, 1, 1, 1, 1, 0)),
        ("explicit_1200", "explicit_amounts", (300, 180, 180, 180, 180, 180)),
    ],
)
def test_stated_weights_and_amounts_give_theirs(
    name: str, method: Any, given: tuple[int, ...], root: Path
) -> None:
    amount = Decimal(name.rpartition("_")[2])
    shares = weights(method, 6, tuple(map(Decimal, given)))

    assert [*phased(amount, shares)] == [*map(Decimal, oracle(root, "phasing")[name])]


def test_the_s_curve_is_of_exact_fractions(root: Path) -> None:
    expected = oracle(root, "phasing")["scurve_weights_6"]

    assert [*map(str, weights("s_curve", 6))] == expected
