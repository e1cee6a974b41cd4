"""What a month is pinned with, beside its books; and the table of closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.closing import Pins, close, reopen
from models.currency import RateEntry, Rates
from models.period import Month
from models.settings import Allocation, Anomalies, Close, Fiscal, Materiality
from scheduler.approving import approve
from scheduler.close.closing import CLOSES, closes_frame, settings
from scheduler.version import entries, present
from scheduler.workspace import Project, configured

OCTOBER = Month(2026, 10)
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
APPROVED = "{status: approved, author: a, by: f, at: 2026-10-01, reason: baseline}"
DRAFT = "{author: a}"
PLAN = """\
plan: {{project: n, id: n, version: {version}, currency: USD, start: 2026-10, horizon_months: 3}}
approval: {approval}
items: [{{id: train, category: training_compute, amount: {amount}}}]
"""


def rate(start: str, of: str) -> RateEntry:
    given = {"currency": "USD", "to": "EUR", "from": start, "rate": of, "source": "bank"}
    return RateEntry.model_validate(given)


@pytest.mark.failure("E11")
def test_a_month_is_pinned_with_the_plan_that_counts_its_rates_and_the_settings(life: Any) -> None:
    folder = life.project.folder
    life.edit(projects="projects:\n  - {id: n}\n")
    for version, approval in ((1, APPROVED), (2, DRAFT), (3, DRAFT)):
        text = PLAN.format(version=version, approval=approval, amount=version * 30)
        (folder / "plans" / f"n{version}.yaml").write_text(text)
    rates = Rates.of((rate("2026-09", "0.8"), rate("2026-10", "0.9"), rate("2026-11", "0.7")))
    life.project = replace(life.project, plans=configured(folder, {}).plans, rates=rates)
    by_command = next(plan for plan in life.project.plans if plan.version == 2)
    approve(life.stores.ledger, by_command, by="f", reason="more runs", at=NOON.date())
    life.night("2026-11-02", [("10", "I", "2026-10-05")])

    body = life.shut("2026-11-20").body

    assert body["plans"] == {"n": {"version": 2, "hash": by_command.fingerprint}}
    assert body["settings"] == settings(life.project)
    assert [each["rate"] for each in body["rates"]["stated"]] == ["0.9"]


@pytest.mark.parametrize(
    "edit",
    [
        {"name": "other"},
        {"reporting_currency": "EUR"},
        {"materiality": Materiality(floor=7)},
        {"allocation": Allocation(target=70)},
        {"fiscal": Fiscal(first_month=4)},
        {"anomalies": Anomalies(floor=7)},
    ],
)
def test_each_setting_that_figures_depend_on_has_its_part_in_the_hash(
    unborn: Project, edit: dict[str, Any]
) -> None:
    other = replace(unborn, settings=unborn.settings.model_copy(update=edit))

    assert settings(other) != settings(unborn)


@pytest.mark.parametrize("edit", [{"workers": 3}, {"close": Close(two_person=True)}])
def test_settings_that_move_no_figure_have_no_part_in_it(
    unborn: Project, edit: dict[str, Any]
) -> None:
    other = replace(unborn, settings=unborn.settings.model_copy(update=edit))

    assert settings(other) == settings(unborn)


def test_the_table_of_closes_has_every_version_with_its_persons_and_reasons(life: Any) -> None:
    ledger = life.stores.ledger
    assert closes_frame(life.stores).rows() == []
    ledger.append(*entries(life.project, ledger))
    pins = Pins(rules=present(life.project).hash)
    first = close(ledger, OCTOBER, by="ada", pins=pins, reason="agreed", signed_by="ben")
    again = reopen(ledger, OCTOBER, by="cy", reason="wrong rule", as_of=NOON)
    second = close(ledger, OCTOBER, by="ada", pins=pins)

    found = closes_frame(life.stores)

    assert found.schema == CLOSES
    assert found.rows() == [
        ("2026-10", 1, first.at, "ada", "ben", "agreed", again.at, "cy", "wrong rule"),
        ("2026-10", 2, second.at, "ada", "", "", None, None, None),
    ]
