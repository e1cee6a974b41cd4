"""What projects share, from bills to the warehouse and the report."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models import warehouse
from models.spend import SPEND
from scheduler.close.adjusting import adjustments
from scheduler.dividing import divided
from scheduler.version import present, versions

RULES = """\
rules:
  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: rest, when: {source: "*"}, to: {split: overhead, category: ops_overhead}}
splits:
  - {id: overhead, spend: {}}
"""
TWO = "projects:\n  - {id: p}\n  - {id: q}\n"
OCTOBER = [
    ("30", "I", "2026-10-05", "p"),
    ("10", "I", "2026-10-06", "q"),
    ("8", "I", "2026-10-07"),
]


def asked(life: Any, sql: str) -> list[tuple[Any, ...]]:
    project = life.project
    return warehouse.query(project.warehouse, project.state / "lake", sql)


def told(life: Any, month: str) -> list[str]:
    problems = life.report("2026-12-20", month).problems
    return [str(each) for each in problems if each.source == "splits"]


@pytest.mark.failure("C04")
@pytest.mark.failure("C05")
def test_the_warehouse_has_every_share_with_its_way_and_its_weight(life: Any) -> None:
    """30.00 and 10.00 were spent, so 8.00 of overhead is 6.00 and 2.00."""
    life.edit(RULES, TWO)
    life.night("2026-11-02", OCTOBER)
    life.publish("2026-11-20")

    assert asked(life, "select project, path, share, tco_cost from spend order by all") == [
        ("p", "overhead", Decimal("0.75"), 6),
        ("p", None, Decimal(1), 30),
        ("q", "overhead", Decimal("0.25"), 2),
        ("q", None, Decimal(1), 10),
    ]
    weighed = "select split, month, target, weight, unit, method, fallback, tco_cost from shares"
    assert asked(life, f"{weighed} order by all") == [
        ("overhead", "2026-10", "p", Decimal(30), "USD", "spend", False, 6),
        ("overhead", "2026-10", "q", Decimal(10), "USD", "spend", False, 2),
    ]
    assert asked(life, "select sum(x_tco_cost) from charges") == [(Decimal(48),)]
    assert told(life, "2026-10") == []


@pytest.mark.failure("D13")
def test_what_nothing_divides_is_told_with_its_month_alone(life: Any) -> None:
    life.edit(RULES, TWO)
    life.night("2026-11-02", OCTOBER)
    life.night("2026-12-01", [("5", "I", "2026-11-07")], "2026-11")

    assert told(life, "2026-11") == [
        (
            "splits: 2026-11: split 'overhead': no spend is told; what is shared stays "
            "unallocated; give it `otherwise`, or what it is divided by [split_undivided]"
        )
    ]
    assert told(life, "2026-10") == []
    life.edit(RULES.replace("spend: {}}", "spend: {}, otherwise: {even: [p, q]}}"))
    assert told(life, "2026-11") == [
        (
            "splits: 2026-11: split 'overhead': no spend is told; divided as `otherwise` says "
            "[split_otherwise]"
        )
    ]


@pytest.mark.failure("D10")
def test_a_late_bill_is_divided_by_the_closed_month_of_its_day_and_changes_nothing_of_it(
    life: Any,
) -> None:
    """November's bill has 4.00 of October, which p and q share 3 to 1, as in October.

    It also has 100.00 that q spent in October: the closed month does not weigh it.
    """
    life.edit(RULES, TWO)
    life.night("2026-11-02", OCTOBER)
    life.close()
    late = [("4", "I", "2026-10-31"), ("100", "I", "2026-10-30", "q")]
    life.night("2026-12-01", late, "2026-11")
    life.edit(RULES.replace("spend: {}}", "fixed: {q: 50, p: 50}}"))

    spend = life.books("2026-12-20").spend
    shared = spend.filter(pl.col("path").is_not_null()).sort("period", "project")

    october = [("2026-10", "p", 6), ("2026-10", "q", 2)]
    assert shared.select("period", "project", "tco_cost").rows() == [
        *october,
        ("2026-11", "p", 2),
        ("2026-11", "q", 2),
    ]
    life.edit(RULES)
    spend = life.books("2026-12-20").spend.filter(pl.col("path").is_not_null())
    assert spend.sort("period", "project").select("period", "project", "tco_cost").rows() == [
        *october,
        ("2026-11", "p", 3),
        ("2026-11", "q", 1),
    ]


def test_without_any_delivery_nothing_is_divided(life: Any) -> None:
    found = divided(
        pl.DataFrame(schema=SPEND),
        life.books("2026-11-02").spent.usage,
        versions(life.stores.ledger, present(life.project)),
        life.project,
    )

    assert found.spend.is_empty()
    assert found.shares.is_empty()
    assert found.told == ()


@pytest.mark.failure("E03")
def test_what_is_divided_by_another_source_that_restates_is_told_as_shared_anew(life: Any) -> None:
    """8.00 are divided 30 to 10, 6.00 and 2.00; then 30 to 30, 4.00 each."""
    other = replace(life.source, name="gpu", shows={})
    life.project = replace(life.project, sources=(life.source, other))
    life.edit(RULES, TWO)
    first, second = OCTOBER[:2]
    other.shows["2026-10"] = [first, second]
    life.night("2026-11-02", OCTOBER[2:])
    life.shut("2026-11-20")
    other.shows["2026-10"] = [first, ("30", *second[1:])]
    life.night("2026-12-02")

    found = adjustments(life.project, life.stores, life.books("2026-12-20"))

    assert [(each.source, each.project, each.effective, each.cause.reason) for each in found] == [
        ("cloud", "p", Decimal(-2), "shared anew"),
        ("cloud", "q", Decimal(2), "shared anew"),
        ("gpu", "q", Decimal(20), "restated delivery"),
    ]
    assert len({each.cause.delivery for each in found}) == 1
