"""The table of runs of a report, as text for Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reconcile.figure import Figure, exact_text
from reconcile.report.number import NONE, percent, plain
from reconcile.run.shown import STATES, RunsLine

HEADS: Final = (
    *("Project", "Runs", *map(str.capitalize, STATES), "Without a run", "Training", "Lost %"),
    *("Models accepted", "A model"),
)
WORDS: Final = 1  # columns of words, which stand left


def rows(lines: Iterable[RunsLine]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a row a project under HEADS."""
    for line in lines:
        yield (
            line.project,
            plain(line.count, 0),
            *(plain(line.costs[state]) for state in STATES),
            plain(line.without),
            plain(line.total),
            percent(line.lost, 1),
            plain(line.accepted, 0),
            of_model(line.per_model),
        )


def of_model(figure: Figure) -> str:
    """Return what an accepted model cost; a dash where there is none."""
    return NONE if figure.value is None else plain(figure)


def document(line: RunsLine) -> dict[str, Any]:
    """Return one line as plain values."""
    return {
        "project": line.project,
        "runs": int(line.count.value or 0),
        **{state: exact_text(line.costs[state].value) for state in STATES},
        "without_a_run": exact_text(line.without.value),
        "total": exact_text(line.total.value),
        "lost_percent": exact_text(line.lost.value),
        "models_accepted": int(line.accepted.value or 0),
        "cost_per_accepted_model": exact_text(line.per_model.value),
    }
