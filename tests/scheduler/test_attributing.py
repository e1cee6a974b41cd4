from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from scheduler import attributing
from scheduler.engine.engine import Here
from scheduler.progress import Quiet


class Elsewhere(Here):
    """An engine that notes how many tasks it was given."""

    def __init__(self) -> None:
        self.given = 0

    def each(self, function: Any, tasks: Iterable[Any], done: Any = None) -> Any:
        asked = [*tasks]
        self.given = len(asked)
        return super().each(function, asked, done)


@pytest.mark.parametrize(
    ("sizes", "given"),
    [
        ((), 0),
        ((attributing.MUCH,), 0),
        ((attributing.MUCH - 2, 1), 0),
        ((attributing.MUCH - 1, 1), 2),
    ],
)
def test_processes_are_started_only_for_what_takes_longer_than_their_start(
    sizes: tuple[int, ...], given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributing, "direct_spend", lambda task: task.size)
    engine, lake = Elsewhere(), object()
    tasks = [
        attributing.Attributing(
            lake=lake,  # type: ignore[arg-type]
            scope="cloud/2026-10",
            document={"document": {"name": "a.csv", "size": size}},
            version=None,  # type: ignore[arg-type]
        )
        for size in sizes
    ]

    found: list[Any] = [*attributing.parts(engine, tasks, Quiet())]

    assert (tuple(found), engine.given) == (sizes, given)
