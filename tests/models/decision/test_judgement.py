from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from models.decision.decision import load
from models.decision.file import DecisionFile
from models.decision.judgement import Judgement
from models.errors import ConfigError
from models.project import Project, Registry

ENTRY = "{project: bot, category: data, day: 2026-10-17, verdict: planned, by: lead, reason: sweep}"


@pytest.fixture(name="said")
def said_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], DecisionFile]:
    """Return `decisions.yaml` with one judgement, read."""
    monkeypatch.chdir(tmp_path)

    def read(entry: str) -> DecisionFile:
        path = Path("decisions.yaml")
        path.write_text(f"anomalies:\n  - {entry}\n", "utf-8")
        return load(path, Registry((Project(id="bot"),)), [])

    return read


def test_a_judgement_says_who_and_why(said: Callable[[str], DecisionFile]) -> None:
    (found,) = said(ENTRY).anomalies

    assert (found.verdict, found.by, found.reason) == ("planned", "lead", "sweep")
    assert said(ENTRY).fingerprint != said(ENTRY.replace("planned", "real")).fingerprint


@pytest.mark.parametrize(
    ("day", "through", "covered"),
    [
        (16, None, False),
        (17, None, True),
        (18, None, False),
        (17, "2026-10-17", True),
        (18, "2026-10-18", True),
        (19, "2026-10-18", False),
    ],
)
def test_a_judgement_covers_its_day_or_all_up_to_the_last(
    day: int, through: str | None, *, covered: bool
) -> None:
    told = {"project": "bot", "category": "data", "verdict": "real", "by": "b", "reason": "r"}
    mine = Judgement.model_validate({**told, "day": "2026-10-17", "through": through})

    assert mine.covers("bot", "data", date(2026, 10, day)) is covered
    assert not mine.covers("bot", "labor", date(2026, 10, day))
    assert not mine.covers("other", "data", date(2026, 10, day))


def test_cost_without_a_project_can_be_judged(said: Callable[[str], DecisionFile]) -> None:
    entry = ENTRY.replace("bot", "unallocated").replace("data", "unallocated")

    assert said(entry).anomalies[0].project == "unallocated"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("bot", "bott", "2:15: anomalies.0.project: 'bott' is not a project. Did you mean 'bot'?"),
        (
            "data",
            "dat",
            "2:30: anomalies.0.category: 'dat' is not a category. Did you mean 'data'?",
        ),
        (
            "planned",
            "plan",
            "2:62: anomalies.0.verdict: 'plan' is not possible. Did you mean 'planned'?",
        ),
        (
            "verdict",
            "through: 2026-10-16, verdict",
            "2:5: anomalies.0: through 2026-10-16 is before 2026-10-17; give a later day",
        ),
    ],
)
def test_what_cannot_be_judged_is_told_with_its_place(
    said: Callable[[str], DecisionFile], old: str, new: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        said(ENTRY.replace(old, new))

    assert str(caught.value) == f"decisions.yaml:{told}"
