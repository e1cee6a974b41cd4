from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scheduler.cli import Shell
from scheduler.commands.schedule import nightly
from scheduler.progress import Lines, Quiet, RunLog

Trueup = Callable[..., Any]


def test_without_a_terminal_each_step_is_one_line_with_its_count() -> None:
    said: list[str] = []
    lines = Lines(said.append)

    lines.step("ingest aws", 3)
    lines.advance()
    lines.advance()
    lines.note("trueup: aws: key: is cut short")
    lines.step("reconcile")
    lines.close()
    lines.close()

    assert [re.sub(r"[\d.]+ s", "T s", line) for line in said] == [
        "trueup: aws: key: is cut short\n",
        "ingest aws: 2 T s\n",
        "reconcile: T s\n",
    ]


def test_quiet_says_only_what_a_person_must_know(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Quiet()

    quiet.step("ingest", 2)
    quiet.advance()
    quiet.note("trueup: aws: forbidden")

    assert capsys.readouterr() == ("", "trueup: aws: forbidden\n")


def test_on_a_terminal_a_bar_shows_the_step_and_leaves_no_trace(small: Path) -> None:
    command = [sys.executable, "-m", "scheduler", "-C", str(small), "ingest"]
    main, other = pty.openpty()
    with subprocess.Popen(
        command, stderr=other, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(other)
        drawn = b""
        while True:
            try:
                drawn += os.read(main, 65536)
            except OSError:
                break
        assert process.stdout is not None
        result = process.stdout.read().decode()
    os.close(main)

    assert process.returncode == 0
    assert b"ingest labeling" in drawn
    assert b"\x1b[2K" in drawn
    assert result.endswith("1 loaded, 0 unchanged, 0 refused\n")


@pytest.mark.failure("M19")
def test_a_tag_cannot_forge_a_line_of_the_run_log(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "r.jsonl", lambda: datetime(2026, 11, 20, tzinfo=UTC))

    log("finished", refused=['a\n{"event": "forged"}'])

    [line] = (tmp_path / "r.jsonl").read_text().splitlines()
    assert json.loads(line)["refused"] == ['a\n{"event": "forged"}']


def test_a_night_that_fails_does_not_end_the_scheduler(
    fresh: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (fresh / "rules.yaml").write_text("rulse: []\n")

    nightly(Shell(fresh, quiet=True))

    assert "rulse: unknown key. Did you mean 'rules'?" in capfd.readouterr().err


@pytest.mark.failure("I01")
def test_the_scheduler_runs_a_missed_night_at_once_and_ends_when_asked(small: Path) -> None:
    command = [sys.executable, "-m", "scheduler", "-q", "-C", str(small), "schedule"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first, second = process.stderr.readline(), process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)

    assert re.fullmatch(r"run \d{8}T\d{6}Z-[0-9a-f]{4}: exit code [04]\n", first)
    assert second == "next run at 02:30 UTC, every night\n"
    assert process.returncode == 130
