from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import markdown_it
import pytest

from reconcile.portfolio import Portfolio
from reconcile.report.escape import markdown as escaped
from reconcile.report.markdown import LIMIT, render

HOSTILE = [
    "a|b", "`code`", "<b>x</b>", "@team", "[x](http://evil)", "![x](y)", "**bold**", "# head",
    "a\nb", "&amp;", "#12", "~~x~~", "http://evil.example", "www.evil.example", "</details>",
    "<!-- trueup:report:2026-10 -->", "\\| x", "\x1b[31m", "\u202eevil",
]  # fmt: skip


@pytest.mark.failure("M04")
@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_stays_one_cell_of_plain_text(text: str) -> None:
    table = f"| {escaped(text)} | end |\n| --- | --- |\n| {escaped(text)} | end |"

    tokens = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).parse(table)

    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert {child.type for cell in cells for child in cell.children or []} <= {
        "text", "text_special",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@team", "@\u200bteam"),
        ("#12", "\\#\u200b12"),
        ("http://x", "http\u200b://x"),
        ("www.x", "www\u200b.x"),
    ],
)
def test_nobody_is_pinged_and_nothing_becomes_a_link(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_the_comment_can_be_found_again_by_its_first_line(six: Portfolio) -> None:
    assert render(six).startswith("<!-- trueup:report:2026-10 -->\n")


def test_what_is_material_stands_open_and_the_rest_is_folded(six: Portfolio) -> None:
    open_part, folded = render(six).split("<details>", 1)

    assert "| legal-summarizer-70b |" in open_part
    assert "| search-rerank-1b |" in open_part
    assert "| voice-intent-3b |" not in open_part
    assert "| voice-intent-3b |" in folded
    assert "▓▓▓▓▓▓░░░░" in open_part
    assert "![" not in render(six)


def test_a_report_of_many_projects_is_cut_with_a_way_to_the_whole(
    portfolio_of: Any, plan_of: Any
) -> None:
    names = [f"project-{n:04d}-{'x' * 600}" for n in range(80)]
    rows = [
        {"project": name, "category": "infra", "day": date(2026, 10, 1), "cost": Decimal(9000)}
        for name in names
    ]
    plans = [plan_of(name, {("infra", "2026-10"): Decimal(1000)}) for name in names]

    text = render(portfolio_of(rows, plans=plans))

    assert len(text) < LIMIT
    assert text.endswith("run `trueup report --month 2026-10` for the whole.\n")
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.failure("M04")
def test_hostile_text_adds_no_element(hostile: Portfolio) -> None:
    text = render(hostile)

    tokens = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    raw = [t.content for t in tokens if t.type == "html_block"]
    inner = [c.content for t in tokens for c in t.children or [] if c.type == "html_inline"]
    assert inner == []
    assert {line for block in raw for line in block.split("\n") if line} <= {
        "<!-- trueup:report:2026-10 -->",
        "</details>",
        "<details><summary>Categories</summary>",
        "<details><summary>Sources</summary>",
        "<details><summary>Allocation</summary>",
        "<details><summary>Drivers</summary>",
        "<details><summary>Forecast</summary>",
        "<details><summary>Decisions</summary>",
        "<details><summary>Read with care</summary>",
    }
