from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.invoice.profile import Profile
from models.commentfile import load as load_comments
from models.currency import Rates
from models.decision.decision import load as load_decisions
from models.errors import ConfigError
from models.node import Node, parse
from models.plan.plan import Plan, load_all
from models.progressfile import load as load_progress
from models.project import Registry
from models.projectfile import load as load_projects
from models.purchase import load as load_purchases
from models.rule.file import load as load_rules
from models.run.file import load as load_runs
from models.settings import load as load_settings
from models.statement import load as load_statements
from models.yamlfile import read

ENVIRONMENT: Final = {
    "TRUEUP_WEBHOOK_URL": "https://hooks.example.com/T0",
    "TRUEUP_WEBHOOK_SECRET": "k",
    **dict.fromkeys(
        (
            "ANTHROPIC_ADMIN_KEY",
            "MLFLOW_TRACKING_TOKEN",
            "OPENAI_ADMIN_KEY",
            "OPENAI_SUPPORT_KEY",
        ),
        "a-key",
    ),
}
CONFIG: Final = Path(__file__).resolve().parent.parent / "config"
NAMES: Final = [path.relative_to(CONFIG).as_posix() for path in CONFIG.rglob("*.yaml")]
# what is in them has free or own keys
FREE: Final = {
    *("sources", "rows", "quantity", "override", "invoices", "categories", "services"),
    *("tags", "true_ups", "ask", "currency_signs", "total_rows", "fixed"),
}


def load(name: str) -> object:
    """Load one file of the folder where the test stands."""
    folder, registry = Path(), load_projects(Path("projects.yaml"))
    known: dict[str, Callable[[], object]] = {
        "trueup.yaml": partial(load_settings, folder, ENVIRONMENT),
        "projects.yaml": partial(load_projects, folder / name),
        "rules.yaml": partial(load_rules, folder / name, registry),
        "rates.yaml": partial(Rates.load, folder / name),
        "purchases.yaml": partial(load_purchases, folder / name, registry, ("aws", "labeling")),
        "my-vendor.yaml": lambda: read(folder / name).validated(Profile),
        "runs.yaml": partial(load_runs, folder / name, registry, ("aws", "labeling")),
        "decisions.yaml": lambda: load_decisions(
            folder / name, registry, load_all(sorted(folder.glob("plans/*.yaml")), registry)
        ),
        "invoices.yaml": partial(load_statements, folder / name, ("aws", "labeling")),
        "progress.yaml": lambda: load_progress(folder / name, registry, examples(registry)),
        "commentary/2026-10.yaml": partial(load_comments, folder / name, registry.ids),
    }
    return known.get(name, partial(load_all, [folder / name], registry))()


def examples(registry: Registry) -> tuple[Plan, ...]:
    return load_all(sorted(Path("plans").glob("*.yaml")), registry)


def keys(
    node: Node, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Yield each key of a file that a model knows by name."""
    for step, child in node.children.items():
        if child.key and not (path and path[-1] in FREE) and not str(step).startswith("tag."):
            yield (*path, step), child
        if step != "sources":
            yield from keys(child, (*path, step))


def every_key() -> Iterator[Any]:
    for file in sorted(CONFIG.rglob("*.yaml")):
        name = file.relative_to(CONFIG).as_posix()
        seen = set()
        for path, node in keys(parse(file.read_text("utf-8"), name)):
            kind = tuple("*" if isinstance(step, int) else step for step in path)
            if kind not in seen:
                seen.add(kind)
                yield pytest.param(name, path, node, id=f"{name}:{'.'.join(map(str, path))}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the examples, in which the test then stands."""
    shutil.copytree(CONFIG, tmp_path / "config")
    monkeypatch.chdir(tmp_path / "config")
    return Path()


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.usefixtures("folder")
def test_each_example_loads(name: str) -> None:
    load(name)


def test_the_example_plans_are_a_portfolio(folder: Path) -> None:
    plans = load_all(
        sorted((folder / "plans").glob("*.yaml")), load_projects(Path("projects.yaml"))
    )

    assert [plan.project for plan in plans] == [
        "legal-summarizer-70b",
        "seed-11-1",
        "seed-11-1-optimized",
        "support-triage",
    ]


@pytest.mark.parametrize(("name", "path", "node"), [*every_key()])
def test_a_misspelt_key_gives_its_place_and_the_suggestion(
    name: str, path: tuple[str | int, ...], node: Node, folder: Path
) -> None:
    assert node.key is not None
    line, column = node.key
    key = str(path[-1])
    wrong = key[:-1] + key[-1] * 2 if key != "to" else "too"
    lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
    rest = lines[line - 1][column - 1 :]
    lines[line - 1] = lines[line - 1][: column - 1] + rest.replace(key, wrong, 1)
    (folder / name).write_text("".join(lines), "utf-8")

    with pytest.raises(ConfigError) as caught:
        load(name)

    where = ".".join(map(str, (*path[:-1], wrong)))
    said = f"{name}:{line}:{column}: {where}: unknown key. Did you mean '{key}'?"
    assert said in str(caught.value).splitlines()
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("file", sorted(CONFIG.rglob("*.yaml")), ids=lambda file: file.name)
def test_the_first_line_names_a_schema_that_is_there(file: Path) -> None:
    first = file.read_text("utf-8").splitlines()[0]

    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)

    assert found is not None
    assert (file.parent / found[1]).is_file()
