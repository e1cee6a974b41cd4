from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.engine.local import Local


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module that processes find, too: they are told our path."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("engine_steps")


@pytest.fixture
def local() -> Iterator[Callable[..., Local]]:
    """Return a maker of engines for which every task is worth a process."""
    made: list[Local] = []

    def make(workers: int = 2, threads: int = 1, small: int = 0) -> Local:
        made.append(Local(workers, threads, small=small))
        return made[-1]

    yield make
    for engine in made:
        engine.close()
