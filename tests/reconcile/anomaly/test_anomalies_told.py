from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from models.decision.judgement import Judgement
from reconcile.alerts import DAILY_ANOMALY, Alert
from reconcile.anomaly import told
from reconcile.anomaly.rule import Anomaly
from reconcile.anomaly.shown import recent, unusual
from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown
from reconcile.report.schema import REPORT_SCHEMA

D = Decimal
TODAY = date(2026, 10, 18)
SAID = Judgement.model_validate(
    {"project": "bot", "category": "data", "day": "2026-10-17", "verdict": "false_alarm",
     "by": "lead", "reason": "a move of buckets"}
)  # fmt: skip


def anomaly(day: int = 17, excess: str = "800", **said: Any) -> Anomaly:
    base: dict[str, Any] = {
        "kind": "stands_out",
        "project": "bot",
        "category": "data",
        "day": date(2026, 10, day),
        "cost": D(excess) + 100,
        "expected": D(100),
        "detail": "9.9 robust deviations above 20 active days",
    }
    return Anomaly(**{**base, **said})


@pytest.fixture(name="told_of", scope="module")
def told_of_fixture(portfolio_of: Any) -> Callable[..., Portfolio]:
    """Return the report in which some anomalies are told."""

    def build(*found: Anomaly) -> Portfolio:
        made: Portfolio = portfolio_of([], anomalies=found)
        return made

    return build


def worst(p: Portfolio, days: int = 7, *projects: str) -> dict[str, str]:
    return {
        each.project: f"{each.excess:f}" for each in unusual(p.anomalies, projects, TODAY, days)
    }


def test_an_alert_watches_the_worst_day_so_that_a_step_is_told_once(
    told_of: Callable[..., Portfolio],
) -> None:
    step = [anomaly(day, "500") for day in (15, 16, 17)]
    same = anomaly(16, "20", category="infra")

    assert worst(told_of(*step)) == {"bot": "500"}
    assert worst(told_of(*step, same)) == {"bot": "520"}
    assert worst(told_of(), 7, "bot") == {"bot": "0"}


def test_of_several_days_each_counts_by_itself_as_long_as_it_is_recent(
    told_of: Callable[..., Portfolio],
) -> None:
    by_day = {date(2026, 10, 10): D(900), date(2026, 10, 11): D(70), date(2026, 10, 18): D(999)}
    p = told_of(anomaly(10, "970", kind="new_service", thing="Glue", by_day=by_day))

    assert worst(p) == {"bot": "70"}
    assert worst(p, 8) == {"bot": "900"}
    assert worst(p, 6) == {}


def test_of_what_somebody_judged_nobody_is_told(told_of: Callable[..., Portfolio]) -> None:
    p = told_of(anomaly(judgement=SAID), anomaly(16, "5"))

    assert worst(p) == {"bot": "5"}
    assert [each.anomaly.day.day for each in recent(p.anomalies, TODAY, 7)] == [16]
    assert worst(told_of(anomaly(judgement=SAID)), 7, "bot") == {"bot": "0"}


def test_the_report_says_who_judged_a_day_and_why(told_of: Callable[..., Portfolio]) -> None:
    p = told_of(anomaly(judgement=SAID), anomaly(16))
    shown = json.loads(document.render(p))

    jsonschema.validate(shown, REPORT_SCHEMA)
    assert [each["judgement"] for each in shown["anomalies"]] == [
        {"verdict": "false_alarm", "by": "lead", "reason": "a move of buckets"},
        None,
    ]
    detail = "9.9 robust deviations above 20 active days"
    assert (
        f"{detail}; false alarm: a move of buckets (lead) | 900.00 | 100.00 | 800.00"
        in markdown.render(p)
    )
    assert f"{detail} | 900.00" in markdown.render(p)


def test_things_of_one_day_are_figures_of_their_own(told_of: Callable[..., Portfolio]) -> None:
    glue, lake = (anomaly(excess=n, kind="new_service", thing=f"A {n}") for n in ("8", "9"))

    p = told_of(glue, lake)

    assert p.figures["bot/data/new_service/A%208/2026-10-17/day_excess"].value == 8
    assert p.figures["bot/data/new_service/A%209/2026-10-17/day_excess"].value == 9


ALERT = Alert(
    key=f"{DAILY_ANOMALY}/bot",
    number=4,
    project="bot",
    state="open",
    told=1,
    excess=D(800),
    since="2026-10-18",
)


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        ({}, "bot: 2026-10-17 data 800.00 USD more than expected"),
        ({"kind": "over_plan"}, "bot: 2026-10-17 data 800.00 USD more than expected"),
        ({"kind": "new_service"}, "bot: data 800.00 USD, new since 2026-10-17"),
        ({"kind": "price_change"}, "bot: data 800.00 USD, dearer since 2026-10-17"),
    ],
)
def test_the_message_says_how_much_and_since_when(
    told_of: Callable[..., Portfolio], said: dict[str, Any], subject: str
) -> None:
    p = told_of(anomaly(**said))

    found = told.message("opened", ALERT, p.anomalies, p)

    assert found.subject == subject
    assert found.text.splitlines()[2:] == [
        (
            "What     2026-10-17 data: 900.00 against 100.00 expected, "
            "9.9 robust deviations above 20 active days"
        ),
        "Since    told since 2026-10-18.",
        (
            "Do       See Anomalies in `trueup report`; what was meant, or was nothing, say under "
            "`anomalies` in decisions.yaml, and nobody is told of it any more."
        ),
        "",
        (
            "A-4. Rule daily_anomaly (warning). "
            "Next message only if it worsens by 10 % or is resolved."
        ),
    ]


def test_when_it_is_over_the_message_says_why_it_can_be(told_of: Callable[..., Portfolio]) -> None:
    p = told_of()

    found = told.message("resolved", ALERT, (), p)

    assert found.text.splitlines()[0] == "bot: what stood out is past, or judged"
    assert "Do  " not in found.text


def test_the_event_has_figures_and_days(told_of: Callable[..., Portfolio]) -> None:
    p = told_of(anomaly())
    message = told.message("opened", ALERT, p.anomalies, p)

    sent = told.event("opened", ALERT, p.anomalies, p, message, run="r", at="now")

    assert sent["data"]["figure_ids"] == ["bot/data/stands_out/2026-10-17/day_excess"]
    assert sent["data"]["days"] == [
        {
            "day": "2026-10-17",
            "category": "data",
            "kind": "stands_out",
            "cost": "900.00",
            "expected": "100.00",
        }
    ]
