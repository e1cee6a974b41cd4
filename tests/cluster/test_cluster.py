"""The same month on every engine, byte for byte: `make test-servers`."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from models.lake import Lake
from scheduler import attributing
from scheduler.engine.cluster import Cluster
from scheduler.engine.engine import Engine, Here
from scheduler.engine.local import Local
from scheduler.progress import Quiet
from scheduler.rounds import asked
from scheduler.spending import spent
from scheduler.workspace import alone, configured, stores

pytestmark = [
    pytest.mark.server,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    # the cluster's own processes are ended by it, not by us
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

AS_OF: Final = datetime(2026, 10, 31, tzinfo=UTC)
WAIT: Final = 60  # seconds for a task to be under way
SETTINGS: Final = """\
name: portfolio
reporting_currency: USD
sources:
  cloud: {{kind: aws_data_export, location: "{bills}", export: month}}
"""
SHARED: Final = """\
storage: {{location: "s3://billing/{prefix}", endpoint_url: "{endpoint}", region: us-east-1}}
ledger: ${{TRUEUP_LEDGER}}
"""
RULES: Final = """\
rules:
  - id: tag
    when: {tag.project: "*"}
    to: {project: "{tag.project}"}
  - id: training
    when: {usage_type: "*Train:*"}
    to: {category: training_compute}
"""

Project = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def _attributed_on_the_engine() -> Iterator[None]:
    """Let no attribution be too small for processes of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attributing, "MUCH", 0)
        yield


@pytest.fixture
def project(tmp_path: Path, bills: Path) -> Project:
    """Write a project folder that loads the month."""

    def make(name: str, more: str = "") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "trueup.yaml").write_text(SETTINGS.format(bills=bills) + more)
        (folder / "projects.yaml").write_text("projects: [{id: support-bot}]\n")
        (folder / "rules.yaml").write_text(RULES)
        (folder / "rates.yaml").write_text("rates: []\n")
        return folder

    return make


def loaded(folder: Path, engine: Engine, environment: Mapping[str, str] | None = None) -> Lake:
    """Load and attribute the month on an engine; return the lake."""
    opened = configured(folder, environment or {})
    with alone(opened), stores(opened) as own:
        mine = replace(own, engine=engine)
        done = asked(opened, mine, Quiet(), AS_OF)
        assert done.intake.loaded == ["cloud/2026-10"]
        spent(opened, mine, Quiet())
        mine.ledger.verify()
        return mine.lake


def files(lake: Lake) -> dict[str, str]:
    return {
        path.relative_to(lake.folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in lake.folder.glob("*/*.parquet")
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, bills: Path) -> dict[str, str]:
    """Return the files of the lake as one process makes them."""
    make = project.__wrapped__(tmp_path_factory.mktemp("here"), bills)  # type: ignore[attr-defined]
    found = files(loaded(make("here"), Here()))
    assert {name.partition("/")[0] for name in found} >= {"charges", "keys", "facts", "spend"}
    return found


def parents(process: int) -> Iterator[int]:
    while process > 1:
        yield process
        stat = Path(f"/proc/{process}/stat").read_text("utf-8")
        process = int(stat.rpartition(")")[2].split()[1])


def at_work() -> Iterator[int]:
    """Yield the processes of our cluster that are at a task: they are called after it."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"ray::there" in (entry / "cmdline").read_bytes():
                process = int(entry.name)
                if os.getpid() in parents(process):
                    yield process
        except OSError:
            continue


@contextmanager
def one_killed(running: Callable[[], Iterator[int]]) -> Iterator[list[int]]:
    """Kill the first process that is at a task while the block runs."""
    killed: list[int] = []

    def kill() -> None:
        for _ in range(WAIT * 100):
            for process in running():
                time.sleep(0.1)
                if process in set(running()):  # it is at it, not about to end
                    os.kill(process, signal.SIGKILL)
                    killed.append(process)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    yield killed
    thread.join()


def test_two_processes_make_the_same_files_though_one_is_killed_at_its_work(
    project: Project, expected: dict[str, str]
) -> None:
    engine = Local(2, 1, small=0)
    try:
        with one_killed(lambda: iter([w.process.pid for w in engine._busy()])) as killed:
            found = files(loaded(project("local"), engine))
        staff = len(engine._staff)
    finally:
        engine.close()

    assert found == expected
    assert (len(killed), staff) == (1, 2)


def test_a_cluster_makes_the_same_files_though_a_worker_is_killed_at_its_work(
    project: Project, expected: dict[str, str], cluster: Cluster
) -> None:
    with one_killed(at_work) as killed:
        found = files(loaded(project("cluster"), cluster))

    assert found == expected
    assert len(killed) == 1


@pytest.mark.usefixtures("keys")
def test_machines_that_share_an_object_store_and_a_ledger_make_the_same_files(
    project: Project,
    expected: dict[str, str],
    cluster: Cluster,
    object_store: Any,
    postgresql: str,
) -> None:
    more = SHARED.format(prefix="shared", endpoint=object_store.endpoint)
    folder, environment = project("shared", more), {"TRUEUP_LEDGER": postgresql}

    with one_killed(at_work) as killed:
        lake = loaded(folder, cluster, environment)

    assert len(killed) == 1
    assert lake.digest() == Lake(folder.parent / "x", lake.depot).digest()  # fetched anew
    assert files(Lake(folder.parent / "x")) == expected
