from __future__ import annotations

from dataclasses import replace

from models.currency import RateEntry, Rates
from models.period import Month
from models.plan.head import Approval
from models.plan.plan import Plan
from models.project import Project, Registry
from models.rule.rule import Condition, Rule, RuleSet, Target
from reconcile.since.evidence import (
    Evidence,
    plans_apart,
    projects_apart,
    rates_apart,
    rules_apart,
)


def rule(name: str, category: str = "data") -> Rule:
    return Rule(name, (Condition("source", ("x",)),), Target(category=category))


def said(found: object) -> list[tuple[str, str]]:
    return [(each.subject, each.detail) for each in found]  # type: ignore[attr-defined]


def test_rules_are_told_by_their_ids() -> None:
    before = RuleSet((rule("a"), rule("b"), rule("c")))
    after = RuleSet((rule("b"), rule("a", "infra"), rule("d")), tags=(("project", ("proj",)),))

    found = list(rules_apart(before, after))

    assert said(found) == [
        ("rule a", "changed"),
        ("rule c", "removed"),
        ("rule d", "added"),
        ("order of rules", "changed"),
        ("other keys of tags", "changed"),
    ]
    assert {each.cause for each in found} == {"rules"}
    assert said(rules_apart(before, before)) == []


def test_an_added_rule_does_not_change_the_order_of_others() -> None:
    before, after = RuleSet((rule("a"), rule("b"))), RuleSet((rule("x"), rule("a"), rule("b")))

    assert said(rules_apart(before, after)) == [("rule x", "added")]


def test_projects_are_told_by_their_ids() -> None:
    before = Registry((Project(id="a"), Project(id="b")))
    after = Registry((Project(id="a", aliases=("x",)), Project(id="c")))

    assert said(projects_apart(before, after)) == [
        ("project a", "changed"),
        ("project b", "removed"),
        ("project c", "added"),
    ]


def rate(amount: str, start: str = "2026-01", source: str = "bank") -> RateEntry:
    return RateEntry.model_validate(
        {"currency": "EUR", "to": "USD", "from": start, "rate": amount, "source": source}
    )


def test_rates_are_told_with_both_values_and_their_sources() -> None:
    before = Rates.of((rate("1.10"), rate("1.2", "2026-02"), rate("1.3", "2026-03")))
    after = Rates.of((rate("1.1", source="board"), rate("1.2", "2026-02"), rate("1.4", "2026-04")))

    assert said(rates_apart(before, after)) == [
        ("EUR to USD from 2026-01", "1.1 (bank) became 1.1 (board)"),
        ("EUR to USD from 2026-03", "withdrawn: 1.3 (bank)"),
        ("EUR to USD from 2026-04", "stated: 1.4 (bank)"),
    ]


def plan(version: int, mark: str, **approval: str) -> Plan:
    return Plan(
        project="legal",
        id="legal",
        version=version,
        currency="USD",
        start=Month(2026, 1),
        horizon=1,
        items=(),
        fingerprint=mark,
        approval=Approval.model_validate(approval),
    )


def test_plans_are_told_with_who_approved_them_and_why() -> None:
    one, two = plan(1, "a"), plan(2, "b", by="f", reason="more data", at="2026-06-01")

    assert list(plans_apart([one], [two])) == [
        Evidence("plan", "legal", "version 1 to 2, approved by f: more data")
    ]
    assert said(plans_apart([], [one])) == [("legal", "version 1")]
    assert said(plans_apart([two], [])) == [("legal", "version 2 is no longer there")]
    assert said(plans_apart([one], [replace(one, version=3)])) == []
