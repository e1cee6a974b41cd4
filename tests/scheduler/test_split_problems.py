from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from models.currency import Rates
from models.project import Project, Registry
from models.rule.rule import RuleSet
from models.spend import SPEND
from models.split.split import Fixed, Split, Usage
from models.usage import OWNED
from scheduler.sharing import shared


def frame(schema: pl.Schema, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def test_what_is_odd_about_a_split_is_a_problem_of_its_month_told_once() -> None:
    registry = Registry((Project(id="legal", end=date(2026, 9, 30)), Project(id="bot")))
    both = Fixed((("legal", Decimal(50)), ("nodes", Decimal(50))))
    nodes = Usage(driver="runs", among=("bot",))
    rules = RuleSet((), splits=(Split("both", both), Split("nodes", nodes)))
    zero = Decimal(0)
    costs = dict.fromkeys(("effective_cost", "tco_cost", "list_cost", "consumed_quantity"), zero)
    row = {
        **costs,
        "period": "2026-10",
        "project": "unallocated",
        "path": "both",
        "currency": "USD",
        "share": Decimal(1),
        "day": date(2026, 10, 2),
        "billed_cost": Decimal(8),
        "lines": 1,
    }
    run = {"period": "2026-10", "driver": "runs", "day": date(2026, 10, 1), "unit": "x"}
    used = [
        {**run, "project": project, "quantity": Decimal(quantity)}
        for project, quantity in (("bot", 3), ("legal", 1))
    ]

    found = shared(
        frame(SPEND, [row, {**row, "day": date(2026, 10, 3)}]),
        frame(OWNED, used),
        rules,
        registry,
        rates=Rates({}),
        currency="USD",
    )

    assert [(str(each), each.severity) for each in found.told] == [
        (
            (
                "splits: 2026-10: split 'both': 50 percent go to 'legal', which is not under way "
                "on 2026-10-02; change its shares, or the project's days [split_not_under_way]"
            ),
            "warning",
        ),
        (
            (
                "splits: 2026-10: split 'nodes': 1 runs are of 'legal', no target under way; "
                "the targets bear their part [split_left_out]"
            ),
            "info",
        ),
    ]
    assert found.spend.group_by("project").agg(pl.col("billed_cost").sum()).sort(
        "project"
    ).rows() == [
        ("bot", Decimal(8)),
        ("legal", Decimal(8)),
    ]
