from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pytest

from models.errors import InvariantError
from reconcile.alerts import Act, Alert
from reconcile.line import Line
from reconcile.message import SUBJECT, event, message
from reconcile.portfolio import Portfolio

OVER_LIMIT = """\
search-rerank-1b: forecast 357 k USD, 17 over limit (BAC 324 + 16)

What     Estimate at completion 357 k USD vs budget 324: +33 (+10.2 %). \
Contingency of 16 runs out about 2026-09-24; the horizon ends 2027-02-28.
Now      2026-10 32.0 vs 27.0: +5.0 (+18.5 %). To date 238.0 vs 216.0: +22.0 (+10.2 %).
Why      Training compute +5.0 of 2026-10's +5.0.
Since    over plan each month since 2026-03; beyond its limit since 2026-11-20 (run r1).
Forecast 346 (actual plus remaining plan) to 365 (rest at the ratio of the last three months). \
To finish inside the limit: 17 k USD less.
Who      owner l.moreau@example.com, cost centre 4417.
Trust    100 % of cost final; data of 2026-10 complete; as of 2026-11-20.
Do       `trueup report --month 2026-10`

A-142. Rule eac_over_limit (critical). Next message only if it worsens by 10 % or is resolved."""


def alert_of(project: str, *, state: Literal["open", "resolved"] = "open") -> Alert:
    return Alert(
        key=f"eac_over_limit/{project}",
        number=142,
        project=project,
        state=state,
        told=3,
        excess=Decimal(5000),
        since="2026-11-20",
    )


def line_of(report: Portfolio, project: str) -> Line:
    return next(line for line in report.projects if line.key == project)


def test_an_opened_alert_says_what_why_who_and_what_next(six: Portfolio) -> None:
    """By hand: 27 k a month, 22 k over by October, all of it in training of 9 k a month.

    In the shape of the plan 238 + 4 x (18 + 9 x 94 / 72) = 357 k; as planned 238 + 108 = 346 k;
    at the ratio of the last three months 238 + 108 x 95 / 81 = 365 k.
    """
    line = line_of(six, "search-rerank-1b")

    told = message("opened", alert_of(line.key), line, six, run="r1")

    assert told.text == OVER_LIMIT


@pytest.mark.parametrize("act", ["opened", "worsened", "resolved"])
def test_a_subject_fits_in_78_characters_whatever_the_name(six: Portfolio, act: Act) -> None:
    line = replace(six.projects[0], key="a-project-with-a-name-that-goes-on-and-on-and-on-" * 3)

    told = message(act, alert_of(line.key), line, six, run="r1")

    assert len(told.subject) == SUBJECT
    assert "…: " in told.subject
    assert told.text.startswith(told.subject)


def test_a_resolved_alert_says_how_far_inside_it_is(six: Portfolio) -> None:
    line = line_of(six, "support-triage-8b")

    told = message("resolved", alert_of(line.key, state="resolved"), line, six, run="r1")

    assert told.subject == (
        "support-triage-8b: back inside its limit: forecast 882 k USD, 119 below"
    )


def test_an_event_is_a_cloudevent_whose_amounts_are_text(six: Portfolio) -> None:
    line = line_of(six, "legal-summarizer-70b")
    alert = alert_of(line.key)
    told = message("opened", alert, line, six, run="r1")

    sent = event("opened", alert, line, six, told, run="r1", at="2026-11-20T02:30:00+00:00")

    assert {name: sent[name] for name in ("specversion", "id", "source", "type", "subject")} == {
        "specversion": "1.0",
        "id": "A-142:3",
        "source": "/portfolio/fine-tuning",
        "type": "dev.trueup.alert.opened",
        "subject": "legal-summarizer-70b",
    }
    assert all(figure_id in six.figures for figure_id in sent["data"]["figure_ids"])
    amounts = [sent["data"][name] for name in ("eac", "bac", "limit", "delta", "ac", "pl")]
    assert all(Decimal(amount) == Decimal(amount).quantize(Decimal("0.01")) for amount in amounts)
    assert Decimal(sent["data"]["eac"]) - Decimal(sent["data"]["bac"]) == Decimal(
        sent["data"]["delta"]
    )
    assert sent["data"]["text"] == told.text


def test_a_category_has_no_limit_and_no_alert(six: Portfolio) -> None:
    with pytest.raises(InvariantError) as refused:
        message("opened", alert_of("data"), six.categories[0], six, run="r1")

    assert str(refused.value) == (
        f"{six.categories[0].key}: an alert needs a limit, and only projects have one"
    )
