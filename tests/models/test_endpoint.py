"""Cost of endpoints by the names that usage calls them, and of hours that nobody used."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.endpoint import Called, idled, served
from models.project import Project, Registry
from models.reduction import FACTS, KEYS
from models.rule.rule import Condition, Rule, RuleSet, Target

D = Decimal
REGISTRY = Registry((Project(id="bot"),))
RULES = RuleSet(
    (
        Rule("whose", (Condition("tag.project", ("*",)),), Target(project="bot")),
        Rule("host", (Condition("service", ("host",)),), Target(category="inference")),
        Rule("rest", (Condition("service", ("train",)),), Target(category="training_compute")),
    )
)
ARN = "arn:cloud:endpoint/Chat-1"
CALLED = Called(frozenset({"chat-1"}), frozenset({("purpose", "dr")}))


def frames(
    keys: list[dict[str, Any]], costs: list[tuple[int, int, str]]
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Return keys, and facts of key, day of October and cost."""
    base = {"billing_currency": "USD", "tags": '{"project":"bot"}', "service_name": "Host"}
    rows = [{"key_id": number, **base, **key} for number, key in enumerate(keys)]
    facts = [
        {
            "key_id": key,
            "day": date(2026, 10, day),
            "tco_cost": D(cost),
            "consumed_quantity": D(cost) * 2,
            **dict.fromkeys(("billed_cost", "effective_cost", "list_cost"), D(0)),
            "lines": 1,
        }
        for key, day, cost in costs
    ]
    return pl.LazyFrame(rows, schema=KEYS), pl.LazyFrame(facts, schema=FACTS)


def test_an_endpoint_is_known_by_the_tail_of_its_id_or_its_name() -> None:
    keys, facts = frames(
        [{"resource_id": ARN}, {"resource_name": "CHAT-1"}, {"resource_id": "chat-2"}],
        [(0, 1, "5"), (1, 1, "2"), (2, 1, "9"), (0, 2, "1")],
    )

    found = served(keys, facts, RULES, REGISTRY, CALLED)

    assert found.rows() == [
        ("bot", "chat-1", False, date(2026, 10, 1), "USD", D(7)),
        ("bot", "chat-1", False, date(2026, 10, 2), "USD", D(1)),
    ]


@pytest.mark.parametrize(
    ("tags", "standby"),
    [
        ('{"Purpose":"DR"}', True),
        ('{"purpose":"serving"}', False),
        ('{"other":"dr"}', False),
    ],
)
def test_an_endpoint_that_is_meant_to_wait_says_so_in_a_tag(tags: str, *, standby: bool) -> None:
    keys, facts = frames([{"resource_id": ARN, "tags": tags}], [(0, 1, "5")])

    (row,) = served(keys, facts, RULES, REGISTRY, CALLED).iter_rows(named=True)

    assert (row["standby"], row["project"]) == (standby, "unallocated")


def test_what_is_no_inference_or_has_no_such_name_is_no_endpoint() -> None:
    training = frames([{"resource_id": ARN, "service_name": "Train"}], [(0, 1, "5")])
    other = frames([{"resource_id": "chat-2"}], [(0, 1, "5")])

    assert served(*training, RULES, REGISTRY, CALLED).is_empty()
    assert served(*other, RULES, REGISTRY, CALLED).is_empty()


def test_idle_hours_are_of_accelerators_alone() -> None:
    keys, facts = frames(
        [
            {"resource_id": "srv-1", "x_line_type": "idle", "consumed_unit": "GPU-Hours"},
            {"resource_id": "srv-1", "x_line_type": "idle", "consumed_unit": "Hours"},
            {"resource_name": "srv-2", "x_line_type": "idle"},
            {"resource_id": "srv-1", "x_line_type": "used", "consumed_unit": "GPU-Hours"},
        ],
        [(0, 1, "5"), (1, 1, "3"), (2, 2, "1"), (3, 1, "9")],
    )

    assert idled(keys, facts).rows() == [
        ("srv-1", date(2026, 10, 1), "USD", D(8), D(10)),
        ("srv-2", date(2026, 10, 2), "USD", D(1), D(0)),
    ]
