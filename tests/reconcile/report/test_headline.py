from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.report.headline import findings, headline, said
from reconcile.tie_out import SourceState

Build = Callable[..., Portfolio]


def october(
    build: Build, plan_of: Any, costs: dict[str, str], contingency: str = "0", **rest: Any
) -> Portfolio:
    rows = [
        {"project": name, "category": "infra", "day": date(2026, 10, 5), "cost": Decimal(cost)}
        for name, cost in costs.items()
    ]
    amounts = {("infra", "2026-10"): Decimal(10000)}
    plans = [plan_of(name, amounts, Decimal(contingency)) for name in costs]
    return build(rows, plans=plans, **rest)


@pytest.mark.parametrize(
    ("costs", "contingency", "expected"),
    [
        (
            {"a": "18000", "b": "10000"},
            "9000",
            "October ended 8,000 USD over plan (+40.0 %); a is most of it",
        ),
        (
            {"a": "18000", "b": "10000"},
            "100",
            (
                "October ended 8,000 USD over plan (+40.0 %); a is most of it;"
                " a is forecast beyond limit"
            ),
        ),
        ({"a": "10400", "b": "10000"}, "9000", "October ended close to plan (+400 USD)"),
        (
            {"a": "7000", "b": "9800"},
            "9000",
            "October ended 3,200 USD under plan (\u221216.0 %); a is most of it",
        ),
        (
            {"a": "12000", "b": "12000", "c": "12000"},
            "9000",
            "October ended 6,000 USD over plan (+20.0 %)",
        ),
        (
            dict.fromkeys("abcde", "12000"),
            "0",
            (
                "October ended 10,000 USD over plan (+20.0 %);"
                " a, b, c and others are forecast beyond limit"
            ),
        ),
    ],
)
def test_the_headline_follows_the_figures(
    portfolio_of: Build, plan_of: Any, costs: dict[str, str], contingency: str, expected: str
) -> None:
    assert said(headline(october(portfolio_of, plan_of, costs, contingency))) == expected


def test_the_verb_tells_a_closed_month_from_an_open_one(portfolio_of: Build, plan_of: Any) -> None:
    missing = [SourceState(source="cloud", state="estimated")]
    closed = october(portfolio_of, plan_of, {"a": "18000"}, closed=[Month(2026, 10)])
    flash = october(portfolio_of, plan_of, {"a": "18000"}, sources=missing)

    assert said(headline(closed)).startswith("October closed 8,000 USD over plan")
    assert said(headline(flash)).startswith("October stands 8,000 USD over plan")


def test_an_incomplete_month_is_never_said_to_be_under_plan(
    portfolio_of: Build, plan_of: Any
) -> None:
    missing = [SourceState(source="cloud", state="missing")]

    p = october(portfolio_of, plan_of, {"a": "4000"}, sources=missing)

    assert said(headline(p)) == "October stands at 4,000 of 10,000 USD planned, with data missing"


def test_without_any_plan_there_is_nothing_to_be_over(portfolio_of: Build) -> None:
    row = {"project": "p", "category": "infra", "day": date(2026, 10, 5), "cost": Decimal(1500)}

    p = portfolio_of([row])

    assert said(headline(p)) == "October cost 1,500 USD, and there is no plan"
    assert said(findings(p)[1]) == "At completion: no plan, so no budget to compare with"


def test_a_month_that_runs_says_so_and_finds_nothing_on_or_off_plan(
    portfolio_of: Build, plan_of: Any
) -> None:
    runs = datetime(2026, 10, 20, 2, 30, tzinfo=UTC)

    p = october(portfolio_of, plan_of, {"a": "4000"}, as_of=runs)

    assert said(headline(p)) == "October stands at 4,000 of 10,000 USD planned, and still runs"
    assert said(findings(p)[0]) == "October: actual 4,000 against plan 10,000 (n/a)"


def test_a_month_before_any_plan_or_cost_is_not_said_to_be_on_plan(
    portfolio_of: Build, plan_of: Any
) -> None:
    later = plan_of("a", {("infra", "2026-11"): Decimal(10000)}, Decimal(0))

    assert said(headline(portfolio_of([], plans=[later]))) == "October has no plan and no cost"


def test_three_findings_say_the_month_the_end_and_the_data(six: Portfolio) -> None:
    assert [said(sentence) for sentence in findings(six)] == [
        (
            "October: actual 537.4 against plan 508.4 (+29.0, +5.7 %);"
            " largest project legal-summarizer-70b +24.0; largest category Training compute +22.0"
        ),
        (
            "At completion: estimate 6,306 (range 6,214 to 6,372) against budget 6,101"
            " (+206, +3.4 %); contingency left 244 of 438, but 54.0 of overrun has none,"
            " in legal-summarizer-70b and search-rerank-1b"
        ),
        (
            "Data: 95.7 % of the month's cost has a project, 24.0 k USD has none;"
            " every source has delivered, 100.0 % of cost final"
        ),
    ]


def test_a_missing_source_is_named(portfolio_of: Build, plan_of: Any) -> None:
    sources = [SourceState(source=name, state="missing") for name in ("labels", "cloud")]

    p = october(portfolio_of, plan_of, {"a": "1"}, sources=sources)

    assert said(findings(p)[2]).endswith("missing: cloud, labels")


def test_a_source_that_promised_nothing_is_not_said_to_have_delivered(
    portfolio_of: Build, plan_of: Any
) -> None:
    sources = [SourceState(source="post", state="absent", stage="final", promised=False)]

    p = october(portfolio_of, plan_of, {"a": "1"}, sources=sources)

    assert "nothing that was promised is missing, " in said(findings(p)[-1])


def test_every_number_of_a_sentence_is_a_figure(six: Portfolio) -> None:
    for sentence in (headline(six), *findings(six)):
        for part in sentence:
            has_digit = any(char.isdigit() for char in part.text)
            assert not has_digit or part.is_name or part.figure is not None
