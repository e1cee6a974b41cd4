from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from models.category import TERMS
from models.field import Category
from models.project import Project, Registry
from models.rule.file import load
from models.rule.rule import Condition, RuleSet, Target

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]

REGISTRY = Registry((Project(id="legal-70b", aliases=("legal",)), Project(id="support-bot")))
loaded = partial(load, registry=REGISTRY)


def rules(written: Written, text: str) -> RuleSet:
    return loaded(written("rules.yaml", text))


def test_a_condition_keeps_canonical_patterns_and_a_canonical_tag_key(written: Written) -> None:
    found = rules(
        written,
        """
rules:
  - id: one
    when: {service: "Amazon*", user: x}
    to: {item: label}
""".replace("user: x", 'tag.user_Team: ["A ", "B?"]'),
    )

    (rule,) = found.rules
    assert rule.when == (Condition("service", ("amazon*",)), Condition("tag.team", ("a", "b?")))
    assert [condition.tag for condition in rule.when] == [None, "team"]
    assert rule.to == Target(item="label")


@pytest.mark.parametrize(
    ("written_as", "target"),
    [
        ("{project: LEGAL}", Target(project="legal-70b")),
        ("{project: '{tag.user_Project}'}", Target(project_tag="project")),
        ("{category: data, item: label}", Target(category="data", item="label")),
        (
            "{project: support-bot, category: infra}",
            Target(project="support-bot", category="infra"),
        ),
    ],
)
def test_a_target_is_a_project_by_any_spelling_or_the_value_of_a_tag(
    written_as: str, target: Target, written: Written
) -> None:
    found = rules(written, f"rules: [{{id: a, when: {{account: 1}}, to: {written_as}}}]")

    assert found.rules[0].to == target


def test_a_rule_keeps_its_days_and_its_exceptions(written: Written) -> None:
    (rule,) = rules(
        written,
        """
rules:
  - id: a
    when: {service: "*"}
    unless: {tag.Project: "*", region: ["re:EU-.*", us-east-1]}
    since: 2026-01-31
    until: 2026-02-28
    to: {item: x}
""",
    ).rules

    assert rule.unless == (
        Condition("region", ("re:EU-.*", "us-east-1")),
        Condition("tag.project", ("*",)),
    )
    assert [rule.since, rule.until] == [date(2026, 1, 31), date(2026, 2, 28)]
    assert [*rule.edges] == [date(2026, 1, 31), date(2026, 3, 1)]


def test_rules_keep_the_order_of_the_file(written: Written) -> None:
    one = "- {id: %s, when: {account: 1}, to: {item: a}}\n"

    found = rules(written, "rules:\n" + one % "zebra" + one % "ape" + one % "bee")

    assert [rule.id for rule in found.rules] == ["zebra", "ape", "bee"]


