"""A plan that is not its first: the report has both budgets and the way between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.money import ZERO, plain
from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown
from reconcile.report.bridge import section
from reconcile.report.number import NONE

JANUARY = Month(2026, 1)


@pytest.fixture(scope="module")
def rebaselined(
    portfolio_of: Callable[..., Portfolio], plan_of: Any, item_of: Any, rates_of: Any
) -> Callable[..., Portfolio]:
    """Return a report of January whose plan had `versions`, each a list of items."""

    def item(name: str, *phased: str, **driven: Any) -> Any:
        return item_of(name, "labor", tuple(map(Decimal, phased)), **driven)

    def driven(hours: str, price: str, *phased: str) -> Any:
        return item("eng", *phased, quantity={"h": Decimal(hours)}, unit="h", unit_price=Decimal(price))  # fmt: skip # noqa: E501

    versions = (
        (driven("30", "10", "100", "100", "100"), item("ci", "10", "10", "10")),
        (driven("36", "10", "100", "130", "130"), item("ci", "10", "10", "10")),
        (driven("36", "11", "100", "148", "148"), item("new", "0", "5", "0")),
    )

    def build(count: int, currency: str = "USD", drawn: int = 0) -> Portfolio:
        plans = [
            plan_of("legal", items=items, start=JANUARY, version=number, currency=currency)
            for number, items in enumerate(versions[:count], start=1)
        ]
        *others, last = plans[-1].items
        raised = replace(last, phased=(*last.phased[:-1], last.phased[-1] + drawn))
        counting = replace(plans[-1], items=(*others, raised))
        return portfolio_of(
            [{"project": "legal", "category": "labor", "day": date(2026, 1, 20), "cost": Decimal(150)}],  # noqa: E501
            month=JANUARY,
            plans=[counting],
            histories={"legal": plans},
            rates=rates_of({("EUR", "2026-01"): Decimal("1.1")}),
        )  # fmt: skip

    return build


@pytest.mark.failure("F05")
def test_a_rebaseline_is_against_the_original_and_the_current_budget(
    rebaselined: Callable[..., Portfolio],
) -> None:
    (found,) = rebaselined(3).rebaselines

    assert (found.project, found.first, found.version) == ("legal", 1, 3)
    assert [found.original.value, found.change.value, found.budget.value] == [330, 71, 401]
    assert found.estimate.value is not None
    assert found.over.value == found.estimate.value - 330
    assert found.over_current.value == found.estimate.value - 401
    assert [found.plan.value, found.delta.value] == [110, 40]
    assert found.original.id == "legal/completion/bac0"
    assert found.plan.id == "legal/to-2026-01/pl0"


@pytest.mark.failure("F05")
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_the_bridge_leads_from_the_first_budget_to_the_last_exactly(
    currency: str, rebaselined: Callable[..., Portfolio]
) -> None:
    (found,) = rebaselined(3, currency).rebaselines
    steps = [line.total.value or 0 for line in found.lines]
    original, budget = found.original.value, found.budget.value
    assert original is not None

    assert original + sum(steps) == budget
    assert found.change.value == sum(steps)
    for line in found.lines:
        assert sum(each.value or 0 for each in line.steps.values()) == line.total.value


@pytest.mark.failure("F04")
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_what_was_drawn_from_contingency_stands_beside_what_was_rebaselined(
    currency: str, rebaselined: Callable[..., Portfolio]
) -> None:
    (found,) = rebaselined(3, currency, 20).rebaselines
    rate = Decimal("1.1") if currency == "EUR" else 1

    parts = [found.original.value, found.change.value, found.drawn.value]
    assert parts == [330 * rate, 71 * rate, 20 * rate]
    assert found.budget.value == sum(part or 0 for part in parts)


def test_each_version_changes_what_it_changed(rebaselined: Callable[..., Portfolio]) -> None:
    (found,) = rebaselined(3).rebaselines

    assert [
        (
            line.old,
            line.new,
            line.item,
            {kind: plain(each.value or ZERO) for kind, each in line.steps.items()},
        )
        for line in found.lines
    ] == [
        (1, 2, "eng", {"quantity": "60"}),
        (2, 3, "ci", {"removed": "-30"}),
        (2, 3, "new", {"added": "5"}),
        (2, 3, "eng", {"price": "36"}),
    ]


def test_a_first_plan_has_no_section(rebaselined: Callable[..., Portfolio]) -> None:
    report = rebaselined(1)

    assert report.rebaselines == ()
    assert not section(report).shown
    assert json.loads(document.render(report))["rebaselines"] == []


def test_every_form_of_a_report_shows_it(rebaselined: Callable[..., Portfolio]) -> None:
    report = rebaselined(2)
    (said,) = json.loads(document.render(report))["rebaselines"]
    budgets, steps = section(report).tables
    text = markdown.render(report)

    assert [cell.text for cell in budgets.rows[0]][:6] == [
        *("legal", "1 to 2", "330.00", "+60.00", "0.00", "390.00"),
    ]
    assert [cell.text for cell in steps.rows[0]] == [
        *("legal", "1 to 2", "eng", "labor"),
        *(NONE, NONE, "+60.00", NONE, NONE, NONE, "+60.00"),
    ]
    assert (said["bac0"], said["bac"], said["rebaselined"]) == ("330.00", "390.00", "60.00")
    assert said["drawn"] == "0.00"
    assert said["bridge"][0]["quantity"] == "60.00"
    assert said["bridge"][0]["price"] is None
    assert "Rebaselines" in text
