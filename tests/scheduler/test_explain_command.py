"""`trueup explain`, as a person calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.failure("N05")
TODAY = "2026-11-22"
FIGURE = "support-bot/data/2026-10/ac"
RULES = """\
rules:
  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: labels, when: {source: "*"}, to: {category: data}}
"""


def test_a_figure_is_explained_verified_and_looked_for(
    trueup: Callable[..., Any], small: Path
) -> None:
    """One project for all of it: to load one takes longer than what is asked of it."""
    (small / "rules.yaml").write_text(RULES)
    ran = trueup("-q", "-C", str(small), "ingest", "--today", TODAY)
    assert ran.code == 0, ran.err

    def ask(*more: str) -> Any:
        return trueup("-C", str(small), "explain", "--today", TODAY, *more)

    said = ask(FIGURE, "--verify")
    lines = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert lines[0] == f"{FIGURE} = 100.00 USD"
    assert "  by-tag, labels    1 row  100.00" in lines
    assert lines[-6:-3] == ["rows   100.00", "total  100.00", ""]
    assert lines[-3] == "added up again from the archive: 1 document"
    assert lines[-2].endswith(" 1 row, each row by itself: 100.00 USD")
    assert lines[-1] == "  equal: 100.00 USD"

    document = json.loads(ask(FIGURE, "-f", "json", "--rows", "0").out)
    assert (document["value"], document["count"], document["rows"]) == ("100.00", 1, [])
    assert document["sums"] == {
        "rows": "100.00", "plan": "0.00", "stated": "0.00", "rounding": "0.00",
    }  # fmt: skip
    assert document["formula"]["inputs"][0]["where"][0] == {
        "column": "project", "sign": "=", "words": ["support-bot"],
    }  # fmt: skip
    assert [each["name"] for each in document["documents"]] == ["october.csv"]

    unknown = ask("support-bot/data/2026-10/act")
    assert unknown.code == 2
    assert "no figure 'support-bot/data/2026-10/act'. Did you mean" in " ".join(unknown.err.split())
    listed = ask()
    assert "unallocated/2026-10: ac, " in listed.out
    earlier = ask("portfolio/2026-09/pl")
    assert (earlier.code, earlier.out.splitlines()[4]) == (0, "formula: sum of projects")
