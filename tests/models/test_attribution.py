from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.attribution import ATTRIBUTED, asked, attributed, conflicts
from models.canonical import canonical_key, canonical_value
from models.errors import InvariantError
from models.project import Project, Registry
from models.reduction import SUMMED, keys_and_facts
from models.rule.rule import Condition, Rule, RuleSet, Target
from models.spend import SPEND, conserved, spend

Charges = Callable[[Iterable[Mapping[str, Any]]], pl.LazyFrame]
Line = dict[str, Any]

REGISTRY = Registry(
    (Project(id="legal-70b", aliases=("legal", "Café")), Project(id="bot", name="Support bot"))
)
MONEY = st.decimals(-(10**4), 10**4, places=12)
LINES = st.fixed_dictionaries(
    {
        **dict.fromkeys(SUMMED.values(), MONEY),
        "sub_account_id": st.sampled_from(["000123456789", "123456789", None]),
        "service_name": st.sampled_from(["Amazon S3", "amazon s3 "]),
        "x_service_code": st.sampled_from(["AmazonS3", None]),
        "x_usage_type": st.sampled_from(["EU-Train:ml.p4d", "Host:ml.g5", ""]),
        "resource_id": st.sampled_from([None, "i-1", "arn:x/legal-1"]),
        "charge_category": st.sampled_from(["Usage", "Credit"]),
        "billing_currency": st.sampled_from(["USD", "EUR"]),
        "consumed_unit": st.sampled_from([None, "Hours", "GPU-Hours"]),
        "x_workload": st.sampled_from([None, "training", "inference"]),
        "x_gpu_type": st.sampled_from([None, "H100"]),
        "pricing_category": st.sampled_from([None, "Standard", "Dynamic"]),
        "commitment_discount_status": st.sampled_from([None, "Unused"]),
        "tags": st.none()
        | st.dictionaries(
            st.sampled_from(["project", "Project", "user_project", "team", 'q"']),
            st.sampled_from(["legal", "LEGAL-70b ", "Cafe\u0301", "support bot", "x", "", None]),
            max_size=3,
        ),
        "charge_period_start": st.sampled_from(
            [datetime(2026, 10, day, 7, tzinfo=UTC) for day in (1, 2)]
        ),
    }
)
CONDITIONS = st.builds(
    Condition,
    st.sampled_from(
        ["tag.project", "tag.team", "service", "usage_type", "resource", "account", "gpu_type"]
    ),
    st.lists(
        st.sampled_from(
            ["*", "legal", "amazons3", "*train:*", "*legal*", "i-?", "000*", "*s3", "re:h1.*|[lx]+"]
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
)
TARGETS = st.builds(
    lambda project, category, item: Target(
        project=None if project == "{project}" else project,
        project_tag="project" if project == "{project}" else None,
        category=category,
        item=item,
    ),
    st.sampled_from([None, "legal-70b", "bot", "{project}"]),
    st.sampled_from([None, "data", "infra"]),
    st.sampled_from([None, "label"]),
)
SEVERAL = st.lists(CONDITIONS, min_size=1, max_size=2).map(tuple)
RULES = st.builds(
    lambda found, tags: RuleSet(
        tuple(Rule(f"r{n}", when, to, unless) for n, (when, to, unless) in enumerate(found)),
        tags=tags,
    ),
    st.lists(st.tuples(SEVERAL, TARGETS, st.just(()) | SEVERAL), max_size=5),
    st.sampled_from([(), (("project", ("team", 'q"')),)]),
)
HYPOTHESIS = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(HYPOTHESIS, max_examples=8)

COLUMNS = {
    "account": ("sub_account_id",),
    "service": ("service_name", "x_service_code"),
    "usage_type": ("x_usage_type",),
    "resource": ("resource_id", "resource_name"),
    "workload": ("x_workload",),
    "gpu_type": ("x_gpu_type",),
}


def texts(line: Line, field: str, rules: RuleSet) -> Iterator[str]:
    """Yield what a condition sees of a line, canonical, blank left out."""
    if field.startswith("tag."):
        tag = field.removeprefix("tag.")
        found = [
            canonical_value(value)
            for wanted in (tag, *dict(rules.tags).get(tag, ()))
            for key, value in sorted((line["tags"] or {}).items())
            if canonical_key(key) == wanted and value
        ]
        yield from [text for text in found if text][:1]
    else:
        values = (line.get(column) for column in COLUMNS[field])
        yield from (canonical_value(value) for value in values if value)


def holds(line: Line, condition: Condition, rules: RuleSet) -> bool:
    wild = {"*": ".*", "?": "."}
    regexes = [
        pattern.removeprefix("re:")
        if pattern.startswith("re:")
        else "".join(wild.get(c, re.escape(c)) for c in pattern)
        for pattern in condition.patterns
    ]
    return any(
        re.fullmatch(regex, text)
        for text in texts(line, condition.field, rules)
        for regex in regexes
    )


def by_hand(line: Line, rules: RuleSet) -> tuple[Any, ...]:
    """Return project, category, item, project rule, category rule, one rule at a time."""
    given_by: dict[str, tuple[str, str]] = {}
    for rule in rules.rules:
        tag = next(texts(line, f"tag.{rule.to.project_tag}", rules), "")
        when, unless = (
            all(holds(line, each, rules) for each in part) for part in (rule.when, rule.unless)
        )
        project = REGISTRY.resolve(tag) if rule.to.project_tag else rule.to.project
        if when and not (rule.unless and unless) and (project or not rule.to.project_tag):
            values = {"project": project, "category": rule.to.category, "item": rule.to.item}
            for name, value in values.items():
                if value:
                    given_by.setdefault(name, (value, rule.id))
    nothing = ("unallocated", "none")
    project_by, category_by = (given_by.get(name, nothing) for name in ("project", "category"))
    item = given_by.get("item", (None,))[0]
    return project_by[0], category_by[0], item, project_by[1], category_by[1]


def spent_by_hand(lines: list[Line], rules: RuleSet) -> dict[tuple[Any, ...], list[Any]]:
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for line in lines:
        own = (
            line["service_name"],
            line["charge_category"],
            line["pricing_category"],
            line["commitment_discount_status"],
            line["x_gpu_type"],
            line["billing_currency"],
            line["consumed_unit"],
        )
        day = line["charge_period_start"].date()
        found = sums.setdefault((*by_hand(line, rules), *own, day), [Decimal(0)] * 5 + [0])
        for place, column in enumerate(SUMMED.values()):
            found[place] += line[column]
        found[-1] += 1
    return sums


def spending(charges: pl.LazyFrame, rules: RuleSet) -> pl.DataFrame:
    keys, facts = keys_and_facts(charges, "cloud")
    found = attributed(keys, rules, REGISTRY)
    result = spend(facts, found, keys, source="cloud", period="2026-10")
    conserved(facts, result)
    return result


def rule(rule_id: str, field: str, *patterns: str, **to: str) -> Rule:
    return Rule(rule_id, (Condition(field, patterns),), Target(**to))


TAGGED = rule("tag", "tag.project", "*", project_tag="project")


@pytest.mark.failure("C04")
@pytest.mark.failure("C05")
@pytest.mark.failure("C07")
@given(lines=st.lists(LINES, max_size=10), rules=RULES)
@HYPOTHESIS
def test_spend_is_what_the_rules_say_of_each_line_added_up_by_hand(
    charges: Charges, lines: list[Line], rules: RuleSet
) -> None:
    found = spending(charges(lines), rules)

    expected = spent_by_hand(lines, rules)
    names = SPEND.names()
    own = found.drop("source", "period", "path", "share").rows()
    assert {row[:13]: list(row[13:]) for row in own} == expected
    assert found.height == len(expected)
    assert found.schema == SPEND
    assert found.equals(found.sort(names[:15]))
    for name, column in SUMMED.items():
        assert found[name].sum() == sum(line[column] for line in lines)


@pytest.mark.failure("C06")
@given(lines=st.lists(LINES, max_size=8), rules=RULES)
@FEW
def test_attributing_twice_changes_nothing(
    charges: Charges, lines: list[Line], rules: RuleSet
) -> None:
    keys, facts = keys_and_facts(charges(lines), "cloud")

    once, twice = (attributed(keys, rules, REGISTRY) for _ in range(2))
    shuffled = attributed(keys.sample(fraction=1, shuffle=True, seed=1), rules, REGISTRY)

    assert once.equals(twice)
    assert once.equals(shuffled.sort("key_id"))
    one, other = (
        spend(facts, found, keys, source="cloud", period="2026-10") for found in (once, shuffled)
    )
    assert one.equals(other)


@pytest.mark.failure("C04")
@given(lines=st.lists(LINES, max_size=8), rules=RULES)
@FEW
def test_each_key_has_one_project_whole(
    charges: Charges, lines: list[Line], rules: RuleSet
) -> None:
    keys, _ = keys_and_facts(charges(lines), "cloud")

    found = attributed(keys, rules, REGISTRY)

    assert found["key_id"].to_list() == keys["key_id"].to_list()
    assert found.drop("item", "path").null_count().sum_horizontal().item() == 0
    assert found.schema == ATTRIBUTED


@pytest.mark.failure("C04")
@pytest.mark.parametrize(
    ("damage", "times"),
    [
        (lambda found: found.vstack(found.filter(pl.col("key_id") == 1)), "2"),
        (lambda found: found.filter(pl.col("key_id") != 1), "0"),
    ],
)
def test_a_key_that_is_not_attributed_exactly_once_stops_everything(
    charges: Charges, damage: Callable[[pl.DataFrame], pl.DataFrame], times: str
) -> None:
    keys, facts = keys_and_facts(charges([{"resource_id": "a"}, {"resource_id": "b"}]), "cloud")
    found = damage(attributed(keys, RuleSet(()), REGISTRY))

    with pytest.raises(InvariantError, match=rf"^key [01] is attributed {times}") as caught:
        spend(facts, found, keys, source="cloud", period="2026-10")

    assert str(caught.value).endswith(
        "times, not once; nothing is published, the last good figures stay"
    )


@pytest.mark.failure("C05")
def test_a_fact_without_its_key_stops_everything(charges: Charges) -> None:
    keys, facts = keys_and_facts(charges([{"resource_id": "a"}, {"resource_id": "b"}]), "cloud")
    one = keys.head(1)

    with pytest.raises(InvariantError) as caught:
        spend(facts, attributed(one, RuleSet(()), REGISTRY), one, source="cloud", period="2026-10")

    assert str(caught.value) == (
        "facts name keys that are not there; nothing is published, the last good figures stay"
    )


@pytest.mark.failure("C05")
@pytest.mark.parametrize("column", [*SUMMED, "lines"])
def test_spend_that_is_not_the_charges_names_measure_and_difference(
    charges: Charges, column: str
) -> None:
    line: Line = dict.fromkeys(SUMMED.values(), Decimal(1))
    keys, facts = keys_and_facts(charges([line, line | {"resource_id": "b"}]), "cloud")
    whole = spend(
        facts, attributed(keys, RuleSet(()), REGISTRY), keys, source="cloud", period="2026-10"
    )
    more = whole.with_columns((pl.col(column) + 1).cast(SPEND[column]))

    with pytest.raises(InvariantError) as caught:
        conserved(facts, more)

    assert str(caught.value) == (
        f"{column}: spend is 3, the charges are 2, 1 apart; "
        "nothing is published, the last good figures stay"
    )


@pytest.mark.failure("C05")
@pytest.mark.failure("C07")
def test_what_no_rule_catches_is_unallocated_with_its_sign(charges: Charges) -> None:
    lines: list[Line] = [
        {"billed_cost": Decimal(5), "tags": {"project": "legal"}},
        {"billed_cost": Decimal(-3), "tags": {"project": "nobody"}},
        {"billed_cost": Decimal("0.01"), "tags": None},
    ]

    found = spending(charges(lines), RuleSet((TAGGED,)))

    assert found.select(
        "project", "category", "item", "project_rule", "category_rule", "billed_cost"
    ).rows() == [
        ("legal-70b", "unallocated", None, "tag", "none", Decimal(5)),
        ("unallocated", "unallocated", None, "none", "none", Decimal("-2.99")),
    ]


@pytest.mark.failure("D01")
@pytest.mark.failure("D02")
@pytest.mark.parametrize("key", ["project", "Project", "user_PROJECT", "resourceTags/user:project"])
@pytest.mark.parametrize(
    "value", ["legal", " LEGAL\u00a0", "Legal-70B", "Cafe\u0301", "CAFÉ\u200b"]
)
def test_every_spelling_of_a_tag_finds_the_project(charges: Charges, key: str, value: str) -> None:
    keys, _ = keys_and_facts(charges([{"tags": {key: value, "team": "x"}}]), "cloud")

    found = attributed(keys, RuleSet((TAGGED,)), REGISTRY)

    assert found["project"].to_list() == ["legal-70b"]
    assert f'"{key}":"{value}"' in keys["tags"].item()


@pytest.mark.failure("D04")
def test_of_two_spellings_on_one_line_the_first_key_counts_and_the_conflict_is_listed(
    charges: Charges,
) -> None:
    rules = RuleSet((TAGGED,))
    tags: list[dict[str, str]] = [
        {"project": "bot", "Project": "legal"},
        {"Project": "legal", "project": "LEGAL "},
        {"Project": "", "project": "bot"},
        {"team": "a", "Team": "b"},
    ]
    keys, _ = keys_and_facts(charges({"tags": one} for one in tags), "cloud")

    found = attributed(keys, rules, REGISTRY).join(keys, on="key_id")

    assert dict(found.select("tags", "project").iter_rows()) == {
        '{"Project":"legal","project":"bot"}': "legal-70b",
        '{"Project":"legal","project":"LEGAL "}': "legal-70b",
        '{"Project":"","project":"bot"}': "bot",
        '{"Team":"b","team":"a"}': "unallocated",
    }
    at = keys.filter(pl.col("tags").str.contains('"bot"') & pl.col("tags").str.contains("legal"))
    assert conflicts(keys, rules).rows() == [
        (at["key_id"].item(), "project", "Project", "legal", "project", "bot")
    ]


def test_conflicts_of_one_tag_are_not_those_of_another(charges: Charges) -> None:
    rules = RuleSet((TAGGED, rule("team", "tag.team", "*", item="x")))
    tags = {"project": "bot", "Project": "legal", "team": "a", "Team": "b"}
    keys, _ = keys_and_facts(charges([{"tags": tags}]), "cloud")

    assert conflicts(keys, rules).rows() == [
        (0, "project", "Project", "legal", "project", "bot"),
        (0, "team", "Team", "b", "team", "a"),
    ]


@pytest.mark.failure("D01")
@pytest.mark.failure("D04")
def test_the_tags_own_key_counts_before_those_it_is_read_from_too(charges: Charges) -> None:
    rules = RuleSet((TAGGED,), tags=(("project", ("proj", "app")),))
    tags: list[dict[str, str]] = [
        {"project": "bot", "proj": "legal"},
        {"App": "legal", "user_Proj": "bot"},
        {"app": "LEGAL", "proj": " "},
        {"apps": "legal"},
    ]
    keys, _ = keys_and_facts(charges({"tags": one} for one in tags), "cloud")

    found = keys.join(attributed(keys, rules, REGISTRY), on="key_id")
    told = keys.join(conflicts(keys, rules), on="key_id")

    assert dict(found.select("tags", "project").rows()) == {
        '{"proj":"legal","project":"bot"}': "bot",
        '{"App":"legal","user_Proj":"bot"}': "bot",
        '{"app":"LEGAL","proj":" "}': "legal-70b",
        '{"apps":"legal"}': "unallocated",
    }
    names = ("tag", "used", "used_value", "ignored", "ignored_value")
    assert sorted(told.select(names).rows()) == [
        ("project", "project", "bot", "proj", "legal"),
        ("project", "user_Proj", "bot", "App", "legal"),
    ]


@pytest.mark.parametrize(
    ("unless", "caught"),
    [
        ((), "abcd"),
        ((Condition("tag.project", ("*",)),), "cd"),
        ((Condition("region", ("eu-*",)),), "bd"),
        ((Condition("tag.project", ("*",)), Condition("region", ("eu-*",))), "bcd"),
        ((Condition("tag.project", ("bot", "none")),), "acd"),
    ],
)
def test_a_charge_is_left_alone_when_all_of_unless_holds(
    charges: Charges, unless: tuple[Condition, ...], caught: str
) -> None:
    lines: list[Line] = [
        {"resource_id": "a", "region_id": "eu-west-1", "tags": {"Project": "legal"}},
        {"resource_id": "b", "region_id": "us-east-1", "tags": {"project": "bot"}},
        {"resource_id": "c", "region_id": "eu-west-1", "tags": {"project": " "}},
        {"resource_id": "d", "region_id": None, "tags": None},
    ]
    keys, _ = keys_and_facts(charges(lines), "cloud")
    rules = RuleSet((Rule("x", (Condition("source", ("*",)),), Target(item="x"), unless),))

    found = keys.join(attributed(keys, rules, REGISTRY), on="key_id").filter(item="x")

    assert "".join(sorted(found["resource_id"])) == caught


def test_what_does_not_meet_when_is_not_caught_for_not_meeting_unless(charges: Charges) -> None:
    wanted, spared = Condition("resource", ("a", "b")), Condition("resource", ("b",))
    keys, _ = keys_and_facts(charges({"resource_id": each} for each in "abc"), "cloud")
    rules = RuleSet((Rule("r", (wanted,), Target(item="x"), (spared,)),))

    found = keys.join(attributed(keys, rules, REGISTRY), on="key_id")

    assert found.filter(pl.col("item") == "x")["resource_id"].to_list() == ["a"]


def test_the_first_rule_that_sets_a_thing_wins_for_each_thing_alone(charges: Charges) -> None:
    rules = RuleSet(
        (
            rule("a", "service", "s3", category="data"),
            rule("b", "service", "s*", project="bot", category="infra", item="x"),
            rule("c", "service", "*", project="legal-70b", item="y"),
        )
    )
    keys, _ = keys_and_facts(charges([{"service_name": "S3"}]), "cloud")

    found = attributed(keys, rules, REGISTRY)

    assert found.drop("key_id", "epoch", "path").rows() == [("bot", "data", "x", "b", "a")]
    assert found.schema == ATTRIBUTED


def test_keys_are_asked_as_rules_ask_for_them_other_keys_of_a_tag_too(charges: Charges) -> None:
    rules = RuleSet((rule("a", "tag.project", "x", item="x"),), tags=(("project", ("team",)),))
    keys, _ = keys_and_facts(charges([{"tags": {"team": "X "}}, {"tags": {"team": "y"}}]), "cloud")

    found = keys.filter(asked(keys, rules).meeting(rules.rules[0].when))

    assert found["tags"].to_list() == ['{"team":"X "}']


def test_all_keys_are_nobodys_before_the_first_rule_holds(charges: Charges) -> None:
    rules = RuleSet((replace(TAGGED, since=date(2026, 10, 2)),))
    keys, _ = keys_and_facts(charges({"tags": {"project": each}} for each in ("bot", "x")), "cloud")

    found = attributed(keys, rules, REGISTRY).select("epoch", "project")

    nobodys = [(0, "unallocated"), (0, "unallocated")]
    assert sorted(found.rows()) == [*nobodys, (1, "bot"), (1, "unallocated")]


def test_a_tag_that_spells_no_project_leaves_the_whole_rule_unmatched(charges: Charges) -> None:
    by_tag = Target(project_tag="project", category="data")
    rules = RuleSet((Rule("t", (Condition("source", ("*",)),), by_tag),))
    keys, _ = keys_and_facts(charges([{"tags": {"project": "nobody"}}]), "cloud")

    found = attributed(keys, rules, REGISTRY)

    assert found.select("project", "category").rows() == [("unallocated", "unallocated")]


def test_rules_see_the_name_of_the_source(charges: Charges) -> None:
    keys, _ = keys_and_facts(charges([{}]), "Labeling ")

    found = attributed(keys, RuleSet((rule("a", "source", "labeling", item="l"),)), REGISTRY)

    assert found["item"].to_list() == ["l"]


HASHED = """
import hashlib, sys
from pathlib import Path
import polars as pl
from models.attribution import attributed
from models.project import Project, Registry
from models.reduction import keys_and_facts
from models.rule.rule import Condition, Rule, RuleSet, Target
from models.spend import spend

assert pl.thread_pool_size() == int(sys.argv[2])
rules = RuleSet((Rule("t", (Condition("tag.p", ("*",)),), Target(project_tag="p")),))
registry = Registry(tuple(Project(id=f"p{n}") for n in range(5)))
order = pl.row_index().hash(int(sys.argv[2]))
charges = pl.scan_parquet(sys.argv[1]).with_columns(order=order).sort("order").drop("order")
keys, facts = keys_and_facts(charges, "cloud")
found = attributed(keys, rules, registry)
whole = spend(facts, found, keys, source="cloud", period="2026-10")
for frame in (keys, facts, found, whole):
    path = Path(sys.argv[1] + sys.argv[2])
    frame.lazy().sink_parquet(path)
    print(pl.read_parquet(path).height, hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.mark.failure("C01")
def test_neither_threads_nor_the_order_of_lines_change_a_byte_of_any_table(
    charges: Charges, tmp_path: Path, root: Path
) -> None:
    lines: list[Line] = [
        {
            "billed_cost": Decimal(n * 7919).scaleb(-12),
            "effective_cost": Decimal(-n).scaleb(-7),
            "resource_id": f"i-{n % 71}",
            "tags": {"P" if n % 3 else "p": f"p{n % 7}"},
            "charge_period_start": datetime(2026, 10, 1 + n % 5, tzinfo=UTC),
        }
        for n in range(5_000)
    ]
    path = tmp_path / "charges"
    charges(lines).collect().write_parquet(path)

    outputs = {
        subprocess.run(
            [sys.executable, "-c", HASHED, path, str(threads)],
            env=os.environ | {"POLARS_MAX_THREADS": str(threads), "PYTHONPATH": str(root)},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in (1, 3)
    }

    assert len(outputs) == 1
    heights = [int(text) for text in outputs.pop().split()[::2]]
    keys = {(n % 71, n % 3 > 0, n % 7) for n in range(5_000)}
    facts = {(n % 71, n % 3 > 0, n % 7, n % 5) for n in range(5_000)}
    assert heights == [len(keys), len(facts), len(keys), 6 * 5]


@pytest.mark.failure("C06")
def test_the_order_of_documents_does_not_matter(charges: Charges) -> None:
    documents: list[pl.LazyFrame] = [
        charges([{"billed_cost": Decimal(n), "resource_id": f"i-{n % 2}"} for n in part])
        for part in ((1, 2, 3), (4, 5))
    ]
    rules = RuleSet((rule("a", "resource", "i-0", project="bot"),))

    def total(parts: Iterable[pl.LazyFrame]) -> str:
        frame = pl.concat([spending(part, rules) for part in parts]).sort(pl.all())
        return hashlib.sha256(frame.write_csv().encode()).hexdigest()

    assert total(documents) == total(reversed(documents))


def test_days_and_currencies_stay_apart(charges: Charges) -> None:
    lines = [
        {"billing_currency": currency, "charge_period_start": datetime(2026, 10, day, tzinfo=UTC)}
        for currency in ("USD", "EUR")
        for day in (1, 2)
    ]

    found = spending(charges(lines), RuleSet(()))

    assert found.select("source", "period", "currency", "day", "lines").rows() == [
        ("cloud", "2026-10", currency, date(2026, 10, day), 1)
        for currency in ("EUR", "USD")
        for day in (1, 2)
    ]
