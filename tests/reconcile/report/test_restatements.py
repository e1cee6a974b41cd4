from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.period import Month
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown, page, text
from reconcile.report.number import MINUS
from reconcile.tie_out import SourceState


def plain(rendered: str) -> str:
    """Return text with single spaces, and with the minus that a keyboard has."""
    return " ".join(rendered.replace(MINUS, "-").split())


@pytest.mark.failure("E03")
def test_every_form_of_the_report_shows_what_was_restated(six: Portfolio) -> None:
    table, told = (plain(render(six)) for render in (text.render, markdown.render))
    html = page.render(six)
    (row,) = json.loads(document.render(six))["restatements"]

    assert "Restated Month Was On Currency Rows Billed Effective" in table
    assert "cloud 2026-08 final 2026-11-17 USD -2 -12.345678 1,234.50" in table
    assert "| cloud | 2026-08 | final | 2026-11-17 | USD | -2 | -12.345678 | 1,234.50 |" in told
    assert "<h2>Restatements</h2>" in html
    assert (row["billed"], row["effective"], row["rows"]) == ("-12.345678", "1234.50", -2)
    assert (row["was"], row["cause"]) == ("final", "delivery")
    assert (row["before"], row["after"]) == ("a" * 64, "b" * 64)


def test_a_report_without_restatements_has_no_table_of_them(portfolio_of: Any) -> None:
    p = portfolio_of([])

    assert "Restate" not in text.render(p) + markdown.render(p)
    assert "<h2>Restatements" not in page.render(p)
    assert json.loads(document.render(p))["restatements"] == []


def test_the_stage_of_a_month_stands_beside_the_state_of_its_source(six: Portfolio) -> None:
    row = json.loads(document.render(six))["sources"][0]

    assert (row["source"], row["state"], row["stage"]) == ("cloud", "final", "restated")
    assert (row["since"], row["waiting"]) == ("2026-11-17", False)
    assert "final  restated  48,213" in text.render(six)
    assert "| final | restated |" in markdown.render(six)
    assert 'restated<span class="owner">since <time>2026-11-17</time></span>' in page.render(six)


@pytest.mark.failure("K03")
@pytest.mark.parametrize("state", ["absent", "late", "forbidden", "broken", "empty"])
def test_each_of_five_answers_makes_the_month_incomplete_in_its_own_word(
    portfolio_of: Any, state: str
) -> None:
    p = portfolio_of([], sources=[SourceState(source="cloud", state=state, detail="because")])

    said = f"2026-10 is incomplete: source cloud {state}: because"
    assert p.notes == (said,)
    assert p.state == "FLASH"
    assert said in text.render(p)
    assert said in json.loads(document.render(p))["notes"]
    assert "missing: cloud" in text.render(p)


def test_what_nobody_promised_is_not_missing_and_settles_with_the_month(portfolio_of: Any) -> None:
    silent = SourceState(source="labels", state="absent", stage="final", promised=False)

    p = portfolio_of([], sources=[silent])
    running = portfolio_of([], sources=[replace(silent, stage="provisional")])

    assert (p.notes, p.state) == ((), "PRELIM")
    assert (running.notes, running.state) == ((), "FLASH")
    assert p.sources[0].amount.value is None  # and it is no zero


@pytest.mark.failure("E05")
@pytest.mark.parametrize(
    ("month", "used", "billed"), [(Month(2026, 8), "14", "10"), (Month(2026, 9), "20", "24")]
)
def test_cost_by_day_and_bill_by_billing_month_stay_apart(
    portfolio_of: Any, month: Month, used: str, billed: str
) -> None:
    def row(day: date, cost: str, period: str) -> dict[str, Any]:
        where = {"project": "p", "category": "infra"}
        return {**where, "day": day, "cost": Decimal(cost), "period": period}

    rows = [
        row(date(2026, 8, 1), "10", "2026-08"),
        row(date(2026, 8, 31), "4", "2026-09"),  # late usage comes with the next invoice
        row(date(2026, 9, 1), "20", "2026-09"),
    ]

    p = portfolio_of(rows, month=month, sources=[SourceState(source="cloud", state="final")])

    assert p.total.month.ac.value == Decimal(used)
    assert p.sources[0].amount.value == Decimal(billed)
