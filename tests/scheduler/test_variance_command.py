"""`trueup variance`: which project, which month, and what is said where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Trueup = Callable[..., Any]


def test_variance_of_a_folder_without_bills(fresh: Path, trueup: Trueup) -> None:
    said = trueup("-C", str(fresh), "variance", "--month", "2001-02", "--today", "2001-04-01")
    told = trueup(
        *("-C", str(fresh), "variance", "-p", "support-bot", "-f", "json"),
        *("--month", "2001-02", "--today", "2001-04-01"),
    )
    wrong = trueup("-C", str(fresh), "variance", "-p", "suport-bot")
    runs = trueup("-C", str(fresh), "variance", "--month", "2001-04", "--today", "2001-04-20")

    assert (said.code, said.out) == (0, "nothing to compare in 2001-02\n")
    assert runs.out == (
        "nothing to compare in 2001-04: it still runs, and days are not compared with the plan "
        "of a month\n"
    )
    found = json.loads(told.out)
    assert (found["month"], found["month_tables"], found["to_date_tables"]) == ("2001-02", [], [])
    assert wrong.code == 2
    assert "no project 'suport-bot'. Did you mean 'support-bot'?" in wrong.err
