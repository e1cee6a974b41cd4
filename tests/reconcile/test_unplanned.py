from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.money import plain
from reconcile.alerts import COST_WITHOUT_PLAN, Alert
from reconcile.portfolio import Portfolio
from reconcile.unplanned import event, message, unplanned

D = Decimal
ALERT = Alert(
    key=f"{COST_WITHOUT_PLAN}/bot",
    number=2,
    project="bot",
    state="open",
    told=1,
    excess=D(60),
    since="2026-11-20",
)


def row(project: str, cost: str, day: date = date(2026, 10, 9)) -> dict[str, Any]:
    return {"project": project, "category": "infra", "day": day, "cost": D(cost)}


@pytest.fixture(name="told", scope="module")
def told_fixture(portfolio_of: Any, plan_of: Any) -> Callable[..., Portfolio]:
    """Return the report of October, of which one project has a plan."""

    def build(*rows: dict[str, Any], plans: Any = None) -> Portfolio:
        plan = plan_of("other", {("infra", "2026-10"): D(100)})
        found: Portfolio = portfolio_of(rows, plans=[plan] if plans is None else plans)
        return found

    return build


def excesses(p: Portfolio, *told: str) -> dict[str, str]:
    return {each.project: plain(each.excess) for each in unplanned(p, told)}


@pytest.mark.failure("F01")
def test_cost_of_a_month_that_no_plan_has_is_an_alert(told: Callable[..., Portfolio]) -> None:
    found = excesses(told(row("bot", "60"), row("bot", "9", date(2026, 9, 9)), row("other", "500")))

    assert found == {"bot": "60", "other": "0"}


def test_a_plan_of_other_months_does_not_cover_it(
    told: Callable[..., Portfolio], plan_of: Any
) -> None:
    plans = [plan_of("bot", {("infra", "2026-09"): D(100)})]

    assert excesses(told(row("bot", "60"), plans=plans)) == {"bot": "60"}
    assert excesses(told(plans=plans)) == {"bot": "0"}


def test_a_refund_is_no_cost_and_without_any_plan_nobody_is_told(
    told: Callable[..., Portfolio],
) -> None:
    assert excesses(told(row("bot", "-60"))) == {"bot": "0", "other": "0"}
    assert excesses(told(row("bot", "60"), plans=[])) == {"bot": "0"}


def test_a_project_that_is_gone_is_in_breach_no_longer(told: Callable[..., Portfolio]) -> None:
    assert excesses(told(), "gone") == {"other": "0", "gone": "0"}


def test_the_message_says_how_much_and_what_to_do(told: Callable[..., Portfolio]) -> None:
    p = told(row("bot", "60"))
    (line,) = (each for each in p.projects if each.key == "bot")

    found = message("opened", ALERT, line, p)
    sent = event("opened", ALERT, line, p, found, run="r", at="now")

    assert found.subject == "bot: 60.00 USD in 2026-10 without a plan"
    assert found.text.splitlines()[2:] == [
        "What     60.00 USD in 2026-10, of which no plan has anything: all of it is over plan.",
        "Since    told since 2026-11-20.",
        "Who      owner unknown.",
        (
            "Do       plan the month in plans/, `trueup plan import` reads a workbook; where the "
            "cost is another project's, `trueup explain bot/2026-10/ac` says by which rule it came."
        ),
        "",
        (
            "A-2. Rule cost_without_plan (warning). "
            "Next message only if it worsens by 10 % or is resolved."
        ),
    ]
    assert (sent["type"], sent["data"]["ac"]) == ("dev.trueup.alert.opened", "60.00")
    assert sent["data"]["figure_ids"] == ["bot/2026-10/ac"]


def test_the_message_says_when_it_is_over(told: Callable[..., Portfolio]) -> None:
    p = told()

    found = message("resolved", ALERT, None, p)
    sent = event("resolved", ALERT, None, p, found, run="r", at="now")

    assert found.text.splitlines()[:3] == [
        "bot: 2026-10 has a plan, or no cost",
        "",
        "Since    told since 2026-11-20.",
    ]
    assert (sent["data"]["ac"], sent["data"]["owner"]) == ("0.00", "")
