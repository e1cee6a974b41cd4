"""The questions of docs/usage.md have answers in the warehouse of the demo."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.warehouse import query

TEXT = (Path(__file__).parents[2] / "docs" / "usage.md").read_text(encoding="utf-8")
HOURS = 31 * 18 * 8  # of the demo's server in October
TRAINING = """
SELECT sum(amount) FROM actuals WHERE project = 'code-assist-33b' AND month = '2026-10'
AND basis = 'effective' AND category IN ('training_compute', 'depreciation')"""
FAILED = 6 * 3 * 8  # of them in jobs that broke off: one every sixth day


def asked(demo: Path, sql: str) -> list[tuple[Any, ...]]:
    return query(demo / ".trueup" / "trueup.duckdb", demo / ".trueup" / "lake", sql)


def test_each_question_has_the_answer_that_a_pencil_gives(told_demo: tuple[Path, str]) -> None:
    questions = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)

    per_hour, wasted, per_label, lost = (asked(told_demo[0], sql) for sql in questions)

    assert per_hour == [("code-assist-33b", pytest.approx(4500 / HOURS))]
    assert wasted == [("code-assist-33b", pytest.approx(FAILED / HOURS))]
    assert per_label == [("code-assist-33b", pytest.approx(2.60, abs=0.03))]
    ((project, cost, training),) = lost
    assert (project, cost) == ("code-assist-33b", pytest.approx(Decimal(4500) * FAILED / HOURS))
    ((told,),) = asked(told_demo[0], TRAINING)
    assert training == told
