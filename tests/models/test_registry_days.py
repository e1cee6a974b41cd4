from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.attribution import attributed, edges
from models.project import Alias, Merged, Project, Registry
from models.projectfile import load as load_projects
from models.reduction import keys_and_facts
from models.rule.file import load as load_rules
from models.rule.rule import Condition, Rule, RuleSet, Target
from models.spend import spend

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]
TAGGED = RuleSet((Rule("tag", (Condition("source", ("*",)),), Target(project_tag="project")),))
FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 364).map(lambda days: FIRST + timedelta(days))
QUICK = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def bill(charges: Charges) -> tuple[pl.DataFrame, pl.LazyFrame]:
    """Return a document of one unit a day of 2026, tagged `legal` every day."""
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    lines = [
        {
            "x_tco_cost": Decimal(1),
            "charge_period_start": noon + timedelta(days),
            "tags": {"project": "Legal"},
            "region_id": "eu-1" if (FIRST + timedelta(days)).toordinal() % 2 else "us-1",
        }
        for days in range(365)
    ]
    keys, facts = keys_and_facts(charges(lines), "cloud")
    return keys, facts.collect().lazy()


def by_day(
    bill: tuple[pl.DataFrame, pl.LazyFrame], rules: RuleSet, registry: Registry
) -> dict[date, set[str]]:
    """Return whose each day is; every day has its unit once."""
    keys, facts = bill
    found = spend(
        facts, attributed(keys, rules, registry), keys, source="cloud", period="2026-01",
        edges=edges(rules, registry),
    )  # fmt: skip
    assert found["tco_cost"].sum() == 365
    rows = found.select("day", "project").iter_rows()
    days: dict[date, set[str]] = {}
    for day, project in rows:
        days.setdefault(day, set()).add(project)
    return days


@pytest.mark.failure("D07")
@QUICK
@given(renamed=DAYS)
def test_a_rename_changes_no_day_of_what_was_spent(
    renamed: date, bill: tuple[pl.DataFrame, pl.LazyFrame]
) -> None:
    """The name is new from a day on; bills use the old one until then, and another after it."""
    old = Registry((Project(id="p-1", name="Legal"),))
    alias = Alias(name="Legal", until=renamed - timedelta(1))
    new = Registry((Project(id="p-1", name="Digest", aliases=(alias,)),))
    before, after = by_day(bill, TAGGED, old), by_day(bill, TAGGED, new)

    assert {day: whose for day, whose in after.items() if day < renamed} == {
        day: whose for day, whose in before.items() if day < renamed
    }
    assert all(whose == {"unallocated"} for day, whose in after.items() if day >= renamed)


@pytest.mark.failure("D08")
@QUICK
@given(merged=DAYS)
def test_old_days_keep_the_merged_project_and_new_days_have_the_other(
    merged: date, bill: tuple[pl.DataFrame, pl.LazyFrame]
) -> None:
    found = Registry((
        Project(id="legal", merged=Merged(into="contracts", on=merged)), Project(id="contracts")
    ))  # fmt: skip
    by_rule = RuleSet((Rule("r", TAGGED.rules[0].when, Target(project="legal")),))

    for rules in (TAGGED, by_rule):
        assert by_day(bill, rules, found) == {
            FIRST + timedelta(days): {
                "legal" if FIRST + timedelta(days) < merged else "contracts"
            }
            for days in range(365)
        }  # fmt: skip


def pages(root: Path) -> list[str]:
    text = (root / "docs" / "projects.md").read_text("utf-8")
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


@pytest.mark.failure("D08")
def test_the_split_in_the_manual_leaves_june_and_parts_july(
    root: Path, tmp_path: Path, bill: tuple[pl.DataFrame, pl.LazyFrame]
) -> None:
    *_, projects, rules = pages(root)
    (tmp_path / "projects.yaml").write_text(projects, "utf-8")
    (tmp_path / "rules.yaml").write_text(rules, "utf-8")
    registry = load_projects(tmp_path / "projects.yaml")

    found = by_day(bill, load_rules(tmp_path / "rules.yaml", registry), registry)

    named = [
        "legal" if day < date(2026, 7, 1) else "legal-eu" if day.toordinal() % 2 else "legal-us"
        for day in sorted(found)
    ]
    assert [found[day] for day in sorted(found)] == [{name} for name in named]
    assert named.count("legal") == 181


def test_every_registry_in_the_manual_loads(root: Path, tmp_path: Path) -> None:
    registries = [text for text in pages(root) if text.startswith("projects:")]

    for text in registries:
        (tmp_path / "projects.yaml").write_text(text, "utf-8")
        assert load_projects(tmp_path / "projects.yaml").ids
    assert len(registries) == 5
