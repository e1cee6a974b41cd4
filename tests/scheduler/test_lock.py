from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import RefusedError
from scheduler.lock import held

HOLDER = """
import sys, time
from pathlib import Path
from scheduler.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(state: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.failure("I04")
def test_a_second_run_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        with pytest.raises(RefusedError) as refused, held(tmp_path):
            pass
        first.kill()

    assert str(refused.value) == (
        f"{tmp_path}/lock: another run holds the lock (process {first.pid}); "
        "wait until it ends: the lock ends with it"
    )
    assert refused.value.exit_code == 6


@pytest.mark.failure("I05")
def test_a_killed_run_leaves_no_lock_behind(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)

    with held(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    with held(tmp_path):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
