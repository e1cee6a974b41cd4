from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduler.cli import main


@dataclass(frozen=True)
class Said:
    """What one call of the command returned and printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def trueup(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Return the command as a function: arguments in; exit code, stdout and stderr out."""

    def call(*arguments: str) -> Said:
        capfd.readouterr()
        code = main(arguments)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call


@pytest.fixture
def fresh(tmp_path: Path, trueup: Callable[..., Said]) -> Path:
    """Return a project folder as `trueup init` writes it."""
    folder = tmp_path / "project"
    said = trueup("-C", str(folder), "init", "--name", "n", "--currency", "USD",
                  "--project", "support-bot", "--owner", "o@example.com")  # fmt: skip
    assert said.code == 0, said.err
    return folder
