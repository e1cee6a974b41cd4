from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.period import Month
from reconcile.alerts import SAYS, SEVERITY
from reconcile.anomaly.rule import Anomaly
from reconcile.anomaly.shown import anomaly_lines
from scheduler.alerting import TELLERS, raise_alerts
from scheduler.booking import booked
from scheduler.progress import Quiet
from scheduler.publish import reconcile
from scheduler.workspace import configured, stores


def test_every_rule_has_its_words() -> None:
    assert set(TELLERS) == set(SEVERITY) == set(SAYS)


@pytest.mark.failure("F01")
def test_what_no_plan_has_and_a_day_that_stands_out_are_told_until_they_are_over(
    trueup: Callable[..., Any], small: Path
) -> None:
    plan = small / "plans" / "support-bot.yaml"
    plan.write_text(plan.read_text().replace("start: 2026-09", "start: 2026-11"))
    trueup("-q", "-C", str(small), "ingest", "--today", "2026-11-22")
    project, as_of = configured(small, {}), datetime(2026, 11, 22, tzinfo=UTC)
    odd = Anomaly(
        kind="stands_out",
        project="support-bot",
        category="data",
        day=date(2026, 11, 21),
        cost=Decimal(900),
        expected=Decimal(100),
        detail="9 deviations",
    )

    with stores(project) as opened:
        books = booked(project, opened, Quiet(), as_of)
        report = reconcile(project, opened, books, Month(2026, 10))
        unusual = replace(report, anomalies=anomaly_lines([odd], report.figures))
        first = raise_alerts(project, opened, unusual, run="r")
        again = raise_alerts(project, opened, unusual, run="r")
        planned = replace(report, plans=())
        last = raise_alerts(project, opened, planned, run="r")

    assert [re.sub(r"[\d,]+\.\d\d", "N", subject) for subject in first] == [
        "support-bot: N USD in 2026-10 without a plan",
        "support-bot: 2026-11-21 data N USD more than expected",
    ]
    assert again == []
    assert last == [
        "support-bot: 2026-10 has a plan, or no cost",
        "support-bot: what stood out is past, or judged",
    ]
