from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from reconcile.portfolio import Portfolio
from reconcile.report.text import render
from reconcile.tie_out import SourceState

PROJECTS = """\
Project               AC Oct     PL    ΔPL      %  AC to date   ΔPL    EAC    BAC  ΔBAC  Left %  Status
legal-summarizer-70b   206.0  182.0  +24.0  +13.2       1,574  +118  2,361  2,184  +177       0  ■ Over limit
kyc-extract-8b          63.4   59.4   +4.0   +6.7         499   +24    749    713   +36      20  ▲ At risk
search-rerank-1b        32.0   27.0   +5.0  +18.5         238   +22    357    324   +33       0  ■ Over limit
code-assist-33b        126.0  125.0   +1.0   +0.8       1,001    +1  1,502  1,500    +2      99  ● On plan
voice-intent-3b         38.0   38.0    0.0    0.0         304     0    456    456     0     100  ● On plan
support-triage-8b       72.0   77.0   \u22125.0   \u22126.5         588   \u221228    882    924   \u221242     100  ● On plan
Portfolio              537.4  508.4  +29.0   +5.7       4,204  +137  6,306  6,101  +206      56  ▲ At risk
Unallocated             24.0                               24
"""  # noqa: E501 - as wide as it is printed


def test_the_table_of_projects_reads_as_printed(six: Portfolio) -> None:
    assert PROJECTS in render(six)


def test_the_head_says_what_one_must_know_to_read_the_numbers(six: Portfolio) -> None:
    headline, subtitle = render(six).split("\n")[:2]

    assert headline.startswith("October ended 29.0 k USD over plan (+5.7 %)")
    assert subtitle == (
        "DEMO DATA · PRELIM · fine-tuning · total cost of ownership in k USD · 2026-10,"
        " to date from 2026-03, horizon to 2027-02 · ΔPL = AC \u2212 PL, + is over plan"
    )


def test_colour_changes_no_word_and_marks_only_what_matters(six: Portfolio) -> None:
    plain, painted = render(six), render(six, colour=True)

    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", painted) == plain
    assert "\x1b[31m+24.0\x1b[0m" in painted
    assert "\x1b[32m\u22125.0\x1b[0m" in painted
    assert "m+1.0" not in painted


@pytest.mark.failure("M19")
def test_a_name_cannot_steer_the_terminal_or_start_a_line(portfolio_of: Any) -> None:
    text = render(portfolio_of(name="\x1b]0;x\x07\r\nPortfolio  0"))

    assert "\x1b" not in text
    assert r"\x1b]0;x\x07\r\nPortfolio  0" in text.split("\n")[1]


def test_no_box_characters_and_no_space_at_line_ends(six: Portfolio) -> None:
    assert not re.search(r"[\u2500-\u257f]| \n", render(six))


def test_missing_data_is_said_and_not_zero(portfolio_of: Any, plan_of: Any) -> None:
    row = {"project": "p", "category": "infra", "day": date(2026, 9, 1), "cost": Decimal(100)}
    plan = plan_of("p", {("infra", "2026-10"): Decimal(100)})
    sources = [SourceState(source="cloud", state="quarantined", detail="sha256 differs")]

    text = render(portfolio_of([row], plans=[plan], sources=sources))

    assert text.startswith("October cannot be judged: no data has been delivered")
    assert re.search(r"^p +n/a +100 +n/a +n/a .* ○ Incomplete$", text, re.MULTILINE)
    assert "! 2026-10 is incomplete: source cloud quarantined: sha256 differs" in text
