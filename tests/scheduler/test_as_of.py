from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

FORMS = ("md", "json", "html")
LATE = """\
Invoice,Date,Line,Net,Currency,From,To,Project
L-2,2026-10-31,1,7.00,USD,2026-10-01,2026-10-31,support-bot
"""


def printed(folder: Path) -> dict[str, str]:
    return {form: (folder / f"reports/2026-10.{form}").read_text() for form in FORMS}


def test_a_report_as_of_a_day_is_the_one_that_was_printed_on_it(
    small: Path, trueup: Callable[..., Any]
) -> None:
    at = ("-q", "-C", str(small))
    early = trueup(*at, "report", "--as-of", "2026-11-02")
    assert (early.code, early.err) == (
        6,
        "trueup: as of 2026-11-02: no run has finished yet; use `trueup run`\n",
    )
    assert trueup(*at, "run", "--today", "2026-11-02").code == 0
    before = printed(small)
    (small / "invoices" / "late.csv").write_text(LATE)
    assert trueup(*at, "run", "--today", "2026-11-05").code == 0
    assert printed(small) != before

    for form in FORMS:
        said = trueup(*at, "report", "--as-of", "2026-11-04", "-f", form)
        assert (said.code, said.err) == (0, "")
        assert said.out.rstrip("\n") == before[form].rstrip("\n")
    snapshot = json.loads(before["json"])["snapshot"]
    said = trueup(*at, "report", "--as-of", snapshot, "-f", "md", "-o", str(small / "then.md"))
    assert (small / "then.md").read_text() == before["md"]

    said = trueup(
        *at, "diff", "--since", "2026-11-02", "--as-of", "2026-11-05", "-p", "support-bot"
    )
    assert (said.code, said.err) == (0, "")
    assert "support-bot              AC 2026-10 " in said.out
    assert "  labels/2026-10: delivery" not in said.out
    assert "  labeling/2026-10: delivery" in said.out

    both = trueup(*at, "report", "--as-of", "2026-11-02", "--today", "2026-11-02")
    assert both.code == 2
    assert "--as-of has a day of its own; leave --today out" in both.err
    nobody = trueup(*at, "diff", "--since", "2026-11-02", "-p", "support-bat")
    assert nobody.code == 2
    assert "no project 'support-bat'. Did you mean 'support-bot'?" in nobody.err

    first = (small / "plans" / "support-bot.yaml").read_text()
    (small / "plans" / "v2.yaml").write_text(first.replace("version: 1", "version: 2"))
    now = trueup(*at, "plan", "show", "support-bot").out
    then = trueup(*at, "plan", "show", "support-bot", "--as-of", "2026-11-05").out
    assert now.startswith("support-bot version 2 (approved), ")
    assert then.startswith("support-bot version 1 (approved), ")
    listed = trueup(*at, "plan", "list", "--as-of", "2026-11-05").out.splitlines()[1:]
    assert [line.split()[1:4] for line in listed] == [["1", "approved", "yes"]]
