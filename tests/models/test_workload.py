from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.attribution import attributed
from models.charge import WORKLOADS
from models.contract import ROW_RULES
from models.focus import conforming
from models.project import Registry
from models.reduction import KEYS, keys_and_facts
from models.rule.entry import When
from models.rule.file import load
from models.rule.matching import FIELDS
from models.rule.rule import RuleSet
from models.spend import spend

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]
Written = Callable[[str, str], Path]

RULES = """\
rules:
- {id: h100, when: {gpu_type: [H100, "B2*"]}, to: {item: hopper}}
- {id: train, when: {workload: TRAINING}, to: {category: training_compute}}
- {id: rest, when: {workload: "*"}, to: {category: inference}}
"""


def test_rules_may_ask_for_workload_and_gpu_type(charges: Charges, written: Written) -> None:
    lines = [
        {"x_workload": "training", "x_gpu_type": "H100"},
        {"x_workload": "compute", "x_gpu_type": "B200"},
        {"x_workload": "storage"},
        {},
    ]
    keys, _ = keys_and_facts(charges(lines), "cloud")
    registry = Registry(())
    rules = load(written("rules.yaml", RULES), registry)

    found = keys.join(attributed(keys, rules, registry), on="key_id")

    got = {row["x_workload"]: (row["category"], row["item"]) for row in found.to_dicts()}
    assert got == {
        "training": ("training_compute", "hopper"),
        "compute": ("inference", "hopper"),
        "storage": ("inference", None),
        None: ("unallocated", None),
    }


def test_quantities_of_different_units_are_never_one_sum(charges: Charges) -> None:
    lines = [
        {"consumed_quantity": Decimal(8), "consumed_unit": "GPU-Hours"},
        {"consumed_quantity": Decimal(4), "consumed_unit": "GPU-Hours"},
        {"consumed_quantity": Decimal(7), "consumed_unit": "Hours"},
        {},
    ]
    keys, facts = keys_and_facts(charges(lines), "cloud")

    by_rules = attributed(keys, RuleSet(()), Registry(()))
    found = spend(facts, by_rules, keys, source="cloud", period="2026-10")

    assert dict(found.select("consumed_unit", "consumed_quantity").iter_rows()) == {
        "GPU-Hours": Decimal(12),
        "Hours": Decimal(7),
        None: Decimal(0),
    }


@pytest.mark.parametrize("workload", [None, *WORKLOADS])
def test_a_workload_of_the_list_is_kept(workload: str | None, charges: Charges) -> None:
    (rule,) = (rule for rule in ROW_RULES if rule.name == "workload_known")

    assert charges([{"x_workload": workload}]).select(rule.holds).collect().item()


def test_a_workload_of_no_list_breaks_the_contract(charges: Charges) -> None:
    (rule,) = (rule for rule in ROW_RULES if rule.name == "workload_known")

    assert charges([{"x_workload": "Training"}]).select(rule.fails).collect().item()
    assert rule.meaning == (
        "x_workload must be empty or one of training, inference, processing, labeling, storage, "
        "development, compute, other"
    )


def test_a_condition_sees_only_what_keys_hold() -> None:
    assert set(FIELDS) == set(When.model_fields)
    assert {column for columns in FIELDS.values() for column in columns} <= set(KEYS)


@pytest.mark.parametrize(
    ("category", "status", "expected"),
    [
        ("Usage", "Used", ("cr-1", "Used")),
        ("Usage", None, (None, None)),
        ("Purchase", None, ("cr-1", None)),
    ],
)
def test_a_focus_export_names_a_reservation_only_with_what_focus_wants_said_of_it(
    category: str, status: str | None, expected: tuple[str | None, ...], charges: Charges
) -> None:
    row = {
        "charge_category": category,
        "capacity_reservation_id": "cr-1",
        "capacity_reservation_status": status,
    }

    found = conforming(charges([row])).collect()

    names = ("capacity_reservation_id", "capacity_reservation_status")
    assert found.select(names).row(0) == expected
