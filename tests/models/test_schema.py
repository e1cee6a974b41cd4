from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ruamel.yaml import YAML

from models.schema import schemas


def schema_of(path: Path) -> str:
    return "plan" if path.parent.name == "plans" else path.stem


def as_an_editor_reads(path: Path) -> Any:
    data = YAML(typ="safe", pure=True).load(path)
    return json.loads(json.dumps(data, default=str))


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_schemas_in_config_are_those_of_the_models(name: str, root: Path) -> None:
    path = root / "config" / "schema" / f"{name}.schema.json"

    assert path.read_text("utf-8") == json.dumps(schemas()[name], indent=2, sort_keys=True) + "\n"


def test_there_is_no_schema_of_a_file_that_does_not_exist(root: Path) -> None:
    there = {path.name for path in (root / "config" / "schema").iterdir()}

    assert there == {f"{name}.schema.json" for name in (*schemas(), "mapping")}


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_valid_and_explains_each_key(name: str) -> None:
    schema = schemas()[name]

    Draft202012Validator.check_schema(schema)
    parts = [schema, *schema["$defs"].values()]
    silent = [
        f"{part.get('title')}.{key}"
        for part in parts
        for key, value in part.get("properties", {}).items()
        if not value.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    "path",
    [
        "trueup.yaml",
        "projects.yaml",
        "rules.yaml",
        "rates.yaml",
        "invoices.yaml",
        "plans/legal-summarizer-70b.yaml",
        "plans/seed-naive.yaml",
        "plans/seed-optimized.yaml",
    ],
)
def test_an_editor_accepts_the_examples_and_no_misspelt_key(path: str, root: Path) -> None:
    file = root / "config" / path
    data = as_an_editor_reads(file)
    validator = Draft202012Validator(schemas()[schema_of(file)])

    assert [error.message for error in validator.iter_errors(data)] == []
    assert not validator.is_valid({**data, "misspelt": 1})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("rules", lambda data: data["rules"][0]["when"].update({"servce": "x"})),
        ("rules", lambda data: data["rules"][0]["to"].update({"category": "contingency"})),
        ("rates", lambda data: data["rates"][0].update({"currency": "euro"})),
        ("projects", lambda data: data["projects"][0].update({"id": "A B"})),
        ("trueup", lambda data: data["schedule"].update({"at": "2:30"})),
    ],
)
def test_an_editor_marks_what_loading_refuses(
    name: str, change: Callable[[Any], object], root: Path
) -> None:
    data = as_an_editor_reads(root / "config" / f"{name}.yaml")

    change(data)

    assert not Draft202012Validator(schemas()[name]).is_valid(data)
