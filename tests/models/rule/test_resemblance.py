from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl
import pytest

from models.node import parse
from models.project import Project, Registry
from models.reduction import keys_and_facts
from models.rule.resemblance import resemblances
from models.rule.rule import Condition, Rule, RuleSet, Target
from models.yamlfile import Tree
from models.yamltext import quoted

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]
REGISTRY = Registry((Project(id="legal-70b"), Project(id="support-bot")))
RULES = RuleSet((
    Rule("tag", (Condition("tag.project", ("*",)),), Target(project_tag="project")),
    Rule("team", (Condition("tag.team", ("nlp",)),), Target(project="support-bot")),
))  # fmt: skip
LINES: list[dict[str, Any]] = [
    {"tags": {"Project": "leg\u0430l-70b"}},
    {"tags": {"project": "legal-70b"}},
    {"tags": {"project": "nobody", "team": "suport-bot"}},
    {"tags": None, "sub_account_name": "Support Bot"},
    {"tags": None, "sub_account_id": "supportbot", "sub_account_name": "legal-70b"},
]


@pytest.mark.failure("D03")
def test_tags_that_give_projects_and_names_of_accounts_are_looked_at(charges: Charges) -> None:
    keys, _ = keys_and_facts(charges(LINES), "cloud")

    found = resemblances(keys, RULES, REGISTRY)

    assert sorted(found.drop("key_id").rows()) == [
        ("sub_account_id", "supportbot", "support-bot", "support-bot", "spacing"),
        ("sub_account_name", "Support Bot", "support-bot", "support-bot", "spacing"),
        ("tag.project", "leg\u0430l-70b", "legal-70b", "legal-70b", "letters"),
    ]
    assert found["key_id"].n_unique() == 3


def test_without_a_resemblance_there_is_no_row(charges: Charges) -> None:
    keys, _ = keys_and_facts(charges(LINES[1:3]), "cloud")

    assert resemblances(keys, RULES, REGISTRY).is_empty()


@pytest.mark.parametrize(
    "text", ["plain", 'a "b" \\', "a: #b", "zero\u200bwidth", "\u00a0", "tab\t", "\U000e0041",
             "\x7f\x85\u2028", "leg\u0430l"]
)  # fmt: skip
def test_a_proposed_text_is_read_back_as_it_is(text: str) -> None:
    written = quoted(text)

    assert Tree(parse(f"- {written}", "f.yaml")).data == [text]
    assert all(letter.isprintable() for letter in written)
    assert json.dumps("a") == quoted("a")
