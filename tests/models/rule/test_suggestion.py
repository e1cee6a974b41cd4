from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.attribution import attributed, edges
from models.currency import RateEntry, Rates
from models.project import Registry
from models.projectfile import load as load_projects
from models.reduction import keys_and_facts
from models.rule.file import load as load_rules
from models.rule.loose import parted
from models.rule.rule import RuleSet
from models.rule.suggestion import Money, Suggestion, suggestions

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]
Line = dict[str, Any]

PROJECTS = """\
projects:
  - id: legal-70b
    aliases:
      - legal
  - id: support-bot
    aliases:
      - {name: helpdesk, until: 2026-09-30}
"""
RULES = """\
rules:
  - id: tag
    when: {source: "cloud"}
    to: {project: "{tag.project}"}
  - id: team
    when: {tag.team: nlp}
    to: {project: legal-70b}
"""
EURO = RateEntry.model_validate({
    "currency": "EUR", "to": "USD", "from": "2026-01", "rate": "1.1", "source": "test",
})  # fmt: skip
MONEY = Money(Rates.of((EURO,), "rates.yaml"), "USD")


def line(cost: str, day: int = 1, currency: str = "USD", **more: Any) -> Line:
    tags = {key[4:]: more.pop(key) for key in list(more) if key.startswith("tag_")}
    return {
        "x_tco_cost": Decimal(cost),
        "charge_period_start": datetime(2026, 10, day, tzinfo=UTC),
        "billing_currency": currency,
        "tags": tags or None,
        **more,
    }


def document(lines: Sequence[Line], charges: Charges) -> tuple[pl.DataFrame, pl.LazyFrame]:
    keys, facts = keys_and_facts(charges(lines), "cloud")
    return keys, facts.collect().lazy()


def split_up(
    bill: tuple[pl.DataFrame, pl.LazyFrame], rules: RuleSet, registry: Registry
) -> tuple[pl.DataFrame, pl.DataFrame]:
    keys, facts = bill
    return parted(keys, attributed(keys, rules, registry), facts, edges(rules, registry))