def test_no_rules_are_possible(written: Written) -> None:
    assert rules(written, "rules: []").rules == ()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "{id: a, when: {servce: x}, to: {item: a}}",
            "rules.yaml:2:18: rules.0.when.servce: unknown key. Did you mean 'service'?",
        ),
        (
            "{id: a, when: {tags.project: x}, to: {item: a}}",
            (
                "rules.yaml:2:18: rules.0.when.tags.project: unknown key. Known keys: source, "
                "account, sub_account_name, provider, service, service_category, sku, usage_type, "
                "operation, resource, region, charge_category, line_type, purchase_order, "
                "workload, gpu_type, tag.<key>"
            ),
        ),
        (
            "{id: a, when: {tag. : x, account: 1}, to: {item: a}}",
            "rules.yaml:2:18: rules.0.when.tag.: unknown key. Did you mean 'tag.<key>'?",
        ),
        (
            "{id: a, when: {}, to: {item: a}}",
            (
                "rules.yaml:2:17: rules.0.when: no condition; "
                'to match every charge write {source: "*"}'
            ),
        ),
        (
            "{id: a, when: {account: []}, to: {item: a}}",
            "rules.yaml:2:27: rules.0.when.account: a list must not be empty",
        ),
        (
            "{id: a, when: {account: }, to: {item: a}}",
            "rules.yaml:2:18: rules.0.when.account: must be a text or a list of texts",
        ),
        (
            "{id: a, when: {tag.x: {b: c}}, to: {item: a}}",
            "rules.yaml:2:25: rules.0.when.tag.x: must be a text or a list of texts",
        ),
        (
            "{id: a, when: {account: ''}, to: {item: a}}",
            "rules.yaml:2:27: rules.0.when.account: '' must not be empty",
        ),
        (
            "{id: a, when: {charge_category: Usge}, to: {item: a}}",
            (
                "rules.yaml:2:35: rules.0.when.charge_category: 'Usge' is not a charge category. "
                "Did you mean 'Usage'?"
            ),
        ),
        (
            "{id: a, when: {workload: [train*, trainning]}, to: {item: a}}",
            (
                "rules.yaml:2:28: rules.0.when.workload: 'trainning' is not a workload. "
                "Did you mean 'training'?"
            ),
        ),
        (
            "{id: a, when: {account: 1}, to: {}}",
            "rules.yaml:2:35: rules.0.to: sets nothing; give project, split, category or item",
        ),
        (
            "{id: a, when: {account: 1}, to: {category: trainning_compute}}",
            (
                "rules.yaml:2:46: rules.0.to.category: 'trainning_compute' is not possible. "
                "Did you mean 'training_compute'?"
            ),
        ),
        (
            "{id: a, when: {account: 1}, to: {category: contingency}}",
            (
                "rules.yaml:2:46: rules.0.to.category: contingency is the plan's reserve, "
                "not an item; choose another category"
            ),
        ),
        (
            "{id: a, when: {account: 1}, to: {project: legal-7b}}",
            (
                "rules.yaml:2:45: rules.0.to.project: 'legal-7b' is not a project. "
                "Did you mean 'legal-70b'?"
            ),
        ),
        (
            "{id: a, when: {account: 1}, to: {project: '{tags.project}'}}",
            (
                "rules.yaml:2:45: rules.0.to.project: '{tags.project}': "
                "write a project id, or {tag.<key>} for the value of a tag"
            ),
        ),
        (
            "{id: a, when: {account: 1}, to: {project: '{tag. }'}}",
            (
                "rules.yaml:2:45: rules.0.to.project: '{tag. }': "
                "write a project id, or {tag.<key>} for the value of a tag"
            ),
        ),
        (
            "{id: a, when: {account: 1}, unless: {}, to: {item: a}}",
            "rules.yaml:2:39: rules.0.unless: no condition; write one, or drop this key",
        ),
        (
            "{id: a, when: {account: 1}, unless: {servce: x}, to: {item: a}}",
            ("rules.yaml:2:40: rules.0.unless.servce: unknown key. Did you mean 'service'?"),
        ),
        (
            "{id: a, when: {account: 1}, unless: {workload: idle}, to: {item: a}}",
            (
                "rules.yaml:2:50: rules.0.unless.workload: 'idle' is not a workload. Possible: "
                "training, inference, processing, labeling, storage, development, compute, other"
            ),
        ),
        (
            "{id: a, when: {service: [x, 're:(']}, to: {item: a}}",
            (
                "rules.yaml:2:31: rules.0.when.service.1: 're:(': unclosed group at character 1; "
                "mend it, or see docs/rules.md"
            ),
        ),
        (
            "{id: a, when: {tag.x: 're:a(?=b)'}, to: {item: a}}",
            (
                "rules.yaml:2:25: rules.0.when.tag.x: 're:a(?=b)': look-around at character 2 "
                "takes no linear time; say what must not match in `unless`"
            ),
        ),
        (
            "{id: a, when: {account: ' '}, to: {item: a}}",
            ("rules.yaml:2:27: rules.0.when.account: ' ' is blank; write a text, or * for any"),
        ),
        (
            "{id: a, when: {account: 1}, to: {project: legal, split: x}}",
            "rules.yaml:2:35: rules.0.to: project and split exclude each other; give one",
        ),
        (
            "{id: a, when: {account: 1}, since: 2026-13-01, to: {item: a}}",
            (
                "rules.yaml:2:38: rules.0.since: '2026-13-01' is not a day; write YYYY-MM-DD, "
                "for example 2026-06-20"
            ),
        ),
        (
            "{id: a, when: {account: 1}, since: 2026-02-02, until: 2026-02-01, to: {item: a}}",
            (
                "rules.yaml:2:57: rules.0.until: 2026-02-01 is before since, 2026-02-02: "
                "the rule never holds; until is its last day"
            ),
        ),
        (
            "{id: a, when: {account: 1}, priority: high, to: {item: a}}",
            "rules.yaml:2:41: rules.0.priority: 'high' must be a whole number",
        ),
        ("{when: {account: 1}, to: {item: a}}", "rules.yaml:2:3: rules.0: missing key 'id'"),
        ("{id: a, to: {item: a}}", "rules.yaml:2:3: rules.0: missing key 'when'"),
        ("{id: a, when: {account: 1}}", "rules.yaml:2:3: rules.0: missing key 'to'"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    rule: str, said: str, complaints: Complaints
) -> None:
    assert complaints(loaded, f"rules:\n- {rule}\n", "rules.yaml") == [said]


