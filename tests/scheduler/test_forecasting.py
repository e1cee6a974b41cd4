"""`trueup forecast`, and the forecasts that nights keep to compare with what comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.period import Month
from scheduler.cli import main
from scheduler.forecasting import FORECAST, past
from scheduler.workspace import configured, stores

SOURCES = """\
workers: 1
sources:
  cloud:
    kind: invoice_csv
    folder: invoices
    issuer: Acme Cloud
    service: Cloud
    columns: {number: Invoice, issued: Date, line: Line, amount: Net, currency: Currency,
              service_start: From, service_end: To, tags: {project: Project}}
    dates: "%Y-%m-%d"
"""
RULES = """\
rules:
  - {id: whose, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: what, when: {service: Cloud}, to: {category: training_compute}}
"""
PLAN = """\
plan: {project: support-bot, id: bot, version: 1, currency: USD, start: 2026-08, horizon_months: 6}
approval: {status: approved, author: a@e.com, by: b@e.com, at: 2026-07-01, reason: first}
items:
  - id: train
    category: training_compute
    quantity: {runs: 4, gpu_hours_per_run: 15}
    unit: gpu-hour
    unit_price: 10
    progress: {by: milestones}
"""
PROGRESS = """\
progress:
  - project: support-bot
    item: train
    milestones:
      - {name: half, weight: 1, reached: 2026-10-30}
      - {name: rest, weight: 1, reached: 2026-11-03}
"""
pytestmark = pytest.mark.once  # three nights

HEAD = "Invoice,Date,Line,Net,Currency,From,To,Project\n"
Trueup = Callable[..., Any]


def bill(folder: Path, month: str, last: str, amount: int) -> None:
    line = f"I-{month},{last},1,{amount}.00,USD,{month}-01,{last},support-bot\n"
    (folder / "invoices" / f"{month}.csv").write_text(HEAD + line)


def night(folder: Path, today: str) -> int:
    return main(("-C", str(folder), "-q", "run", "--today", today))


@pytest.fixture(name="nights", scope="module")
def nights_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project after two nights of October and one of November; not to be changed."""
    folder = tmp_path_factory.mktemp("forecast") / "project"
    names = ("--name", "n", "--currency", "USD", "--project", "support-bot", "--owner", "o@e.com")
    assert main(("-C", str(folder), "init", *names)) == 0
    settings = folder / "trueup.yaml"
    settings.write_text(settings.read_text().replace("sources: {}\n", SOURCES))
    for path in (folder / "plans").iterdir():
        path.unlink()
    (folder / "invoices").mkdir()
    for name, text in {"rules": RULES, "plans/bot": PLAN, "progress": PROGRESS}.items():
        (folder / f"{name}.yaml").write_text(text)
    for month, last in (
        ("2026-08", "2026-08-31"),
        ("2026-09", "2026-09-30"),
        ("2026-10", "2026-10-31"),
    ):
        bill(folder, month, last, 150)
    codes = [night(folder, day) for day in ("2026-11-20", "2026-11-21")]
    bill(folder, "2026-11", "2026-11-30", 200)
    assert {*codes, night(folder, "2026-12-20")} <= {0, 4}
    return folder


def test_a_night_keeps_what_it_forecast_once(nights: Path) -> None:
    """By hand: half is done for 450; the other half costs 450 more, 150 a month."""
    with stores(configured(nights)) as opened:
        entries = opened.ledger.entries(FORECAST)
        found = past(opened)

    assert [each.subject for each in entries] == ["2026-10", "2026-11"]
    (kept,) = entries[0].body["projects"].values()
    assert kept["whole"] is True
    assert kept["method"] == "category CPI"
    assert kept["categories"]["training_compute"]["eac"] == "900"
    assert entries[0].body["currency"] == "USD"
    assert [(each.project, str(each.month)) for each in found] == [
        ("support-bot", "2026-10"),
        ("support-bot", "2026-11"),
    ]
    assert found[0].months[Month(2026, 11)] == 150


def test_a_later_report_says_how_far_off_it_was(nights: Path) -> None:
    """By hand: 200 came where 150 were expected; all of the output is there."""
    report = json.loads((nights / "reports" / "2026-11.json").read_text("utf-8"))

    (mine,) = report["forecast"]["projects"]
    assert mine["errors"] == [{"lag": 1, "months": 1, "wape": "25.00", "bias": "25.00"}]
    assert report["forecast"]["errors"] == mine["errors"]
    assert mine["indices"]["ev"] == "600.00"
    assert Decimal(mine["eac"]) == 650


def test_progress_of_a_later_day_never_counts_for_an_earlier_month(
    nights: Path, trueup: Trueup
) -> None:
    report = json.loads((nights / "reports" / "2026-10.json").read_text("utf-8"))
    said = trueup("-C", str(nights), "forecast", "--month", "2026-10", "--today", "2026-12-20",
                  "-f", "json")  # fmt: skip

    (mine,) = report["forecast"]["projects"]
    assert mine["indices"]["ev"] == "300.00"
    (again,) = json.loads(said.out)["projects"]
    assert again["method"] == "category CPI"
    assert again["eac"] == "900.00"  # 450 by then, 150 a month after: not November's 200 either


def test_all_methods_are_shown_with_what_a_change_makes_of_them(
    nights: Path, trueup: Trueup
) -> None:
    asked = ("-C", str(nights), "forecast", "support-bot", "--month", "2026-10")

    said = trueup(*asked, "--today", "2026-11-20", "--what-if", "gpu_hours=+10%")

    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "support-bot, USD, as of 2026-10"
    assert lines[1].startswith("Estimate: ")
    assert lines[2].startswith("gpu_hours=+10%: ")
    assert lines[3].split() == ["Method", "EAC", "gpu_hours=+10%"]
    assert len(lines) == 4 + 9 + 2


def test_one_method_alone(nights: Path, trueup: Trueup) -> None:
    asked = ("-C", str(nights), "forecast", "-p", "support-bot", "--month", "2026-10")

    said = trueup(*asked, "--today", "2026-11-20", "--method", "run_rate", "-f", "json")

    (mine,) = json.loads(said.out)["projects"]
    assert [each["name"] for each in mine["methods"]] == ["run_rate"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-p", "suport-bot"), "no forecast of 'suport-bot'. Did you mean 'support-bot'?"),
        (("suport-bot",), "no forecast of 'suport-bot'. Did you mean 'support-bot'?"),
        (
            ("--what-if", "gpu_hour=+1%"),
            "no item of a plan has a factor 'gpu_hour'. Did you mean 'gpu_hours_per_run'?",
        ),
        (("--what-if", "gpu_hours=more"), "'gpu_hours=more' is no change; write FACTOR=+10%"),
        (("--method", "guess"), "'guess' is not one of 'remaining_plan', 'run_rate'"),
    ],
)
def test_what_cannot_be_shown_is_a_usage_error(
    nights: Path, trueup: Trueup, arguments: tuple[str, ...], said: str
) -> None:
    found = trueup("-C", str(nights), "forecast", "--today", "2026-11-20", *arguments)

    assert found.code == 2
    assert said in " ".join(found.err.split())
