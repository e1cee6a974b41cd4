"""Usage belongs to the project that the rules, or the unit's own name, give it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from models.beside import BESIDE
from models.projectfile import load as load_projects
from models.rule.file import load as load_rules
from models.rule.rule import RuleSet
from models.usage import OWNED, owned

PROJECTS = """\
projects:
  - id: ft-001
    aliases: [legal]
  - id: ft-002
"""
RULES = """\
rules:
  - id: by-tag
    when: {tag.team: "vision*"}
    to: {project: ft-002}
  - id: by-account
    when: {account: research}
    to: {project: ft-001}
"""


def usage(*rows: tuple[str, dict[str, str]]) -> pl.DataFrame:
    schema = pl.Schema({"period": pl.String(), **BESIDE["usage"].schema})
    return pl.DataFrame(
        [
            {
                "period": "2026-10",
                "x_source": "slurm",
                "x_document": "0" * 64,
                "x_row": number,
                "unit": unit,
                "driver": "gpu_hours",
                "day": date(2026, 10, 1),
                "quantity": Decimal(number),
                "tags": tags,
            }
            for number, (unit, tags) in enumerate(rows, start=1)
        ],
        schema=schema,
    )


def test_a_rule_decides_then_the_units_own_name_then_nobody(tmp_path: Path) -> None:
    (tmp_path / "projects.yaml").write_text(PROJECTS)
    (tmp_path / "rules.yaml").write_text(RULES)
    registry = load_projects(tmp_path / "projects.yaml")
    rules = load_rules(tmp_path / "rules.yaml", registry)
    rows = usage(("research", {}), ("Legal ", {}), ("ft-001", {"team": "vision-2"}), ("guests", {}))
    found = owned(rows, rules, registry)
    assert found.schema == OWNED
    assert found.select("unit", "project", "project_rule", "quantity").rows() == [
        ("research", "ft-001", "by-account", Decimal(1)),
        ("Legal ", "ft-001", "unit", Decimal(2)),
        ("ft-001", "ft-002", "by-tag", Decimal(3)),
        ("guests", "unallocated", "none", Decimal(4)),
    ]


@pytest.mark.failure("D08")
def test_a_unit_is_who_it_spells_on_the_day(tmp_path: Path) -> None:
    """`legal` went into ft-002 on 2 October; `vision` changed hands on the same day."""
    (tmp_path / "projects.yaml").write_text(
        "projects:\n"
        "  - {id: legal, aliases: [{name: vision, until: 2026-10-01}],"
        " merged: {into: ft-002, on: 2026-10-02}}\n"
        "  - {id: ft-002}\n"
        "  - {id: ft-003, aliases: [{name: vision, since: 2026-10-02}]}\n"
    )
    registry = load_projects(tmp_path / "projects.yaml")
    rows = pl.concat([
        usage(("legal", {}), ("vision", {})).with_columns(day=date(2026, 10, day))
        for day in (1, 2)
    ])  # fmt: skip

    found = owned(rows, RuleSet(()), registry)

    assert found.select("unit", "project", "project_rule").rows() == [
        ("legal", "legal", "unit"),
        ("vision", "legal", "unit"),
        ("legal", "ft-002", "unit"),
        ("vision", "ft-003", "unit"),
    ]


def test_no_usage_is_an_empty_table(tmp_path: Path) -> None:
    (tmp_path / "projects.yaml").write_text(PROJECTS)
    (tmp_path / "rules.yaml").write_text(RULES)
    registry = load_projects(tmp_path / "projects.yaml")
    rules = load_rules(tmp_path / "rules.yaml", registry)
    assert owned(usage(), rules, registry).schema == OWNED
