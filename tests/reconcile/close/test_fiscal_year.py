from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.report import fiscal
from reconcile.tie_out import SourceState

MONTHS = tuple(Month(2026, month) for month in (8, 9, 10))


@pytest.fixture(name="made", scope="module")
def made_fixture(portfolio_of: Callable[..., Portfolio], plan_of: Any) -> Callable[..., Portfolio]:
    plans = [plan_of("p", {("infra", str(month)): Decimal(100) for month in MONTHS})]
    rows = [
        {"project": project, "category": "infra", "day": date(2026, month, 5), "cost": cost}
        for project, month, cost in (
            ("p", 8, Decimal(1)),
            ("p", 9, Decimal(90)),
            ("p", 10, Decimal("130.5")),
            ("old", 8, Decimal(7)),
        )
    ]

    def build(starts: int | None) -> Portfolio:
        sources = [SourceState(source="cloud", state="final")]
        return portfolio_of(rows, plans=plans, sources=sources, fiscal=starts)

    return build


@pytest.mark.failure("E13")
@pytest.mark.parametrize(
    ("starts", "lines"),
    [
        (None, []),
        (9, [("p", "220.5", "200", "20.5"), ("Portfolio", "220.5", "200", "20.5")]),
        (10, [("p", "130.5", "100", "30.5"), ("Portfolio", "130.5", "100", "30.5")]),
        (11, [("old", "7", None, "7"), ("p", "221.5", "300", "-78.5"),
              ("Portfolio", "228.5", "300", "-71.5")]),
    ],
)  # fmt: skip
def test_a_fiscal_year_counts_from_its_first_month(
    made: Callable[..., Portfolio], starts: int | None, lines: list[Any]
) -> None:
    assert [
        tuple(
            each if isinstance(each, str) else each.value
            for each in (line.title, line.ac, line.pl, line.delta)
        )
        for line in made(starts).fiscal
    ] == [(name, *(each and Decimal(each) for each in rest)) for name, *rest in lines]


def test_the_section_of_the_fiscal_year_has_its_sum_last(made: Callable[..., Portfolio]) -> None:
    shown = fiscal.section(made(9))

    assert [cell.text for cell in shown.tables[0].rows[-1]] == [
        *("Portfolio", "220.50", "200.00", "+20.50", "10.3"),
    ]
    assert shown.tables[0].total
    assert shown.document[0] == {
        "title": "p",
        "actual": "220.50",
        "plan": "200.00",
        "delta": "20.50",
        "percent": "10.25",
    }
    assert made(9).fiscal[0].ac.id == "p/2026-10/fy_ac"
    assert not fiscal.section(made(None)).shown
