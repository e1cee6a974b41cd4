"""Who may import whom: our rooms, and the packages of others that each room may use."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Final

import pytest

pytestmark = pytest.mark.once

ROOMS: Final = {
    "models": {"models"},
    "ingest": {"models", "ingest"},
    "reconcile": {"models", "reconcile"},
    "scheduler": {"models", "ingest", "reconcile", "scheduler"},
}

# package: where it may be imported. A new one is a decision; write the reason into docs/decisions.
THIRD_PARTY: Final = {
    "altair": ("reconcile/report/",),
    "azure": ("ingest/azure/",),
    "apscheduler": ("scheduler/jobs.py",),
    "boto3": ("ingest/aws/",),
    "botocore": ("ingest/aws/",),
    "click": ("scheduler/",),
    "fastexcel": ("ingest/invoice/",),
    "google": ("ingest/gcp/",),
    "google_crc32c": ("ingest/gcp/",),
    "grpc": ("ingest/gcp/",),
    "duckdb": ("models/warehouse.py", "models/scan.py"),
    "jinja2": ("reconcile/report/",),
    "lxml": ("ingest/einvoice/",),
    "mypy_boto3_s3": ("ingest/aws/",),
    "openpyxl": ("ingest/invoice/", "models/plan/workbook.py"),  # cells hidden, merged, formulas
    "polars": ("models/", "ingest/", "reconcile/", "scheduler/"),
    "pyarrow": ("ingest/gcp/",),  # what the warehouse client answers in
    "pydantic": ("models/", "ingest/"),
    "pydantic_core": ("models/", "ingest/"),
    "pypdf": ("ingest/einvoice/",),
    "requests": ("ingest/gcp/",),  # what the clients of that cloud raise
    "rich": ("scheduler/",),
    "ruamel": ("models/",),
    "sqlalchemy": (
        *("models/database.py", "models/entrytable.py", "models/ledger.py"),
        "models/migration.py",
    ),
    "urllib3": ("ingest/gcp/", "ingest/api.py"),
    "vl_convert": ("reconcile/report/",),
}

# standard modules that reach out of the process
OUTWARD: Final = {
    "argparse": (),  # the command line is click's
    "ftplib": (),
    "http": ("scheduler/notify.py",),
    "pickle": (),  # names of our modules would be frozen in files
    "shelve": (),
    "smtplib": ("scheduler/notify.py",),
    "socket": ("scheduler/notify.py",),
    "sqlite3": (),  # the ledger speaks SQL through one library
    "ssl": ("scheduler/notify.py",),
    "urllib.request": ("scheduler/notify.py",),
    "xmlrpc": (),
}


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each import; relative ones begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module == "urllib"):
            dots = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{dots}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, str(node.module)


def room_violations(path: str, tree: ast.Module) -> Iterator[str]:
    room = path.partition("/")[0]
    for line, name in imports(tree):
        target = name.partition(".")[0]
        if name.startswith("."):
            yield f"{path}:{line}: relative import; write `from {room}...`"
        elif target in ROOMS and target not in ROOMS[room]:
            yield f"{path}:{line}: {room} may not import {name}; pass its values as arguments"


def foreign_violations(path: str, tree: ast.Module) -> Iterator[str]:
    for line, name in imports(tree):
        top = name.partition(".")[0]
        if top in ROOMS or not top:
            continue
        outward = next((key for key in OUTWARD if f"{name}.".startswith(f"{key}.")), "")
        if outward:
            allowed: tuple[str, ...] | None = OUTWARD[outward]
        elif top in sys.stdlib_module_names:
            continue
        else:
            allowed = THIRD_PARTY.get(top)
        if allowed is None:
            yield f"{path}:{line}: {top} is in no room; add it to THIRD_PARTY with a reason"
        elif not path.startswith(allowed):
            places = ", ".join(allowed) or "nowhere"
            yield f"{path}:{line}: {name} may be imported in {places} only; call what is there"


def test_the_rooms_keep_their_order(trees: dict[str, ast.Module]) -> None:
    found = [text for path, tree in trees.items() for text in room_violations(path, tree)]

    assert not found, "\n".join(found)


def test_each_foreign_package_stays_in_its_rooms(trees: dict[str, ast.Module]) -> None:
    found = [text for path, tree in trees.items() for text in foreign_violations(path, tree)]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("models/a.py", "import ingest.source", "models may not import ingest.source"),
        ("models/a.py", "def f():\n    from scheduler import jobs", "may not import scheduler"),
        ("ingest/a.py", "from reconcile.state import State", "ingest may not import reconcile"),
        ("reconcile/a.py", "import models.money, ingest", "reconcile may not import ingest"),
        ("models/a.py", "from .money import ZERO", "relative import"),
        ("models/a.py", "from . import money", "relative import"),
    ],
)
def test_a_door_between_rooms_is_found(path: str, source: str, complaint: str) -> None:
    (found,) = room_violations(path, ast.parse(source))

    assert complaint in found


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("reconcile/a.py", "import duckdb", "models/warehouse.py, models/scan.py only"),
        ("ingest/sources/a.py", "import boto3", "ingest/aws/ only"),
        ("models/a.py", "from botocore.config import Config", "botocore.config may be imported"),
        ("scheduler/cli.py", "from apscheduler.triggers import cron", "scheduler/jobs.py only"),
        ("models/a.py", "import rich.table", "scheduler/ only"),
        ("scheduler/a.py", "import urllib.request", "scheduler/notify.py only"),
        ("scheduler/a.py", "from urllib import request", "scheduler/notify.py only"),
        ("scheduler/a.py", "import pickle", "in nowhere only"),
        ("models/a.py", "import pandas as pd", "pandas is in no room"),
    ],
)
def test_a_package_in_the_wrong_room_is_found(path: str, source: str, complaint: str) -> None:
    (found,) = foreign_violations(path, ast.parse(source))

    assert complaint in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("scheduler/a.py", "from ingest.source import build\nimport reconcile.state, json"),
        ("models/warehouse.py", "import duckdb"),
        ("models/a.py", "import polars as pl\nfrom urllib.parse import quote"),
        ("models/a.py", "from urllib import parse"),
        ("scheduler/notify.py", "import http.client\nimport ssl"),
    ],
)
def test_what_is_allowed_is_not_complained_about(path: str, source: str) -> None:
    tree = ast.parse(source)

    assert not [*room_violations(path, tree), *foreign_violations(path, tree)]
