"""Runs of a month as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from models.category import TITLES
from models.money import ZERO, plain, rounded
from models.period import Month
from models.subunit import places
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import NONE, grouped
from reconcile.run.line import ModelLine, ProjectRuns, RunLine, StateLine

HEADS: Final = (
    *("run", "state", "GPU-hours", "cost", "per hour", "lost", "restarts", "evidence", "accepted"),
)
_NUMBERS: Final = (2, 3, 4, 5, 6)
WITHOUT: Final = "without a run"
ROUNDING: Final = "rounding"
CENTS: Final = 2


def table(projects: Sequence[ProjectRuns], month: Month, currency: str, top: int) -> str:
    """Return runs for a terminal: of each project the costliest, then what they sum to."""
    if not projects:
        return f"no run and no training cost in {month}\n"
    rows = [HEADS, *(row for project in projects for row in _rows(project, currency, top))]
    head = f"runs of {month}, {currency}; hours of accelerators"
    models = [line for project in projects for line in _models(project, currency)]
    return "".join(f"{line}\n" for line in (head, *aligned(rows, _NUMBERS), *models))


def _rows(project: ProjectRuns, currency: str, top: int) -> Iterator[tuple[str, ...]]:
    digits = places(currency)
    yield (visible(project.project), *[""] * 8)
    shown, more = project.runs[:top], project.runs[top:]
    for line in shown:
        yield _run(line, digits)
    if more:
        yield _sum(f"  {len(more)} more", "", more, digits)
    for state in (*project.states, project.without):
        yield _state(state, project, digits)
    yield from _totals(project, digits)


def _run(line: RunLine, digits: int) -> tuple[str, ...]:
    name = f"{line.run} ({line.names})" if line.names else line.run
    return (
        visible(f"  {name}"),
        line.state,
        _hours(line.hours),
        _money(line.cost, digits),
        NONE if line.per_hour is None else _money(line.per_hour, digits),
        _money(line.lost, digits) if line.lost else "",
        str(line.restarts or ""),
        line.evidence,
        visible(line.accepted),
    )


def _sum(name: str, state: str, lines: Sequence[RunLine], digits: int) -> tuple[str, ...]:
    hours, cost = (sum((getattr(e, what) for e in lines), ZERO) for what in ("hours", "cost"))
    return (name, state, _hours(hours), _money(cost, digits), *[""] * 5)


def _state(line: StateLine, project: ProjectRuns, digits: int) -> tuple[str, ...]:
    """Return what attempts in a state come to, and their share."""
    share = project.share(line.cost)
    said = "" if share is None else f"{rounded(share, 1):f} % of training cost"
    name = f"  {_count(line.runs)}" if line.state else f"  {WITHOUT}"
    hours = _hours(line.hours) if line.hours or line.state else ""
    amounts = (hours, _money(line.cost, digits))
    return (name, line.state, *amounts, "", "", "", said, "")


def _totals(project: ProjectRuns, digits: int) -> Iterator[tuple[str, ...]]:
    """Yield what rounding of the lines above leaves, then the training cost, and by category."""
    lines = (*project.states, project.without)
    shown = sum((rounded(line.cost, digits) for line in lines), ZERO)
    if apart := rounded(project.total, digits) - shown:
        yield (f"  {ROUNDING}", "", "", _money(apart, digits), *[""] * 5)
    yield ("  total", "", "", _money(project.total, digits), *[""] * 5)
    for category, amount in project.totals.items():
        if amount:
            name = f"    {TITLES[category].lower()}"
            yield (name, "", "", _money(amount, digits), *[""] * 5)


def _models(project: ProjectRuns, currency: str) -> Iterator[str]:
    if project.per_model is None:
        return
    digits = places(currency)
    each, spent = _money(project.per_model, digits), _money(project.spent, digits)
    yield ""
    yield visible(
        f"{project.project}: {each} {currency} an accepted model: {spent} of all runs so far, "
        f"failed ones included, by {len(project.models)}"
    )
    yield from (_model(line, digits, currency) for line in project.models)


def _model(line: ModelLine, digits: int, currency: str) -> str:
    said = f"  {line.accepted.model}: {_money(line.own, digits)} {currency} its own run"
    return visible(f"{said} {line.accepted.run}, accepted {line.accepted.day}")


def _money(amount: Decimal, digits: int) -> str:
    return grouped(amount, places=digits)


def _count(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs} runs"


def _hours(hours: Decimal) -> str:
    return grouped(hours, places=CENTS)


def document(projects: Sequence[ProjectRuns], month: Month, currency: str, top: int) -> str:
    """Return runs as JSON, every amount exactly, as text; all runs, whatever `top`."""
    del top
    content = {
        "month": str(month),
        "currency": currency,
        "projects": [_content(project) for project in projects],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _content(project: ProjectRuns) -> dict[str, Any]:
    return {
        "project": project.project,
        "runs": [_run_content(line) for line in project.runs],
        "states": [
            {"state": line.state, "runs": line.runs, **_amounts(line)} for line in project.states
        ],
        "without_a_run": _amounts(project.without),
        "lost": _plain(project.lost),
        "lost_percent": _plain(project.share(project.lost)),
        **{category: _plain(amount) for category, amount in project.totals.items()},
        "total": _plain(project.total),
        "all_runs_to_date": _plain(project.spent),
        "cost_per_accepted_model": _plain(project.per_model),
        "accepted_models": [
            {
                "model": line.accepted.model,
                "run_id": line.accepted.run,
                "accepted": str(line.accepted.day),
                "own_run": _plain(line.own),
            }
            for line in project.models
        ],
    }


def _run_content(line: RunLine) -> dict[str, Any]:
    return {
        "run_id": line.run,
        "names": line.names.split(", ") if line.names else [],
        "state": line.state,
        "restarts": line.restarts,
        **_amounts(line),
        "per_gpu_hour": _plain(line.per_hour),
        "lost": _plain(line.lost),
        "direct": _plain(line.direct),
        "evidence": line.evidence,
        "accepted_as": line.accepted or None,
    }


def _amounts(line: RunLine | StateLine) -> dict[str, str | None]:
    return {"gpu_hours": _plain(line.hours), "cost": _plain(line.cost)}


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
