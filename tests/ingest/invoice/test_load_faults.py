"""Whenever the process dies in a load, the figures are those of before or those of after.

`FAULTS=all` tries every call and many kills; otherwise an even sample.
"""

from __future__ import annotations

import os
import random
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

import models
from models.archive import Archive
from models.lake import Lake

pytestmark = pytest.mark.once

SCRIPT: Final = Path(__file__).with_name("load_steps.py")
ALL: Final = os.environ.get("FAULTS") == "all"
CALLS: Final = ("open", "fsync", "replace", "chmod", "mkdir", "unlink")


class Killed(BaseException):
    """Stands for the death of the process: nothing after it is done."""


@pytest.fixture(scope="module")
def steps() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(SCRIPT)))


@pytest.fixture
def before(tmp_path: Path, steps: SimpleNamespace) -> Path:
    """Return a folder in which the first night is done and the second is due."""
    home = tmp_path / "before"
    home.mkdir()
    steps.arrive(home, 1)
    steps.night(home)
    steps.arrive(home, 2)
    return home


def dying(patch: pytest.MonkeyPatch, at: int) -> list[str]:
    """Make call number `at` to the operating system, and all after it, the last."""
    made: list[str] = []

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            made.append(name)
            if len(made) >= at:
                raise Killed
            return real(*arguments, **options)

        return call

    for name in CALLS:
        patch.setattr(os, name, wrapped(name, getattr(os, name)))
    return made


def deaths(before: Path, steps: SimpleNamespace) -> Iterator[Path]:
    """Yield the folder as it is left by a death at each call of the second night."""
    at, step = 1, 1 if ALL else 5
    while True:
        home = before.with_name(f"death-{at}")
        shutil.copytree(before, home)
        with pytest.MonkeyPatch.context() as patch:
            made = dying(patch, at)
            try:
                steps.night(home)
            except Killed:
                pass
            else:
                assert len(made) < at
                return
        yield home
        at += step


@pytest.mark.failure("J01")
@pytest.mark.failure("A02")
def test_a_death_at_any_call_leaves_before_or_after_and_the_next_night_completes(
    before: Path, steps: SimpleNamespace
) -> None:
    reference = before.with_name("reference")
    shutil.copytree(before, reference)
    steps.night(reference)
    wanted = Lake(reference / "lake").digest()
    seen = 0

    for home in deaths(before, steps):
        seen += 1
        assert steps.state(home) in {1, 2}
        Archive(home / "archive").sweep()
        Lake(home / "lake").sweep()
        steps.night(home)
        assert steps.state(home) == 2
        assert Lake(home / "lake").digest() == wanted

    assert seen > 5


@pytest.mark.failure("J01")
def test_a_killed_process_leaves_before_or_after(tmp_path: Path, steps: SimpleNamespace) -> None:
    chance, reached = random.Random(20261121), 0  # noqa: S311 - moments, not secrets
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(models.__file__).parents[1]),
        "TZ": "UTC",
    }

    for _ in range(60 if ALL else 3):
        script = [sys.executable, "-B", "-P", str(SCRIPT), str(tmp_path)]
        with subprocess.Popen(
            [*script, str(reached + 1), "100000"], stdout=subprocess.PIPE, env=environment
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()  # it is under way
            time.sleep(chance.random() / 2)
            child.kill()
            said = child.stdout.read().split()
        told = max([reached + 1, *map(int, said)])
        reached = steps.state(tmp_path)
        assert reached in {told, told + 1}
