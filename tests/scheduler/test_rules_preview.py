from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models import warehouse
from models.ledger import Ledger
from scheduler.workspace import now

Trueup = Callable[..., Any]
TODAY = ("--today", "2026-11-22")
CATCH = """\
rules:
  - id: project-tag
    when: {tag.project: "*"}
    to: {project: "{tag.project}"}
  - id: nobodys
    when: {tag.project: nobody}
    to: {project: support-bot}
"""


@pytest.mark.once
def test_a_preview_tells_what_the_next_run_then_moves(trueup: Trueup, small: Path) -> None:
    call = ("-q", "-C", str(small))
    early = trueup(*call, "rules", "preview")
    assert (early.code, early.err) == (
        6,
        "trueup: no run has kept its rules yet; use `trueup run`, and then edit them\n",
    )
    assert trueup(*call, "run", *TODAY).code == 0
    other = small / "other.yaml"
    other.write_text(CATCH)

    asked = trueup(*call, "rules", "preview", "--rules", str(other), "-f", "json")
    only = trueup(*call, "rules", "preview", "--rules", str(other), "--month", "2026-09")
    (small / "rules.yaml").write_text(CATCH)
    shown = trueup(*call, "rules", "preview")
    done = trueup(*call, "run", *TODAY)
    then = trueup(*call, "rules", "preview")

    assert asked.code == shown.code == 0
    promised = json.loads(asked.out)
    assert promised["projects"] == [
        {
            "month": "2026-10",
            "from": "unallocated",
            "to": "support-bot",
            "amount": "50.25",
            "lines": 1,
            "rule_before": "none",
            "rule_after": "nobodys",
        }
    ]
    assert promised["after"]["file"] == str(other)
    assert "nothing moves, no charge gets another owner" in only.out
    day = promised["before"]["recorded"]
    assert shown.out.splitlines()[0] == (
        f"rules.yaml against the rules of the run on {day}: 50.25 USD between projects, "
        "50.25 USD net in 1 month"
    )
    assert "rules changed on 2026-11-22: 50.25 USD between projects" in done.out
    assert "nothing moves, they say the same" in then.out
    sql = "select month, project, change from reallocations order by all"
    assert warehouse.query(
        small / ".trueup" / "trueup.duckdb", small / ".trueup" / "lake", sql
    ) == [
        ("2026-10", "support-bot", Decimal("50.25")),
        ("2026-10", "unallocated", Decimal("-50.25")),
    ]
    status = trueup("-C", str(small), "status").out
    assert "rules      rules changed on 2026-11-22: 50.25 USD between projects" in status


def test_a_file_that_is_not_valid_ends_in_five_and_writes_nothing(
    trueup: Trueup, small: Path
) -> None:
    wrong = small / "wrong.yaml"
    wrong.write_text(CATCH.replace("support-bot", "support-bott"))

    said = trueup("-q", "-C", str(small), "rules", "preview", "--rules", str(wrong))
    gone = trueup("-q", "-C", str(small), "rules", "preview", "--rules", str(small / "no.yaml"))

    assert (said.code, gone.code) == (5, 5)
    assert "wrong.yaml:7:" in said.err
    assert "'support-bott' is not a project. Did you mean 'support-bot'?" in said.err
    assert "no.yaml:1:1: file not found" in gone.err
    with Ledger(f"sqlite:///{small}/.trueup/ledger.sqlite", now) as ledger:
        assert ledger.entries() == []
