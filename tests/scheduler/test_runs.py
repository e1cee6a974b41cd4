"""`trueup runs`: bills, a scheduler and a tracker, brought together by the names of runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.warehouse import query
from scheduler.cli import main

SOURCES = """\
sources:
  gpus:
    kind: invoice_csv
    folder: invoices
    issuer: Acme GPUs
    service: GPU rental
    columns: {number: Invoice, issued: Date, line: Line, amount: Net, currency: Currency,
              service_start: From, service_end: To, tags: {project: Project, Run-Id: Run}}
    dates: "%Y-%m-%d"
  jobs:
    kind: usage_csv
    location: jobs
    columns: {day: day, driver: driver, unit: unit, quantity: quantity, run_id: job, state: state,
              cluster: cluster}
  tracker:
    kind: usage_csv
    location: tracker
    unit: support-bot
    columns: {day: day, driver: driver, quantity: quantity, run_id: run, state: state,
              tags: {slurm_job_id: job, trueup.accepted: accepted}}
"""
INVOICES = """\
Invoice,Date,Line,Net,Currency,From,To,Project,Run
G-1,2026-10-31,1,60.00,USD,2026-10-01,2026-10-31,support-bot,run-alpha
G-1,2026-10-31,2,40.03,USD,2026-10-01,2026-10-31,support-bot,
G-1,2026-10-31,3,5.00,USD,2026-10-01,2026-10-31,nobody,canary
"""
JOBS = """\
day,driver,unit,quantity,job,state,cluster
2026-10-02,gpu_hours,support-bot,2,101,preempted,east
2026-10-02,runs,support-bot,1,101,preempted,east
2026-10-03,gpu_hours,support-bot,5,101,succeeded,east
2026-10-03,runs,support-bot,1,101,succeeded,east
2026-10-04,gpu_hours,support-bot,3,102,failed,east
2026-10-04,runs,support-bot,1,102,failed,east
2026-10-04,gpu_hours,secret-lab,9,canary,failed,east
"""
TRACKER = """\
day,driver,quantity,run,state,job,accepted
2026-10-03,gpu_hours,6,run-beta,succeeded,101,2026-10-20
2026-10-03,runs,1,run-beta,succeeded,101,2026-10-20
"""
RULES = """\
rules:
  - {id: whose, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: compute, when: {service: GPU rental}, to: {category: training_compute}}
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project folder after its night; not to be changed."""
    folder = tmp_path_factory.mktemp("runs") / "project"
    names = ("--name", "n", "--currency", "USD", "--project", "support-bot", "--owner", "o@e.com")
    assert main(("-C", str(folder), "init", *names)) == 0
    settings = folder / "trueup.yaml"
    settings.write_text(settings.read_text().replace("sources: {}\n", SOURCES))
    (folder / "rules.yaml").write_text(RULES)
    for name, text in {"invoices": INVOICES, "jobs": JOBS, "tracker": TRACKER}.items():
        (folder / name).mkdir()
        (folder / name / "october.csv").write_text(text)
    assert main(("-C", str(folder), "-q", "run", "--today", "2026-11-22")) in {0, 4}
    return folder


@pytest.fixture
def night(told: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(told, tmp_path / "project"))


def test_each_run_has_its_cost_and_all_sum_to_the_report(
    told: Path, trueup: Callable[..., Any]
) -> None:
    """60.00 tagged; 40.03 by 2, 5 and 3 hours of jobs, which the tracker's 6 are a part of."""
    asked = ("-C", str(told), "runs", "--month", "2026-10", "--project", "support-bot")

    said = trueup(*asked, "-f", "json")

    (mine,) = json.loads(said.out)["projects"]
    found = {run["run_id"]: run for run in mine["runs"]}
    shown = ("cost", "gpu_hours", "state", "restarts", "lost", "evidence", "names")
    assert {run: tuple(found[run][name] for name in shown) for run in found} == {
        "run-alpha": ("60", "0", "unknown", 0, "0", "tagged", []),
        "run-beta": ("28.021", "7", "succeeded", 1, "8.006", "gpu_hours", ["101"]),
        "102": ("12.009", "3", "failed", 0, "12.009", "gpu_hours", []),
    }
    assert (mine["total"], mine["lost"]) == ("100.03", "20.015")
    assert mine["accepted_models"] == [
        {"model": "run-beta", "run_id": "run-beta", "accepted": "2026-10-20", "own_run": "28.021"}
    ]
    assert mine["cost_per_accepted_model"] == "100.03"
    assert "canary" not in said.out


def test_the_table_of_the_warehouse_ties_to_the_actuals(told: Path) -> None:
    sql = """
        SELECT sum(cost), (SELECT sum(amount) FROM actuals WHERE basis = 'effective'),
               sum(cost) FILTER (WHERE state IN ('failed', 'cancelled', 'preempted')),
               sum(gpu_hours) FILTER (WHERE project = 'support-bot')
        FROM runs"""
    state = told / ".trueup"

    (found,) = query(state / "trueup.duckdb", state / "lake", sql)

    shown = json.loads((told / "reports" / "2026-10.json").read_text("utf-8"))["runs"]
    assert [(each["project"], each["runs"], each["total"]) for each in shown] == [
        ("support-bot", 3, "100.03"),
        ("unallocated", 1, "5.00"),
    ]
    assert found == (Decimal("105.03"), Decimal("105.03"), Decimal("25.015"), Decimal(10))


def test_what_is_declared_names_runs_and_what_is_wrong_is_told(
    night: Path, trueup: Callable[..., Any]
) -> None:
    (night / "runs.yaml").write_text(
        "tags: [team-run]\nhours: [tracker]\naccepted_tag: other\nmodels:\n"
        "  - {model: v1, project: support-bot, run: '102', accepted: 2026-10-31}\n"
    )

    shown = trueup("-C", str(night), "runs", "--month", "2026-10")
    unknown = trueup("-C", str(night), "runs", "--project", "suport-bot")

    assert "v1: " in shown.out
    assert "run-alpha" not in shown.out
    assert unknown.code == 2
    assert "no project 'suport-bot'. Did you mean 'support-bot'?" in unknown.err


def test_a_tag_of_acceptance_that_says_nothing_clear_is_told(
    night: Path, trueup: Callable[..., Any]
) -> None:
    (night / "tracker" / "october.csv").write_text(TRACKER.replace("2026-10-20", "soon"))
    assert trueup("-C", str(night), "-q", "ingest", "--today", "2026-11-22").code == 0

    said = trueup("-C", str(night), "runs", "--month", "2026-10")

    assert "! support-bot: trueup.accepted of run run-beta says 'soon', which is no day" in said.err
    assert "accepted model" not in said.out
