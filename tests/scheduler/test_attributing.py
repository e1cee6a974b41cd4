from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.lake import Lake
from models.project import Project, Registry
from models.reduction import FACTS, KEYS, SUMMED
from models.rule.rule import Condition, Rule, RuleSet, Target
from scheduler import attributing
from scheduler.engine.engine import Here
from scheduler.progress import Quiet
from scheduler.version import Version


@dataclass(frozen=True)
class Named:
    """A version, of which only the name matters here."""

    hash: str


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
    monkeypatch.setattr(
        attributing, "direct_spend", lambda batch: [task.size for task in batch.tasks]
    )
    engine, lake = Elsewhere(), object()
    tasks = [
        attributing.Attributing(
            lake=lake,  # type: ignore[arg-type]
            scope="cloud/2026-10",
            document={"document": {"name": "a.csv", "size": size}},
            version=Named("a"),  # type: ignore[arg-type]
        )
        for size in sizes
    ]

    found: list[Any] = [*attributing.parts(engine, tasks, Quiet())]

    assert (tuple(found), engine.given) == (sizes, given)


@pytest.mark.parametrize(
    ("documents", "batches"),
    [
        (["a1", "a2", "b3", "a4"], [["a1", "a2"], ["b3"], ["a4"]]),
        ([f"a{attributing.LITTLE - 1}", "a1", "a1"], [[attributing.LITTLE - 1, 1], [1]]),
        ([f"a{attributing.LITTLE + 1}", "a1"], [[attributing.LITTLE + 1], [1]]),
    ],
)
def test_small_documents_of_one_version_are_decided_together(
    documents: list[str], batches: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[list[int]] = []

    def noted(batch: attributing.Batch) -> list[int]:
        met.append([task.size for task in batch.tasks])
        return met[-1]

    monkeypatch.setattr(attributing, "direct_spend", noted)
    tasks = [
        attributing.Attributing(
            lake=object(),  # type: ignore[arg-type]
            scope="cloud/2026-10",
            document={"document": {"name": "a.csv", "size": int(each[1:])}},
            version=Named(each[0]),  # type: ignore[arg-type]
        )
        for each in documents
    ]

    assert len([*attributing.parts(Here(), tasks, Quiet())]) == len(documents)
    sizes = [[int(str(each)[1:]) if isinstance(each, str) else each for each in b] for b in batches]
    assert met == sizes


def _document(lake: Lake, name: str, tags: list[str], day: date) -> dict[str, Any]:
    """Write keys and facts of a document, a key for each tag, and return what an entry says."""
    seen = {column: None for column in KEYS if column not in {"key_id", "tags"}}
    keys = [
        {**seen, "key_id": number, "tags": f'{{"team":"{tag}"}}'} for number, tag in enumerate(tags)
    ]
    sums = dict.fromkeys(SUMMED, Decimal(1))
    facts = [{"key_id": n, "day": day, **sums, "lines": 1} for n in range(len(tags))]
    for table, rows, schema in (("keys", keys, KEYS), ("facts", facts, FACTS)):
        lake.write(table, name, pl.DataFrame(rows, schema=schema).write_parquet)
    return {"keys": name, "facts": name, "document": {"name": name, "size": 1}}


def test_documents_together_are_attributed_as_each_alone(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    registry = Registry((Project(id="one"), Project(id="two")))
    condition = Condition("tag.team", ("x*",))
    rules = RuleSet(
        (
            Rule(id="now", when=(condition,), to=Target(project="one"), until=date(2026, 9, 30)),
            Rule(id="then", when=(condition,), to=Target(project="two")),
        )
    )
    version = Version(rules, registry, "v")
    bodies = [
        _document(lake, "a", ["x1", "y"], date(2026, 9, 30)),
        _document(lake, "b", [], date(2026, 9, 1)),
        _document(lake, "c", ["y", "x2", "x1"], date(2026, 10, 1)),
    ]

    together = [
        each.spend("cloud/2026-10") for each in attributing.attributions(lake, bodies, version)
    ]

    alone = [attributing.attribution(lake, each, version).spend("cloud/2026-10") for each in bodies]
    assert [each.rows() for each in together] == [each.rows() for each in alone]
    assert [each["project"].to_list() for each in together] == [
        ["one", "unallocated"],
        [],
        ["two", "unallocated"],
    ]
