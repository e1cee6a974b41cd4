"""What is handed to other processes: sources of every kind, and folders of other machines."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from models.archive import Archive
from models.errors import StoreError
from models.lake import Lake
from scheduler.bar import bar
from scheduler.loading import near_archive, near_lake
from scheduler.progress import Lines
from scheduler.workspace import configured


def test_each_source_of_the_example_is_the_same_in_another_process(root: Path) -> None:
    text = (root / "config" / "trueup.yaml").read_text("utf-8")
    variables = dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "x")
    variables["TRUEUP_WEBHOOK_URL"] = "https://hooks.example.com/x"

    sources = configured(root / "config", variables).sources

    assert len(sources) > 10
    for source in sources:
        again = pickle.loads(pickle.dumps(source))  # noqa: S301 - our own bytes
        assert again == source
        assert again.fingerprint == source.fingerprint


def test_another_machine_keeps_a_cache_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))
    depot = cast("Any", SimpleNamespace(id="abc"))
    here, gone = tmp_path / "archive", tmp_path / "gone" / "archive"

    assert near_archive(Archive(here, depot)).folder == here
    found = near_archive(Archive(gone, depot))
    assert found.folder.parent.parent == tmp_path / "tmp"
    assert re.fullmatch(r"trueup-\d+-abc/archive", "/".join(found.folder.parts[-2:]))
    assert near_lake(Lake(gone.with_name("lake"), depot)).folder == found.folder.with_name("lake")
    with pytest.raises(StoreError) as caught:
        near_lake(Lake(gone.with_name("lake")))
    assert re.fullmatch(
        rf"{tmp_path}/gone/lake: is not on the machine \S+; write `storage` into trueup.yaml, "
        "or share the folder",
        str(caught.value),
    )


def test_a_bar_grows_as_more_documents_become_known() -> None:
    with bar() as drawn:
        drawn.step("ingest cloud")
        assert drawn.drawn.tasks[0].total is None
        drawn.expect(3)
        drawn.advance("cloud: a.parquet")
        drawn.expect(2)

        task = drawn.drawn.tasks[0]
        assert (task.completed, task.total) == (1, 5)
        assert task.fields["detail"] == "cloud: a.parquet"


def test_a_line_tells_the_rate_of_what_took_long(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    clock = iter([0, 4])
    monkeypatch.setattr("scheduler.progress.monotonic", lambda: next(clock))
    lines = Lines(said.append, _since=0)

    lines.step("ingest cloud")
    lines.expect(10)
    for _ in range(10):
        lines.advance()
    lines.close()

    assert said == ["ingest cloud: 10 4.0 s (2.5/s)\n"]
