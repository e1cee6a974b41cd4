from __future__ import annotations

import re
from pathlib import Path

import pytest

from scheduler.cli import COMMANDS

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_run_in_the_readme_is_what_the_demo_prints(told_demo: tuple[Path, str]) -> None:
    """The README shows the run of 22 November 2026."""
    shown = README.split("```")[1].strip().splitlines()
    start = shown.index("") + 1
    table = shown[start : shown.index("", start)]

    assert len(table) == 9
    assert [line for line in table if line not in told_demo[1].splitlines()] == []


def test_every_command_is_named_in_the_readme() -> None:
    named = set(re.findall(r"trueup (?:-C \S+ )?([a-z]+)", README)) | set(
        re.findall(r"`([a-z]+)[ `]", README)
    )

    assert sorted(set(COMMANDS) - named - {"demo"}) == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(target: str) -> None:
    assert (Path(__file__).parents[2] / target).exists()
