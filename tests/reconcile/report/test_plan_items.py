"""What a plan rests on is shown with it: factors, prices, levers."""

from __future__ import annotations

from pathlib import Path

from models.plan.plan import Plan, load
from reconcile.report.planitems import item, lever, rested


def example(root: Path, name: str) -> Plan:
    return load(root / "config" / "plans" / f"{name}.yaml")


def test_each_item_says_its_factors_its_price_and_what_that_rests_on(root: Path) -> None:
    lines = [" ".join(line.split()) for line in rested(example(root, "seed-optimized"))]

    assert lines[:3] == [
        "item quantity unit price",
        (
            "train 3 runs x 80 gpu_hours_per_run 2.5 per gpu-hour price by spot_average; "
            "levers lora, fewer_experiments; assumed"
        ),
        "label stated as an amount PO PO-LABEL-001; levers active_learning",
    ]
    assert lines[-1] == "lever lora: train gpu_hours_per_run 60% less, at most 80% as claimed"


def test_items_and_levers_are_plain_values(root: Path) -> None:
    plan = example(root, "seed-optimized")

    assert lever(plan.levers[0]) == {
        "id": "lora",
        "item": "train",
        "factor": "gpu_hours_per_run",
        "planned_reduction": "0.6",
        "claimed_max_reduction": "0.8",
    }
    train = item(plan.items[0])
    assert (train["quantity"], train["unit_price"]) == (
        {"runs": "3", "gpu_hours_per_run": "80"},
        "2.5",
    )
    assert (train["levers"], train["assumed"], train["role"]) == (
        ["lora", "fewer_experiments"],
        True,
        None,
    )
    assert item(plan.items[1])["unit_price"] is None
    assert train["price_basis"] == "spot_average"
