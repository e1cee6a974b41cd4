from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.warehouse import query
from scheduler.claiming import claimed, stale
from scheduler.version import entries, present, versions
from scheduler.workspace import configured, stores

Trueup = Callable[..., Any]

TODAY = "2026-11-20"
RULES = """\
rules:
  - id: first
    when: {source: "*", service: "*"}
    to: {project: support-bot, category: data}
  - id: never
    when: {source: nobody}
    to: {category: infra}
"""


@pytest.fixture(name="ruled")
def ruled_fixture(small: Path) -> Path:
    (small / "rules.yaml").write_text(RULES)
    return small


@pytest.mark.once  # a whole night
@pytest.mark.failure("D05")
@pytest.mark.failure("D04")
def test_coverage_and_check_say_of_a_project_what_its_report_and_warehouse_say(
    trueup: Trueup, small: Path
) -> None:
    settings = small / "trueup.yaml"
    settings.write_text(settings.read_text().replace("unallocated_over: 100", "drop: 5"))

    told = trueup("-q", "-C", str(small), "run", "--today", TODAY)

    assert "alerts: 1 changed" in told.out, told.out
    said = trueup("-C", str(small), "rules", "coverage", "--today", TODAY, "-f", "json")
    content = json.loads(said.out)
    report = json.loads((small / "reports" / "2026-10.json").read_text())
    now = [each for each in content["coverage"] if each["month"] == "2026-10"]
    assert now[0]["percent"] == report["allocated_pct"]
    assert content["open"], "a line of October has no project"
    lake = small / ".trueup" / "lake"
    rows = query(
        small / ".trueup" / "trueup.duckdb",
        lake,
        "SELECT source, allocated, unallocated FROM coverage WHERE month = '2026-10' ORDER BY 1",
    )
    assert [str(row[2]).rstrip("0").rstrip(".") for row in rows] == [
        each["unallocated"].removesuffix(".00") for each in now
    ]


def test_a_gate_of_check_is_breached_by_its_own_findings_alone(trueup: Trueup, ruled: Path) -> None:
    trueup("-q", "-C", str(ruled), "ingest", "--today", TODAY)

    codes = {
        gates: trueup("-C", str(ruled), "rules", "check", "--today", TODAY, "--fail-on", gates).code
        for gates in ("conflicts", "conflicts,unmatched")
    }

    assert codes == {"conflicts": 0, "conflicts,unmatched": 3}


def test_an_unknown_gate_is_a_mistake_of_usage(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "rules", "check", "--fail-on", "conflict")

    assert said.code == 2
    assert "'conflict' is no finding; there are conflicts, unmatched," in said.err


def test_claims_are_made_once_for_each_version_of_the_rules_and_pruned_when_stale(
    trueup: Trueup, ruled: Path
) -> None:
    trueup("-q", "-C", str(ruled), "ingest", "--today", TODAY)

    def claims(text: str) -> tuple[set[Path], set[Path]]:
        (ruled / "rules.yaml").write_text(text)
        project = configured(ruled)
        with stores(project) as opened:
            news = entries(project, opened.ledger)
            if news:
                opened.ledger.append(*news)
            mine = versions(opened.ledger, present(project))
            assert claimed(opened, mine).equals(claimed(opened, mine))
            return {*(ruled / ".trueup/lake/claims").glob("*.parquet")}, stale(opened)

    first, none = claims(RULES)
    again, _ = claims(RULES + "# a remark\n")
    both, old = claims(RULES.replace("nobody", "somebody"))

    assert (len(first), none, again) == (1, set(), first)
    assert (len(both), old) == (2, first)
