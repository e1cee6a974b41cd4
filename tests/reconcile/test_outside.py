from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest

from models.period import Month
from reconcile.afterwards import event, message
from reconcile.alerts import Act, Alert
from reconcile.portfolio import Portfolio

Portfolios = Callable[..., Portfolio]
END = date(2026, 9, 30)


def row(project: str, day: date, cost: str, **more: Any) -> dict[str, Any]:
    return {
        "project": project, "category": "infra", "day": day, "cost": Decimal(cost), **more
    }  # fmt: skip


@pytest.fixture
def report(portfolio_of: Portfolios, project_of: Any, rates_of: Any) -> Portfolio:
    """By hand: 10 USD on 1 October and 4 EUR at 1.25 on two days are 15 USD on three days."""
    euro = {"currency": "EUR"}
    return portfolio_of(
        [
            row("bot", END, "100"),
            row("bot", date(2026, 10, 1), "10"),
            row("bot", date(2026, 10, 2), "0"),
            row("bot", date(2026, 10, 3), "1", **euro),
            row("bot", date(2026, 10, 9), "3", **euro),
            row("new", date(2026, 10, 31), "-2"),
            row("other", date(2026, 10, 31), "7"),
        ],
        projects=[
            project_of("bot", owner="o@example.com", cost_center="4420", end=END),
            project_of("new", start=date(2026, 11, 1)),
            project_of("other", start=date(2026, 10, 31), end=date(2026, 10, 31)),
            project_of("idle", end=END),
        ],
        rates=rates_of({("EUR", "2026-10"): Decimal("1.25")}),
    )


def alert(state: Literal["open", "resolved"], excess: str) -> Alert:
    return Alert(key="spend_after_end/bot", number=7, project="bot", state=state, told=1,
                 excess=Decimal(excess), since="2026-11-20")  # fmt: skip


@pytest.mark.failure("D09")
def test_spend_beyond_the_days_of_a_project_stays_with_it_and_is_told(report: Portfolio) -> None:
    assert [note for note in report.notes if note.startswith("bot")] == [
        (
            "bot: 15.00 USD were spent on 3 days from 2026-10-01 to 2026-10-09, after its end "
            "2026-09-30; they stay with it: stop what still runs, or move `end` in projects.yaml"
        )
    ]
    assert report.outside[0].amount is report.figures["bot/to-2026-10/after"]
    assert {line.key: line.to_date.ac.value for line in report.projects} == {
        "bot": Decimal(115), "new": Decimal(-2), "other": Decimal(7)
    }  # fmt: skip


def test_spend_before_the_start_is_told_as_well(report: Portfolio) -> None:
    found = report.outside[1]

    assert found.said == (
        "new: \u22122.00 USD were spent on 2026-10-31, before its start 2026-11-01; "
        "they stay with it: correct what is tagged so, or move `start` in projects.yaml"
    )
    assert found.said in report.notes
    assert len(report.outside) == 2


def test_what_was_spent_after_the_month_of_a_report_is_not_told_in_it(
    portfolio_of: Portfolios, project_of: Any
) -> None:
    rows = [row("bot", date(2026, 11, 2), "5")]

    found = portfolio_of(rows, projects=[project_of("bot", end=END)])

    assert found.month == Month(2026, 10)
    assert [each.days for each in found.outside] == [1]
    assert not [note for note in found.notes if "after its end" in note]


OPENED = """\
bot: 15.00 USD spent after its end on 2026-09-30

What     15.00 USD on 3 days, 2026-10-01 to 2026-10-09; its end was 2026-09-30.
Since    told since 2026-11-20.
Who      owner o@example.com, cost centre 4420.
Do       stop what still runs, or move `end` in projects.yaml; the cost stays with it.

A-7. Rule spend_after_end (warning). Next message only if it worsens by 10 % or is resolved."""
RESOLVED = """\
bot: no spend after its end any more

What     What is loaded has no cost of days after its end.
Since    told since 2026-11-20.

A-7. Rule spend_after_end (warning). Next message only if it worsens by 10 % or is resolved."""


@pytest.mark.failure("D09")
@pytest.mark.parametrize(
    ("act", "excess", "text"), [("opened", "15", OPENED), ("resolved", "0", RESOLVED)]
)
def test_the_alert_says_how_much_when_whose_and_what_to_do(
    report: Portfolio, project_of: Any, act: Act, excess: str, text: str
) -> None:
    gone = act == "resolved"
    owned = None if gone else project_of("bot", owner="o@example.com", cost_center="4420")
    found = None if gone else report.outside[0]

    told = message(act, alert("resolved" if gone else "open", excess), found, owned, report)

    assert told.text == text


def test_the_event_has_the_figure_and_the_days(report: Portfolio, project_of: Any) -> None:
    found, owned = report.outside[0], project_of("bot", owner="o@example.com")
    told = message("opened", alert("open", "15"), found, owned, report)

    sent = event("opened", alert("open", "15"), found, owned, report, told, run="r1", at="now")

    facts = {
        "rule": "spend_after_end", "severity": "warning", "figure_ids": ["bot/to-2026-10/after"],
        "amount": "15.00", "end": "2026-09-30", "first": "2026-10-01", "last": "2026-10-09",
        "days": 3, "owner": "o@example.com", "currency": "USD",
    }  # fmt: skip
    assert facts.items() <= sent["data"].items()
    assert sent["id"] == "A-7:1"


@pytest.mark.failure("D08")
def test_a_plan_that_goes_on_after_a_merger_is_told_and_compared_with_what_stays(
    portfolio_of: Portfolios, project_of: Any, plan_of: Any, merged_of: Any
) -> None:
    """By hand: 100 a month from March to December; merged on 1 September, so 200 are left over.

    Six months were spent at 100 and two at nothing: 600 to date against 800. The two that are
    planned still are forecast at that ratio, 150, so that 750 stand against 1,000 at the end.
    """
    months = [Month(2026, number) for number in range(3, 13)]
    plan = plan_of("bot", {("infra", str(month)): Decimal(100) for month in months})
    bills = [row("bot", month.first, "100") for month in months[:6]]
    merged = merged_of("other", date(2026, 9, 1))

    found = portfolio_of(
        [*bills, row("other", date(2026, 9, 1), "100"), row("other", date(2026, 10, 1), "100")],
        plans=[plan],
        projects=[project_of("bot", merged=merged), project_of("other")],
    )

    bot, other = sorted(found.projects, key=lambda line: line.key)
    assert (bot.to_date.ac.value, bot.to_date.pl.value) == (Decimal(600), Decimal(800))
    assert (bot.completion.eac.value, bot.completion.bac.value) == (Decimal(750), Decimal(1000))
    assert (other.completion.eac.value, found.total.completion.eac.value) == (
        Decimal(200),
        Decimal(950),
    )
    assert found.notes == (
        (
            "bot: 200.00 USD are planned after it went into other on 2026-09-01, and count in its "
            "estimate; approve a plan that ends by then"
        ),
    )
