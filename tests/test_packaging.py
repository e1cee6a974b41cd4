"""Our four package names are common words: what that must not lead to, and what we ship."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from hatchling.build import build_sdist, build_wheel

PACKAGES: Final = ("ingest", "models", "reconcile", "scheduler")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return data


@pytest.fixture
def python(root: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a Python of its own, away from the checkout, with folders before ours."""

    def run(code: str, *folders: Path) -> subprocess.CompletedProcess[str]:
        away = tmp_path / "away"
        away.mkdir(exist_ok=True)
        path = os.pathsep.join(str(folder) for folder in (*folders, root))
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=away,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def strangers(owners: Mapping[str, Sequence[str]]) -> list[str]:
    """Name each other distribution that would overwrite, and delete, a package of ours."""
    return [
        f"{owner} also installs a package {name!r}"
        for name in PACKAGES
        for owner in owners.get(name, ())
        if owner != "trueup"
    ]


def test_no_other_installed_distribution_owns_a_package_name_of_ours() -> None:
    assert not strangers(packages_distributions())


def test_another_owner_of_a_package_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "timers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: timers\nVersion: 1.0\n")
    (info / "RECORD").write_text("scheduler/__init__.py,,\n")
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    assert strangers(packages_distributions()) == ["timers also installs a package 'scheduler'"]


@pytest.mark.parametrize("name", ["ingest", "models", "reconcile"])
def test_a_package_that_hides_one_of_ours_stops_the_program_with_its_place(
    name: str, tmp_path: Path, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    hiding = tmp_path / "repo" / name / "__init__.py"
    hiding.parent.mkdir(parents=True)
    hiding.touch()

    result = python("import scheduler.cli", tmp_path / "repo")

    assert result.returncode == 1
    assert result.stderr == (
        f"trueup: package {name!r} comes from {hiding}, not from trueup; "
        "unset PYTHONPATH or run outside that folder\n"
    )


def test_a_folder_of_the_same_name_that_is_no_package_does_no_harm(
    tmp_path: Path, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "repo" / "models").mkdir(parents=True)

    assert python("import scheduler", tmp_path / "repo").returncode == 0


def tracked(root: Path, *folders: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders],  # noqa: S607 - whichever git made the checkout
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in listed.stdout.split("\0") if name and (root / name).exists()}


def test_the_wheel_holds_the_packages_whole_and_nothing_else(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: dict[str, Any]
) -> None:
    monkeypatch.chdir(root)

    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        names = set(wheel.namelist())

    about = f"trueup-{project['project']['version']}.dist-info"
    assert tracked(root, *PACKAGES) <= names
    assert {name.partition("/")[0] for name in names} == {*PACKAGES, about}
    assert f"{about}/licenses/LICENSE" in names
    assert not [name for name in names if name.endswith((".pyc", ".parquet", ".sqlite"))]


def test_the_source_archive_holds_what_its_list_says(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: dict[str, Any]
) -> None:
    monkeypatch.chdir(root)

    with tarfile.open(tmp_path / build_sdist(str(tmp_path))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    listed = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    own = {"PKG-INFO", "pyproject.toml", ".gitignore"}
    assert {name.partition("/")[0] for name in names} == own | {item[1:] for item in listed}
    assert not [name for name in names if name.endswith((".pyc", ".sqlite", ".duckdb"))]


def test_the_version_stands_in_one_place(root: Path, project: dict[str, Any]) -> None:
    version = project["project"]["version"]
    files = (path for name in PACKAGES for path in (root / name).rglob("*.py"))

    assert not [path for path in files if re.search(rf'["\']{version}["\']', path.read_text())]


def test_the_changelog_tells_of_this_version(root: Path, project: dict[str, Any]) -> None:
    text = (root / "CHANGELOG.md").read_text("utf-8")

    assert "## [Unreleased]" in text or f"## [{project['project']['version']}]" in text


def pins(text: str) -> list[str]:
    """Return each requirement with its hashes as one line."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line.partition(" #")[0].strip() for line in lines if line and line[0] not in "# "]


def loose(text: str) -> list[str]:
    """Return what in a pinned file is not exactly a release and its hashes."""
    exact = re.compile(
        r"[a-z0-9-]+==[\w.!+]+( +; [\w.'<>=!()* ]+)?( +--hash=sha256:[0-9a-f]{64})+", re.ASCII
    )
    return [line for line in pins(text) if not exact.fullmatch(line)]


@pytest.mark.failure("M16")
def test_each_pinned_file_names_releases_and_hashes_and_no_place_to_get_them(root: Path) -> None:
    files = sorted((root / "requirements").glob("*.txt"))

    assert {"base.txt", "build.txt", "dev.txt", "servers.txt"} <= {file.name for file in files}
    assert not [line for file in files for line in loose(file.read_text("utf-8"))]
    assert all(pins(file.read_text("utf-8")) for file in files)


@pytest.mark.parametrize(
    "line",
    [
        "click==8.5.1",
        f"click>=8.5.1 --hash=sha256:{'0' * 64}",
        f"click @ https://host.example/click.whl --hash=sha256:{'0' * 64}",
        "--extra-index-url https://host.example/simple",
        "--find-links /opt/wheels",
        "-e .",
    ],
)
def test_a_requirement_without_hash_or_with_a_place_is_found(line: str) -> None:
    assert loose(f"# made\n{line}\n") == [line]


@pytest.mark.failure("M16")
def test_each_installation_requires_hashes(root: Path) -> None:
    lines = [
        line
        for name in ("Makefile", ".ci/run")
        for line in (root / name).read_text("utf-8").splitlines()
        if "pip install" in line
    ]

    others = [line for line in lines if "--require-hashes --only-binary :all:" not in line]
    assert len(lines) > len(others) >= 1
    assert all("--no-deps" in line for line in others)  # ourselves


def test_the_pinned_files_are_made_from_what_is_stated_now(
    script: Callable[[str], ModuleType],
) -> None:
    assert not script("requirements").stale()


def test_a_pinned_file_older_than_its_statement_is_found(
    root: Path, tmp_path: Path, script: Callable[[str], ModuleType]
) -> None:
    requirements = script("requirements")
    (tmp_path / "requirements").mkdir()
    for file in (root / "pyproject.toml", *(root / "requirements").iterdir()):
        (tmp_path / file.relative_to(root)).write_text(file.read_text("utf-8"), "utf-8")
    assert not requirements.stale(tmp_path)

    with (tmp_path / "requirements" / "servers.in").open("a") as stated:
        stated.write("another-server\n")

    (complaint,) = requirements.stale(tmp_path)
    assert complaint == (
        "requirements/servers.txt is not made from the present requirements/servers.in; "
        "run `make rebuild-requirements` and commit what it changes"
    )


def test_each_make_command_in_the_documents_exists(root: Path) -> None:
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (root / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    documents = (root / "README.md", root / "CHANGELOG.md", *(root / "docs").rglob("*.md"))
    named = {
        name
        for path in documents
        for name in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE)
    }

    assert {"demo", "test"} <= named <= targets
