"""A report shows which part of an actual no bill has brought, and what is ordered still."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import polars as pl
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from models.period import Month
from models.purchasefile import Purchase
from reconcile.forecasting.span import Scope, estimate_range
from reconcile.portfolio import Portfolio
from reconcile.purchase.accrual import Accrual, spend_frame
from reconcile.purchase.shown import committed
from reconcile.report import document, markdown, page, text
from reconcile.report.number import MINUS
from reconcile.report.schema import REPORT_SCHEMA

OCTOBER: Final = Month(2026, 10)
ORDER: Final = Purchase.model_validate(
    {"number": "PO-7", "issuer": "Acme", "project": "p", "category": "data", "currency": "USD"}
)


def accrual(month: Month, amount: str, balance: str) -> Accrual:
    return Accrual(
        purchase=ORDER,
        line="1",
        kind="goods_received",
        month=month,
        amount=Decimal(amount),
        balance=Decimal(balance),
        quantity=Decimal(400),
    )


@pytest.fixture(scope="module")
def report(portfolio_of: Any) -> Portfolio:
    found = [accrual(OCTOBER, "-13.50", "18.00"), accrual(OCTOBER + -1, "31.50", "31.50")]
    spend = spend_frame(found).with_columns(adjusts=pl.lit(None, pl.String))
    built: Portfolio = portfolio_of(spend=spend, accruals=found)
    return built


def test_every_form_of_the_report_shows_what_is_accrued(report: Portfolio) -> None:
    table = " ".join(text.render(report).replace(MINUS, "-").split())
    (row,) = json.loads(document.render(report))["accruals"]

    assert "Accrued For Issuer Project Currency Of the month Balance" in table
    assert "Goods received, not invoiced PO-7 line 1 Acme p USD -13.50 18.00" in table
    assert (
        "| Goods received, not invoiced | PO-7 line 1 | Acme | p | USD | -13.50 | 18.00 |"
        in markdown.render(report).replace(MINUS, "-")
    )
    assert "<h2>Accruals</h2>" in page.render(report)
    assert row == {
        "kind": "goods_received",
        "purchase": "PO-7",
        "line": "1",
        "issuer": "Acme",
        "project": "p",
        "category": "data",
        "currency": "USD",
        "amount": "-13.50",
        "balance": "18.00",
    }
    Draft202012Validator(REPORT_SCHEMA).validate(json.loads(document.render(report)))


def test_accruals_are_actuals_and_figures(report: Portfolio) -> None:
    assert report.projects[0].month.ac.value == Decimal("-13.50")
    assert report.projects[0].to_date.ac.value == Decimal("18.00")
    assert report.figures["accrual/PO-7/1/goods_received/2026-10/accrued"].value == Decimal("-13.5")
    balance = report.figures["accrual/PO-7/1/goods_received/2026-10/accrued_balance"]
    assert (balance.value, balance.basis, balance.unit) == (Decimal(18), "effective", "USD")


def test_a_report_without_accruals_has_no_table_of_them(portfolio_of: Any) -> None:
    p = portfolio_of([])

    assert "Accru" not in text.render(p) + markdown.render(p)
    assert "<h2>Accruals" not in page.render(p)
    assert json.loads(document.render(p))["accruals"] == []


def test_what_is_ordered_lifts_the_low_end_of_an_early_estimate(
    portfolio_of: Any, plan_of: Any
) -> None:
    row = {"project": "p", "category": "data", "day": date(2026, 10, 1), "cost": Decimal(100)}
    plan = plan_of("p", {("data", "2026-10"): Decimal(100), ("data", "2026-11"): Decimal(900)})

    def low(amount: str) -> Any:
        given = {("p", "USD"): Decimal(amount), ("q", "USD"): Decimal(5)}
        p = portfolio_of([row], plans=[plan], commitments=given)
        return p.projects[0].outlook.spread.low.value

    assert [low("0"), low("36"), low("5000")] == [100, 136, 1000]  # never above the estimate


def test_what_is_ordered_in_another_currency_counts_at_the_rate_of_the_month(
    rates_of: Any,
) -> None:
    rates = rates_of({("EUR", "2026-10"): Decimal("1.1")})
    amounts = {("p", "EUR"): Decimal(10), ("p", "USD"): Decimal(1), ("q", "CHF"): Decimal(0)}

    assert committed(amounts, rates, "USD", OCTOBER) == {"p": 12, "q": 0}


def test_nothing_ordered_leaves_the_range_as_it_was() -> None:
    amounts = {OCTOBER: Decimal(3)}
    known = Scope(actual=amounts, plan=amounts, forecast=amounts, reported=[OCTOBER])
    ranges = [estimate_range(known), estimate_range(replace(known, committed=Decimal(0)))]

    assert ranges[0] == ranges[1]
