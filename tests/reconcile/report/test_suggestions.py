from __future__ import annotations

import json
from decimal import Decimal

from models.rule.suggestion import Suggested, Suggestion
from reconcile.report.suggestions import document, table

NEW = Suggestion(
    field="tag.project",
    value="Nobody\u200b",
    project="nobody",
    why="no project is called so yet",
    projects="  - id: nobody\n",
    amount=Decimal("1234.5678"),
    share=Decimal("61.7"),
    lines=12,
    months=("2026-09", "2026-10"),
)
ALIAS = Suggestion(
    field="tag.project",
    value="bott",
    project="bot",
    why='it is one letter off "bot"',
    alias='      - "bott"\n',
    amount=Decimal(500),
    share=Decimal("25.0"),
    lines=1,
    months=("2026-10",),
)
RULE = Suggestion(
    field="account",
    value="1",
    project="bot",
    why="100 % of what has it is of this project",
    rules='  - id: account-1\n    when: {account: "1"}\n    to: {project: bot}\n',
    amount=Decimal("0.5"),
)


def made(*found: Suggestion, whole: str = "2000", closed: str = "0") -> Suggested:
    return Suggested(
        currency="USD", whole=Decimal(whole), closed=Decimal(closed), suggestions=found
    )


TABLE = """\
7.25 USD of closed months have no project, and no edit changes them
2,000.00 USD have no project; these would take 1,735.07 USD of them
paste in this order; each amount is what those above it leave

1  1,234.57 USD  61.7 %  12 lines  2026-09, 2026-10
   tag.project Nobody\\u200b -> nobody: no project is called so yet
   projects.yaml, at its end:
  - id: nobody

2  500.00 USD  25.0 %  1 line  2026-10
   tag.project bott -> bot: it is one letter off "bot"
   projects.yaml, below the aliases of bot:
      - "bott"

3  0.50 USD  n/a  0 lines  \n\
   account 1 -> bot: 100 % of what has it is of this project
   rules.yaml, at the end of its rules:
  - id: account-1
    when: {account: "1"}
    to: {project: bot}
"""


def test_a_suggestion_says_how_much_why_and_what_to_paste_where() -> None:
    assert table(made(NEW, ALIAS, RULE, closed="7.25")) == TABLE


def test_without_a_suggestion_it_says_why_there_is_none() -> None:
    assert table(made(whole="3")) == (
        "3.00 USD have no project; nothing tells one project from another in them\n"
    )
    assert table(made(whole="0")) == "0.00 USD have no project\n"


def test_as_json_amounts_are_text_at_full_scale() -> None:
    found = json.loads(document(made(NEW, RULE)))

    assert (found["unallocated"], found["caught"]) == ("2000.00", "1235.0678")
    assert found["suggestions"][0] == {
        "field": "tag.project",
        "value": "Nobody\u200b",
        "project": "nobody",
        "why": "no project is called so yet",
        "amount": "1234.5678",
        "share": "61.7",
        "lines": 12,
        "months": ["2026-09", "2026-10"],
        "alias_yaml": "",
        "projects_yaml": "  - id: nobody\n",
        "rules_yaml": "",
    }
    assert found["suggestions"][1]["share"] is None
