from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from scheduler.cli import COMMANDS

Trueup = Callable[..., Any]


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scheduler", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_the_version_is_the_distributions(trueup: Trueup) -> None:
    assert trueup("--version").out == f"trueup {version('trueup')}\n"


def test_help_names_every_command_in_its_section(trueup: Trueup) -> None:
    said = trueup("--help")

    assert said.code == 0
    for name, (_, section, text) in COMMANDS.items():
        assert f"{section}:" in said.out
        assert f"  {name}" in said.out
        assert text in said.out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(trueup: Trueup, name: str) -> None:
    said = trueup(name, "--help")

    assert (said.code, said.out.startswith(f"Usage: trueup {name}")) == (0, True)


def test_help_imports_none_of_the_heavy_packages() -> None:
    """That is why `trueup --help` answers in a tenth of a second."""
    code = (
        "import sys; from scheduler.cli import main; main(['--help']);"
        "heavy = {'polars','duckdb','pydantic','sqlalchemy','boto3','altair','rich','jinja2'};"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rnu"], "No such command 'rnu'. Did you mean 'run'?"),
        (["report", "--month", "2026-13"], "'2026-13' is not a month; write YYYY-MM"),
        (["run", "--today", "22.11.2026"], "'22.11.2026' is not a day; write YYYY-MM-DD"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_the_way_out(
    trueup: Trueup, arguments: list[str], says: str
) -> None:
    said = trueup(*arguments)

    assert said.code == 2
    assert says in said.err


def test_a_closed_pipe_ends_quietly(fresh: Path) -> None:
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run(
        [sys.executable, "-m", "scheduler", "-C", str(fresh), "schema", "show", "plan"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_without_configuration_says_what_is_missing(
    trueup: Trueup, tmp_path: Path
) -> None:
    said = trueup("-C", str(tmp_path), "run")

    assert said.code == 5
    assert "trueup.yaml:1:1: file not found" in said.err


MISSPELT = {
    "trueup.yaml": ("reporting_currency: USD", "reporting_curency: USD", "reporting_currency"),
    "projects.yaml": ("    owner:", "    onwer:", "owner"),
    "rules.yaml": ("    when: {tag.project", "    whne: {tag.project", "when"),
    "rates.yaml": ("rates: []", "ratse: []", "rates"),
    "plans/support-bot.yaml": ("  horizon_months:", "  horizon_month:", "horizon_months"),
}


@pytest.mark.parametrize("name", sorted(MISSPELT))
def test_a_misspelt_key_gives_place_key_and_suggestion(
    trueup: Trueup, fresh: Path, name: str
) -> None:
    right, wrong, suggestion = MISSPELT[name]
    text = (fresh / name).read_text()
    assert text.count(right) == 1
    (fresh / name).write_text(text.replace(right, wrong))
    line = text[: text.index(right)].count("\n") + 1
    column = len(right) - len(right.lstrip()) + 1
    key = wrong.strip().partition(":")[0]

    said = trueup("-C", str(fresh), "run")

    assert said.code == 5
    place = f"trueup: {fresh / name}:{line}:{column}: "
    [found] = [each for each in said.err.splitlines() if each.startswith(place)]
    assert f"{key}: unknown key. Did you mean '{suggestion}'?" in found


def test_a_misspelt_setting_of_a_source_is_found_in_its_own_kind(
    trueup: Trueup, fresh: Path
) -> None:
    path = fresh / "trueup.yaml"
    source = "sources:\n  aws:\n    kind: aws_data_export\n    location: exports\n    exprot: cur\n"
    path.write_text(path.read_text().replace("sources: {}\n", source))
    line = path.read_text().split("    exprot")[0].count("\n") + 1

    said = trueup("-C", str(fresh), "run")

    assert said.code == 5
    assert f"{path}:{line}:5: sources.aws.exprot: unknown key. Did you mean 'export'?" in said.err


def test_an_unknown_kind_of_source_names_the_nearest(trueup: Trueup, fresh: Path) -> None:
    path = fresh / "trueup.yaml"
    path.write_text(
        path.read_text().replace("sources: {}\n", "sources:\n  aws: {kind: aws_data_exprot}\n")
    )

    said = trueup("-C", str(fresh), "run")

    assert said.code == 5
    assert "aws_data_exprot' is not a kind of source. Did you mean 'aws_data_export'?" in said.err


def test_init_overwrites_nothing(trueup: Trueup, fresh: Path) -> None:
    said = trueup("-C", str(fresh), "init", "--name", "n", "--currency", "USD",
                  "--project", "support-bot", "--owner", "o@example.com")  # fmt: skip

    assert said.code == 6
    assert said.err == (
        f"trueup: {fresh}/trueup.yaml exists; "
        "init overwrites nothing: choose an empty folder with -C\n"
    )


@pytest.mark.failure("M12")
def test_what_a_run_writes_is_private_whatever_the_umask(fresh: Path) -> None:
    before = os.umask(0o022)
    try:
        done = process("-C", str(fresh), "run")
    finally:
        os.umask(before)

    assert done.returncode == 0, done.stderr
    state = [fresh / ".trueup", *(fresh / ".trueup").rglob("*"), *(fresh / "reports").rglob("*")]
    kept = [path for path in state if "schema" not in path.parts]
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("4", "4")])
def test_scans_read_one_row_group_ahead_unless_told_otherwise(
    trueup: Trueup, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    name = "POLARS_ROW_GROUP_PREFETCH_SIZE"
    monkeypatch.setenv(name, given or "")
    if given is None:
        monkeypatch.delenv(name)

    trueup("--version")

    assert os.environ[name] == used
