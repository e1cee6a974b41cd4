"""Whatever call fails, and whenever the process dies: a store is as before or as after.

`FAULTS=all` tries every call with every fault; otherwise an even sample.
"""

from __future__ import annotations

import errno
import os
import random
import re
import runpy
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import models
from models.archive import Archive
from models.durable import place
from models.errors import StoreError
from models.lake import Lake

pytestmark = pytest.mark.once

SCRIPT: Final = Path(__file__).with_name("store_steps.py")
ALL: Final = os.environ.get("FAULTS") == "all"
KINDS: Final = ("archive", "lake", "ledger", "warehouse")
PYTHON_CALLS: Final = ("open", "fsync", "replace", "chmod", "mkdir", "unlink", "rmdir")
SYSTEM_CALLS: Final = (
    "openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,unlink,unlinkat,mkdir,rmdir,chmod"
)
FAULTS: Final = ("signal=KILL", "error=ENOSPC", "error=EIO")
STRACE: Final = shutil.which("strace")


class Killed(BaseException):
    """Stands for the death of the process: nothing after it is done."""


@dataclass(frozen=True)
class Store:
    """One of the stores; step 2 takes it from state 1 to state 2."""

    kind: str
    folder: Path
    steps: dict[str, Any]

    def step(self, n: int) -> None:
        self.steps["STEPS"][self.kind](self.folder, n)

    @property
    def state(self) -> int:
        return int(self.steps["STATES"][self.kind](self.folder))

    def copy(self, name: str) -> Store:
        folder = self.folder.with_name(name)
        shutil.copytree(self.folder, folder)
        return Store(self.kind, folder, self.steps)

    def recovered(self) -> bool:
        """Whether the next run completes the step and leaves nothing lying about."""
        Archive(self.folder / "archive").sweep()
        Lake(self.folder / "lake").sweep()
        if self.kind != "ledger" or self.state == 1:  # the same entry may be appended twice
            self.step(2)
        names = [path.name for path in self.folder.rglob("*")]
        left = [name for name in names if re.search(r"\.(part|building)$|-journal$|\.wal$", name)]
        return self.state == 2 and not left

    def command(self, first: int, last: int) -> list[str]:
        script = [sys.executable, "-B", "-P", str(SCRIPT)]
        return [*script, self.kind, str(self.folder), str(first), str(last)]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made = Store(request.param, tmp_path / "before", runpy.run_path(str(SCRIPT)))
    (made.folder / "lake").mkdir(parents=True)
    made.step(1)
    assert made.state == 1
    return made


@pytest.fixture
def surroundings() -> dict[str, str]:
    """What a process of ours needs to find the code under test."""
    root = str(Path(models.__file__).parents[1])
    return {"PATH": os.environ["PATH"], "PYTHONPATH": root, "TZ": "UTC"}


def faulty(patch: pytest.MonkeyPatch, at: int, fault: type[BaseException]) -> list[str]:
    """Make call number `at` fail; with `Killed`, that one and all after it."""
    made: list[str] = []

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            made.append(name)
            if fault is Killed and len(made) >= at:
                raise Killed
            if len(made) == at:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return real(*arguments, **options)

        return call

    for name in PYTHON_CALLS:
        patch.setattr(os, name, wrapped(name, getattr(os, name)))
    return made


def fails(store: Store, at: int, fault: type[BaseException]) -> tuple[bool, int]:
    """Take the step with a fault: whether it said so, and how many calls it made."""
    with pytest.MonkeyPatch.context() as patch:
        made = faulty(patch, at, fault)
        try:
            store.step(2)
        except (StoreError, Killed):
            return True, len(made)
        return False, len(made)


