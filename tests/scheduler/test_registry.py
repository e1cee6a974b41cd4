from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Trueup = Callable[..., Any]


@pytest.fixture
def later(small: Path) -> Path:
    """Return the folder with a line of the second half of October, and a misspelt one."""
    with (small / "invoices" / "october.csv").open("a") as file:
        file.write("L-1,2026-10-31,3,51.61,USD,2026-10-16,2026-10-31,support-bot\n")
        file.write("L-1,2026-10-31,4,0.39,USD,2026-10-16,2026-10-31,Suport-bot\n")
    return small


def run(trueup: Trueup, folder: Path, today: str = "2026-11-22") -> None:
    said = trueup("-q", "-C", str(folder), "run", "--today", today)
    assert said.code == 0, said.err


def told(folder: Path) -> list[str]:
    path = folder / "reports" / "alerts.jsonl"
    events = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [f"{event['id']} {event['data']['subject_line']}" for event in events]


def ending(folder: Path, day: str) -> None:
    """Let the project of the folder end on a day."""
    projects = folder / "projects.yaml"
    lines = [line for line in projects.read_text().splitlines() if "end:" not in line]
    projects.write_text("\n".join([*lines, f"    end: {day}", ""]))


@pytest.mark.failure("D03")
@pytest.mark.failure("D09")
def test_a_night_tells_spend_after_the_end_once_and_what_looks_like_a_project(
    trueup: Trueup, later: Path
) -> None:
    ending(later, "2026-10-15")
    run(trueup, later)

    opened = "A-1:1 support-bot: 51.61 USD spent after its end on 2026-10-15"
    assert told(later) == [opened]
    status = trueup("-C", str(later), "status")
    assert "alert      A-1 support-bot: spends after its end since 2026-11-22" in status.out
    report = json.loads((later / "reports" / "2026-10.json").read_text())
    assert [note for note in report["notes"] if "after its end" in note] == [
        (
            "support-bot: 51.61 USD were spent on 2026-10-16, after its "
            "end 2026-10-15; they stay with it: stop what still runs, or move `end` in "
            "projects.yaml"
        )
    ]
    assert [each for each in report["problems"] if "look_alike" in each] == [
        (
            'labeling: 2026-10:tag.project: "Suport-bot" spells no project; it is one letter off '
            "\"support-bot\": 0.39 USD in 1 line are not with 'support-bot'; if they are meant, "
            "add it to the aliases of 'support-bot' in projects.yaml: - \"Suport-bot\" [look_alike]"
        )
    ]
    shown = trueup("-C", str(later), "rules", "suggest", "--top", "1")
    assert shown.out.splitlines()[0] == (
        "50.64 USD have no project; these would take 50.25 USD of them"
    )
    asked = trueup("-C", str(later), "rules", "suggest", "--month", "2026-10", "-f", "json")
    amounts = [(each["value"], each["amount"]) for each in json.loads(asked.out)["suggestions"]]
    assert amounts == [("nobody", "50.25"), ("Suport-bot", "0.39")]
    empty = trueup("-C", str(later), "rules", "suggest", "--month", "2026-09")
    assert (empty.code, empty.out) == (0, "0.00 USD have no project\n")
    ending(later, "2026-12-31")
    run(trueup, later, "2026-11-24")

    assert told(later) == [opened, "A-1:2 support-bot: no spend after its end any more"]
