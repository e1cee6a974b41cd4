from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from models.period import Month
from models.project import Merged, Project
from reconcile.close.kept import kept

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, month) for month in (8, 9, 10))
CLOSED = {SEPTEMBER, AUGUST}


def line(key: str, *months: Month, cost: str = "5") -> Any:
    """Return the line of a project that has cost in some months."""
    tally = SimpleNamespace(actual=dict.fromkeys(months, Decimal(cost)))
    return SimpleNamespace(key=key, tally=tally)


def said(found: Any, *projects: Project) -> list[str]:
    return [*kept([found], {each.id: each for each in projects}, CLOSED)]


@pytest.mark.failure("E04")
def test_a_project_that_lost_its_entry_is_told_with_its_closed_months() -> None:
    assert said(line("old", AUGUST, SEPTEMBER, OCTOBER), Project(id="new")) == [
        (
            "old: has no entry in projects.yaml, and keeps its cost of 2026-08 to 2026-09, "
            "closed with it; an id is never changed: give it one again, with another `name`"
        )
    ]


@pytest.mark.parametrize(
    ("found", "projects"),
    [
        (line("p", AUGUST), [Project(id="p")]),
        (line("old", OCTOBER), []),
        (line("old", AUGUST, cost="0"), []),
    ],
)
def test_nothing_is_told_of_known_projects_and_of_open_months(
    found: Any, projects: list[Project]
) -> None:
    assert said(found, *projects) == []


@pytest.mark.failure("E04")
@pytest.mark.parametrize(
    ("on", "months"),
    [
        (date(2026, 8, 1), "2026-08 to 2026-09"),
        (date(2026, 8, 2), "2026-09"),
        (date(2026, 9, 1), "2026-09"),
        (date(2026, 10, 1), ""),
    ],
)
def test_a_merger_that_is_said_after_the_close_tells_whole_months_alone(
    on: date, months: str
) -> None:
    told = said(
        line("p", AUGUST, SEPTEMBER, OCTOBER), Project(id="p", merged=Merged(into="q", on=on))
    )

    assert told == (
        [
            (
                f"p: went into q on {on}, and keeps its cost of {months}, closed before that was "
                "said; q bears what came since"
            )
        ]
        if months
        else []
    )


def test_a_report_tells_it_among_what_is_to_be_read_with_care(portfolio_of: Any) -> None:
    spend = {"project": "old", "category": "data", "day": SEPTEMBER.first, "cost": Decimal(5)}

    report = portfolio_of([spend], projects=[Project(id="new")], closed=[SEPTEMBER])

    assert [note for note in report.notes if note.startswith("old: has no entry")]