class Folder:
    """A folder with the two files, into which suggestions are pasted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write(PROJECTS, RULES)

    def write(self, projects: str, rules: str) -> None:
        (self.path / "projects.yaml").write_text(projects, "utf-8")
        (self.path / "rules.yaml").write_text(rules, "utf-8")
        self.projects, self.rules = projects, rules

    def paste(self, found: Iterable[Suggestion]) -> None:
        projects, rules = self.projects, self.rules
        for each in found:
            head = f"  - id: {each.project}\n    aliases:\n"
            projects = projects.replace(head, head + each.alias) + each.projects
            rules += each.rules
        self.write(projects, rules)

    def load(self) -> tuple[RuleSet, Registry]:
        registry = load_projects(self.path / "projects.yaml")
        return load_rules(self.path / "rules.yaml", registry), registry


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def suggest(charges: Charges, folder: Folder) -> Callable[..., list[Suggestion]]:
    def made(lines: Sequence[Line], top: int = 10) -> list[Suggestion]:
        rules, registry = folder.load()
        parts = split_up(document(lines, charges), rules, registry)
        return suggestions(*parts, rules, registry, MONEY, top)

    return made


def worth(loose: pl.DataFrame) -> Decimal:
    rates = {"USD": Decimal(1), "EUR": Decimal("1.1")}
    rows = loose.select("cost", "billing_currency").iter_rows()
    return sum((cost * rates[money] for cost, money in rows), Decimal(0))


LINES = [
    line("100", tag_project="legal", sub_account_id="1", service_name="GPU"),
    line("60", tag_project="support-bot", sub_account_id="2", service_name="GPU"),
    line("50", tag_project="Nobody's", sub_account_id="1", service_name="GPU"),
    line("7", 2, tag_Project="nobody's", sub_account_id="2", service_name="GPU"),
    line("40", tag_project="leg\u0430l", sub_account_id="1", service_name="GPU"),
    line("30", 3, sub_account_id="1", service_name="GPU"),
    line("20", currency="EUR", sub_account_id="3", service_name="Disk", resource_name="x"),
    line("5", tag_project="helpdesk", sub_account_id="2", service_name="GPU"),
    line("-1", sub_account_id="9", service_name="Refund"),
]


def test_the_largest_amounts_come_first_each_with_its_reason_and_what_to_paste(
    suggest: Callable[..., list[Suggestion]],
) -> None:
    found = suggest(LINES)

    assert [(each.amount, each.field, each.value, each.project, each.why) for each in found] == [
        (57, "tag.project", "Nobody's", "nobody-s", "no project is called so yet"),
        (40, "tag.project", "leg\u0430l", "legal-70b", 'it looks the same as "legal"'),
        (30, "account", "1", "legal-70b", "100 % of what has it is of this project"),
        (
            *(Decimal(22), "account", "3", "account-3"),
            "no project has anything like it yet; put yours in its place",
        ),
        (5, "tag.project", "helpdesk", "support-bot", "it names the project"),
    ]
    assert [(each.lines, each.months) for each in found][:2] == [
        (2, ("2026-10",)),
        (1, ("2026-10",)),
    ]
    assert found[0].share == Decimal("37.3")  # 57 of 152 + 22 - 20 - 1 = 153
    assert [(each.alias, each.projects, each.rules) for each in found[:4]] == [
        ("", '  - id: nobody-s\n    aliases: ["Nobody\'s"]\n', ""),
        ('      - "leg\u0430l"\n', "", ""),
        ("", "", '  - id: account-1\n    when: {account: "1"}\n    to: {project: legal-70b}\n'),
        (
            "",
            "  - id: account-3\n",
            '  - id: account-3\n    when: {account: "3"}\n    to: {project: account-3}\n',
        ),
    ]


def test_what_several_projects_have_is_a_sign_of_none(
    suggest: Callable[..., list[Suggestion]],
) -> None:
    lines = [
        line("100", tag_project="legal", sub_account_id="1", x_usage_type="a"),
        line("60", tag_project="support-bot", sub_account_id="1", x_usage_type="b", tag_env="prod"),
        line("30", sub_account_id="1", x_usage_type="b", tag_env="prod"),
        line("300", tag_project="legal", sub_account_id="2", tag_env="prod"),
    ]

    found = suggest(lines)

    assert [(each.field, each.value, each.project) for each in found] == [
        ("usage_type", "b", "support-bot")
    ]


def test_resources_that_begin_alike_are_caught_by_their_beginning(
    suggest: Callable[..., list[Suggestion]],
) -> None:
    lines = [
        line("500", tag_project="legal", sub_account_id="1", service_name="GPU"),
        line("400", tag_project="support-bot", sub_account_id="1", service_name="GPU"),
        *(line("1", sub_account_id="1", service_name="GPU", resource_name=f"legal-70b-{n}")
          for n in range(5)),
        *(line("1", sub_account_id="1", service_name="GPU", resource_name=f"i-{n}")
          for n in range(3)),
    ]  # fmt: skip

    found = suggest(lines)

    assert [(each.field, each.value, each.project, each.amount) for each in found] == [
        ("resource", "legal-70b-*", "legal-70b", Decimal(5))
    ]


def test_nothing_loose_or_nothing_that_tells_projects_apart_is_no_suggestion(
    suggest: Callable[..., list[Suggestion]],
) -> None:
    assert suggest([line("1", tag_project="legal")]) == []
    assert suggest([line("1", sub_account_id="1", service_name="a?b*")]) == []


@pytest.mark.parametrize("top", [1, 2, 10])
def test_what_is_pasted_catches_exactly_what_was_promised(
    top: int, suggest: Callable[..., list[Suggestion]], charges: Charges, folder: Folder
) -> None:
    found = suggest(LINES, top)
    promised = sum((each.amount for each in found), Decimal(0))
    bill = document(LINES, charges)
    before, _ = split_up(bill, *folder.load())

    folder.paste(found)

    after, _ = split_up(bill, *folder.load())
    assert len(found) == min(top, 5)
    assert worth(before) - worth(after) == promised


TEXTS = st.sampled_from([None, "Nobody", "legal", "leg\u0430l", "a: b", "x*", "null", "1", "alert"])
SOME = st.builds(
    lambda cost, day, money, project, team, account, service, resource: line(
        str(cost), day, money, tag_project=project, tag_team=team,
        sub_account_id=account, service_name=service or "GPU", resource_name=resource,
    ),
    st.integers(-5, 99),
    st.integers(1, 28),
    st.sampled_from(["USD", "EUR"]),
    TEXTS,
    st.sampled_from([None, "nlp", "ops", "Support Bot"]),
    st.sampled_from([None, "1", "2"]),
    TEXTS,
    st.sampled_from([None, "train-eu-1", "train-eu-2", "train-us-1"]),
)  # fmt: skip


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(SOME, min_size=1, max_size=12), top=st.integers(1, 6))
def test_no_suggestion_counts_money_of_another(
    lines: list[Line], top: int, charges: Charges, tmp_path: Path
) -> None:
    folder, bill = Folder(tmp_path), document(lines, charges)
    rules, registry = folder.load()
    before, owned = split_up(bill, rules, registry)

    found = suggestions(before, owned, rules, registry, MONEY, top)

    folder.paste(found)
    after, _ = split_up(bill, *folder.load())
    assert worth(before) - worth(after) == sum((each.amount for each in found), Decimal(0))
    assert len(found) <= top
    assert max(Counter(each.rules for each in found if each.rules).values(), default=0) <= 1


def test_what_ends_is_proposed_for_charges_of_other_days_by_a_rule(
    suggest: Callable[..., list[Suggestion]],
) -> None:
    """The spelling held until September, so a new alias would clash with it."""
    lines = [line("9", tag_project="helpdesk"), line("9", tag_project="legal")]

    (found,) = suggest(lines)

    assert (found.field, found.value, found.project) == ("tag.project", "helpdesk", "support-bot")
    assert found.alias == found.projects == ""
    assert date(2026, 10, 1).isoformat()[:7] in found.months
