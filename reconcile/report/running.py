"""The section of runs: what training cost by how the attempts of runs ended."""

from __future__ import annotations

from typing import Any, Final

from reconcile.portfolio import Portfolio
from reconcile.report.number import NONE, percent
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    amount,
    closed_object,
    count,
    list_of,
    value,
    words,
)
from reconcile.run.shown import STATES, RunsLine

HEADS: Final = (
    *("Project", "Runs", *map(str.capitalize, STATES), "Without a run", "Training", "Lost %"),
    *("Models accepted", "A model"),
)
SCHEMA: Final = list_of(
    closed_object(
        project=TEXT,
        runs={"type": "integer"},
        models_accepted={"type": "integer"},
        **dict.fromkeys((*STATES, "without_a_run", "total"), AMOUNT),
        **dict.fromkeys(("lost_percent", "cost_per_accepted_model"), AMOUNT),
    )
)


def section(p: Portfolio) -> Section:
    """Return a row for each project with runs or accepted models."""
    return Section(
        key="runs",
        title="Runs",
        note=(
            "Training compute and depreciation of the month by how the attempts of training runs "
            f"ended, in {p.currency}: charges that name a run cost that run, the rest of a project "
            "is divided by GPU-hours. Other is under way, or nobody says. A model is what all runs "
            "so far cost, failed ones included, for each model accepted so far. "
            "Each run: `trueup runs`."
        ),
        tables=(Table(heads=HEADS, words=1, rows=tuple(map(_row, p.runs))),),
        document=[_document(line) for line in p.runs],
    )


def _row(line: RunsLine) -> tuple[Cell, ...]:
    return (
        words(line.project),
        count(line.count),
        *(amount(line.costs[state]) for state in STATES),
        amount(line.without, "soft"),
        amount(line.total),
        Cell(text=percent(line.lost, 1), figure=line.lost),
        count(line.accepted),
        amount(line.per_model) if line.per_model.value is not None else words(NONE),
    )


def _document(line: RunsLine) -> dict[str, Any]:
    """Return one line as plain values."""
    return {
        "project": line.project,
        "runs": int(line.count.value or 0),
        **{state: value(line.costs[state]) for state in STATES},
        "without_a_run": value(line.without),
        "total": value(line.total),
        "lost_percent": value(line.lost),
        "models_accepted": int(line.accepted.value or 0),
        "cost_per_accepted_model": value(line.per_model),
    }
