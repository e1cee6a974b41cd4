"""Which accounts nobody thought of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models import coverage
from models.coverage import Account, unnamed
from models.project import Project, Registry
from models.rule.file import load
from models.rule.rule import RuleSet

REGISTRY = Registry((Project(id="bot", aliases=("Bot-Prod",)),))
RULE = "rules:\n  - id: r\n    when: {%s}\n    to: {project: bot}\n"


@pytest.fixture
def rules(tmp_path: Path) -> Callable[[str], RuleSet]:
    def written(when: str) -> RuleSet:
        path = tmp_path / "rules.yaml"
        path.write_text(RULE % when)
        return load(path, REGISTRY)

    return written


def ids(*names: str) -> list[Account]:
    return [Account(name, enabled=True) for name in names]


@pytest.mark.parametrize(
    ("when", "left"),
    [
        ("source: x", ["llm-a", "llm-b", "other"]),
        ("account: llm-a", ["llm-b", "other"]),
        ("account: [LLM-A, other]", ["llm-b"]),
        ('account: "llm-*"', ["other"]),
        ('account: "llm-?"', ["other"]),
        ('account: "*"', []),
        ("tag.team: llm-a", ["llm-a", "llm-b", "other"]),
        ("sub_account_name: llm-a", ["llm-a", "llm-b", "other"]),
        ("account: llm", ["llm-a", "llm-b", "other"]),
    ],
)
def test_a_rule_on_account_names_what_it_matches(
    when: str, left: list[str], rules: Callable[[str], RuleSet]
) -> None:
    found = unnamed(ids("llm-a", "llm-b", "other"), REGISTRY, rules(when))

    assert [account.id for account in found] == left


def test_a_spelling_of_a_project_is_named() -> None:
    accounts = ids("bot", "BOT-prod", "bot-dev")

    assert [each.id for each in unnamed(accounts, REGISTRY, RuleSet(()))] == ["bot-dev"]


def test_an_account_that_can_cause_nothing_is_left_alone() -> None:
    assert unnamed([Account("x", enabled=False)], REGISTRY, RuleSet(())) == []
    assert unnamed([], REGISTRY, RuleSet(())) == []


def test_accounts_are_kept_in_one_order() -> None:
    accounts = ids("b", "a")

    assert coverage.written("1", accounts) == coverage.written("1", reversed(accounts))
    assert coverage.read(coverage.written("1", accounts)) == ("1", tuple(ids("a", "b")))
