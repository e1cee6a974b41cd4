"""Closed months outlive the engines that closed them: DuckDB and polars are upgraded below them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent.parent
OLDER: Final = Path(sys.prefix) / "older"
FORMS: Final = ("md", "json", "html")
BILLS: Final = """\
sources:
  research: {kind: aws_data_export, location: exports/research, export: research-focus}
  google: {kind: gcp_billing_export, location: exports/google, pattern: "{month}/*.parquet"}
"""
LATE: Final = """\
Invoice,Date,Line,Net,Currency,From,To,Project
L-2,2026-10-31,1,7.00,USD,2026-10-01,2026-10-31,support-bot
"""
Command = Callable[..., str]

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not (OLDER / "duckdb").is_dir(), reason="`make older` installs it"),
]


def environment(before: Path | None) -> dict[str, str]:
    return {**os.environ, **({"PYTHONPATH": str(before)} if before else {})}


def program(folder: Path, before: Path | None) -> Command:
    """Return the command on a project, with packages of a folder before those installed."""

    def run(*arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "scheduler", "-q", "-C", str(folder), *arguments]
        said = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment(before)
        )
        assert (said.returncode, arguments) == (code, arguments), said.stdout + said.stderr[-500:]
        return said.stdout + said.stderr if code else said.stdout

    return run


def engines(before: Path | None) -> str:
    code = "import duckdb, polars; print(duckdb.__version__, polars.__version__)"
    return subprocess.check_output([sys.executable, "-c", code], text=True, env=environment(before))


@pytest.fixture
def project(small: Path, told_demo: tuple[Path, str]) -> Path:
    """Return a project with bills of two clouds, in Parquet, and of a vendor, in CSV."""
    for file in (told_demo[0] / "exports").rglob("*2026-1[01]*/*"):
        target = small / file.relative_to(told_demo[0])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    settings = small / "trueup.yaml"
    text = settings.read_text().replace("sources:\n", BILLS, 1)
    settings.write_text(f"{text}close: {{comments: optional}}\n")
    plan = small / "plans" / "support-bot.yaml"
    plan.write_text(plan.read_text().replace("start: 2026-09", "start: 2026-10"))
    return small


def printed(folder: Path) -> dict[str, bytes]:
    return {form: (folder / "reports" / f"2026-10.{form}").read_bytes() for form in FORMS}


def october(command: Command) -> dict[str, str]:
    """Return all that a closed month is pinned by."""
    (entry,) = json.loads(command("close", "--history", "-f", "json"))
    return {key: json.dumps(value) for key, value in entry.items()}


@pytest.mark.failure("E04")
def test_a_month_closed_with_older_engines_keeps_every_byte(project: Path) -> None:
    assert engines(OLDER) != engines(None)
    old, new = program(project, OLDER), program(project, None)
    old("run", "--today", "2026-11-22")
    old("close", "2026-10", "--by", "anna", "--today", "2026-11-22")
    before, pins = printed(project), october(old)

    (project / "invoices" / "late.csv").write_text(LATE)
    new("run", "--today", "2026-11-22")
    assert printed(project) == before
    assert "the figures are equal, but files of the lake had other" in new("rebuild", code=1)
    assert printed(project) == before
    assert october(new) == pins
    assert "DIFFERENT" not in new("explain", "--verify", "portfolio/2026-10/ac")
    (late,) = json.loads(new("adjustments", "-f", "json", "--month", "2026-11"))["adjustments"]
    assert (late["month"], late["effective"]) == ("2026-10", "7.00")