@pytest.mark.failure("J01")
@pytest.mark.failure("J02")
@pytest.mark.parametrize("fault", [OSError, Killed])
@pytest.mark.parametrize("store", ["archive", "lake", "warehouse"], indirect=True)
def test_whichever_call_fails_a_store_is_as_before_or_as_after(
    store: Store, fault: type[BaseException]
) -> None:
    at, states, reached = 1, Counter[int](), True

    while reached:
        tried = store.copy(f"at call {at}")
        failed, made = fails(tried, at, fault)
        states[tried.state] += 1
        assert failed or tried.state == 2
        assert not (ALL or store.kind != "warehouse") or tried.recovered()
        reached, at = made >= at, at + 1

    assert set(states) == {1, 2}
    assert states[1] >= 3


@dataclass(frozen=True)
class Point:
    """The n-th call of a kind that a step makes on the files of its store."""

    call: str
    number: int


def points(store: Store, surroundings: dict[str, str]) -> list[Point]:
    """Count the calls of an undisturbed step, those before it included."""
    log = store.folder.with_name("calls")
    undisturbed = store.copy("undisturbed")
    options = ["-f", "-qq", "-y", "-o", str(log), "-e", f"trace={SYSTEM_CALLS}"]
    if traced(undisturbed, options, surroundings) != 0:
        pytest.skip("strace may not trace here")
    counts, found = Counter[str](), []
    for line in log.read_text(errors="replace").splitlines():
        if begun := re.match(r"\d+ +(\w+)\(", line):
            counts[begun[0]] += 1  # strace counts for each thread apart
            if str(undisturbed.folder) in line:
                found.append(Point(begun[1], counts[begun[0]]))
    return found


def traced(store: Store, options: Sequence[str], surroundings: dict[str, str]) -> int:
    command = [str(STRACE), *options, *store.command(2, 2)]
    return subprocess.run(
        command, env=surroundings, capture_output=True, check=False, timeout=60
    ).returncode


@pytest.mark.failure("J01")
@pytest.mark.failure("J02")
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_whichever_system_call_fails_a_store_is_as_before_or_as_after(
    store: Store, surroundings: dict[str, str]
) -> None:
    found = points(store, surroundings)
    tries = [(point, fault) for point in found for fault in FAULTS]
    assert len(tries) >= 30
    stride = 1 if ALL else len(tries) // 4
    some = tries[:: stride + (stride % len(FAULTS) == 0)]  # or it would be one fault only
    states: Counter[int] = Counter()

    for n, (point, fault) in enumerate(some):
        tried = store.copy(f"fault {n}")
        inject = f"inject={point.call}:{fault}:when={point.number}"
        status = traced(tried, ["-f", "-qq", "-o", "/dev/null", "-e", inject], surroundings)
        state = tried.state
        states[state] += 1
        assert state in {1, 2}, (point, fault)
        assert status != 0 or state == 2, (point, fault)
        assert not ALL or tried.recovered(), (point, fault)

    print(f"{store.kind}: {len(some)} of {len(tries)} faults, {dict(states)}")  # noqa: T201 - for -s


@pytest.mark.failure("J01")
def test_a_killed_process_leaves_what_it_acknowledged_or_one_step_more(
    store: Store, surroundings: dict[str, str]
) -> None:
    draw = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    acknowledged = 1

    for _ in range(20 if ALL else 2):
        command = store.command(acknowledged + 1, acknowledged + 1000)
        with subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(draw.uniform(0, 0.1))
            process.kill()
            lines = [first, *process.stdout.readlines()]
        acknowledged = int(lines[-1])
        assert store.state in {acknowledged, acknowledged + 1}
        acknowledged = store.state


@pytest.mark.failure("J09")
def test_a_file_is_synced_before_it_has_its_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, target = tmp_path / "part", tmp_path / "folder" / "target"
    part.write_bytes(b"x")
    target.parent.mkdir()
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        done.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def renamed(source: Path, name: Path) -> None:
        done.append("rename " + Path(source).name)
        replace(source, name)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    place(part, target)

    assert done == ["sync part", "rename part", "sync folder"]