def test_two_rules_of_one_id_name_both_lines(complaints: Complaints) -> None:
    one = "- {id: a, when: {account: 1}, to: {item: a}}\n"

    assert complaints(loaded, "rules:\n" + one * 3, "rules.yaml") == [
        "rules.yaml:3:8: rules.1.id: 'a' is already the rule in line 2; choose another",
        "rules.yaml:4:8: rules.2.id: 'a' is already the rule in line 2; choose another",
    ]


def test_a_charge_category_may_be_a_pattern_in_any_case(written: Written) -> None:
    text = "rules: [{id: a, when: {charge_category: [usage, 'C*']}, to: {item: a}}]"

    assert rules(written, text).rules[0].when[0].patterns == ("usage", "c*")


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ("{id: a, when: {service: [x, y], account: 1}, to: {project: legal}}", True),
        ("{id: a, when: {account: '1', service: [Y, ' X ']}, to: {project: legal-70b}}", True),
        ("{id: b, when: {service: [x, y], account: 1}, to: {project: legal}}", False),
        ("{id: a, when: {service: [x], account: 1}, to: {project: legal}}", False),
        ("{id: a, when: {sku: [x, y], account: 1}, to: {project: legal}}", False),
        ("{id: a, when: {service: [x, y], account: 1}, to: {project: support-bot}}", False),
        ("{id: a, when: {service: [x, y], account: 1}, to: {project: '{tag.legal}'}}", False),
        ("{id: a, when: {service: [x, y], account: 1}, to: {project: legal, item: b}}", False),
        ("{id: a, when: {service: [x, y], account: 1}, to: {project: legal}, priority: 7}", True),
        (
            "{id: a, when: {service: [x, y], account: 1}, to: {project: legal}, since: 2026-01-01}",
            False,
        ),
        (
            "{id: a, when: {service: [x, y], account: 1}, to: {project: legal}, until: 2026-01-01}",
            False,
        ),
        (
            "{id: a, when: {service: [x, y], account: 1}, to: {project: legal}, unless: {sku: 1}}",
            False,
        ),
    ],
)
def test_the_fingerprint_follows_the_meaning(text: str, is_same: bool, written: Written) -> None:
    base = rules(
        written,
        "rules: [{id: a, when: {service: [x, y], account: 1}, to: {project: legal-70b}}]",
    )

    assert (rules(written, f"rules: [{text}]").fingerprint == base.fingerprint) is is_same


def test_the_fingerprint_changes_with_the_order(written: Written) -> None:
    one, two = (f"{{id: {name}, when: {{account: 1}}, to: {{item: x}}}}" for name in "ab")

    found = {rules(written, f"rules: [{a}, {b}]").fingerprint for a, b in ((one, two), (two, one))}

    assert len(found) == 2


def test_the_categories_a_person_may_write_are_the_terms_of_the_formula() -> None:
    literal, *_ = get_args(Category)

    assert get_args(literal) == TERMS
