from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from reconcile.portfolio import Portfolio
from reconcile.report import document, markdown, page
from reconcile.report.schema import REPORT_SCHEMA
from reconcile.run.accepted import Accepted
from reconcile.run.line import ModelLine, ProjectRuns, RunLine, StateLine

D = Decimal
ODD = "<b>p|"


@pytest.fixture
def p(portfolio_of: Any) -> Portfolio:
    """200.00 of training: 100.00 failed, 40.00 went well, 10.00 still runs, 50.00 without a run."""
    states = {"running": "10", "succeeded": "40", "failed": "60", "preempted": "40"}
    run = RunLine("r", "", "failed", 0, D(1), D(60), D(60), D(0), "gpu_hours", "")
    mine = ProjectRuns(
        project=ODD,
        runs=(run, run),
        states=tuple(StateLine(state, 1, D(1), D(cost)) for state, cost in states.items()),
        without=StateLine("", 0, D(0), D(50)),
        totals={"training_compute": D(200), "depreciation": D(0)},
        models=(ModelLine(Accepted(ODD, date(2026, 10, 1), "m", "r"), D(60)),),
        spent=D("450.005"),
    )
    idle = ProjectRuns(
        project="quiet",
        runs=(),
        states=(),
        without=StateLine("", 0, D(0), D(7)),
        totals={"training_compute": D(7)},
        models=(),
        spent=D(0),
    )
    found: Portfolio = portfolio_of(runs=[mine, idle])
    return found


def test_a_project_with_runs_has_a_line_of_figures_in_each_form(p: Portfolio) -> None:
    told, shown = markdown.render(p), json.loads(document.render(p))

    cells = "2 | 40.00 | 60.00 | 40.00 | 0.00 | 10.00 | 50.00 | 200.00 | 50.0 | 1 | 450.01 |"
    assert cells in told
    assert '<th scope="row" class="name">&lt;b&gt;p|</th>' in page.render(p)
    assert 'data-figure="%3Cb%3Ep%7C/2026-10/runs_failed"' in page.render(p)
    jsonschema.validate(shown, REPORT_SCHEMA)
    (line,) = shown["runs"]
    assert (line["failed"], line["without_a_run"], line["total"]) == ("60.00", "50.00", "200.00")
    assert (line["lost_percent"], line["cost_per_accepted_model"]) == ("50.00", "450.005")


def test_the_parts_of_a_line_are_its_training_cost(p: Portfolio) -> None:
    (line,) = p.runs

    parts = [figure.value or D(0) for figure in (*line.costs.values(), line.without)]
    assert sum(parts) == line.total.value == D(200)


def test_a_report_without_runs_has_no_table_of_them(portfolio_of: Any) -> None:
    empty = portfolio_of([])

    assert "<h2>Runs" not in page.render(empty)
    assert "Without a run" not in markdown.render(empty)
    assert json.loads(document.render(empty))["runs"] == []
