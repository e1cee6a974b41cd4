from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.attribution import attributed, begun, edges, epoch
from models.project import Alias, Merged, Project, Registry
from models.reduction import KEYS
from models.rule.rule import Condition, Rule, RuleSet, Target

FIRST = date(2026, 1, 1)
NOBODY = Registry(())
ANY = (Condition("source", ("*",)),)
BY_TAG = RuleSet((Rule("tag", (Condition("tag.project", ("*",)),), Target(project_tag="project")),))


def day(number: int) -> date:
    """Return a day of January 2026, or what comes after."""
    return FIRST + timedelta(number - 1)


def keys(*tags: str) -> pl.DataFrame:
    rows = [{"key_id": n, "tags": each, "x_source": "cloud"} for n, each in enumerate(tags)]
    return pl.DataFrame(rows, schema=KEYS)


ONE = keys("{}")


def on(found: pl.DataFrame, rules: RuleSet, registry: Registry, at: date) -> pl.DataFrame:
    """Return what is attributed to charges of a day."""
    number = pl.select(epoch(pl.lit(at), edges(rules, registry))).item()
    return found.filter(epoch=number)


def projects(
    frame: pl.DataFrame, rules: RuleSet, registry: Registry, days: Iterable[int]
) -> list[str]:
    """Return the project of the first key on each of some days."""
    found = attributed(frame, rules, registry)
    return [on(found, rules, registry, day(n))["project"][0] for n in days]


def rule(name: str, since: int | None = None, until: int | None = None) -> Rule:
    first, last = (day(each) if each else None for each in (since, until))
    return Rule(name, ANY, Target(project=name), since=first, until=last)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((rule("a"),), "aaaaaa"),
        ((rule("a", since=3),), "..aaaa"),
        ((rule("a", until=3),), "aaa..."),
        ((rule("a", since=3, until=3),), "..a..."),
        ((rule("a", since=2, until=4), rule("b", since=4)), ".aaabb"),
        ((rule("b", since=4), rule("a", since=2, until=4)), ".aabbb"),
        ((rule("a", until=2), rule("b", since=5)), "aa..bb"),
        ((rule("a", since=2, until=3), rule("a2", since=4, until=5), rule("b")), "baaxxb"),
        ((rule("a", since=1), rule("b", until=6)), "aaaaaa"),
    ],
)
def test_a_rule_holds_from_its_first_day_to_its_last(
    rules: tuple[Rule, ...], expected: str
) -> None:
    registry = Registry(tuple(Project(id=name) for name in ("a", "b", "a2")))
    letters = {"unallocated": ".", "a2": "x"}

    found = projects(ONE, RuleSet(rules), registry, range(1, 7))

    assert "".join(letters.get(each, each) for each in found) == expected


@pytest.mark.failure("D07")
def test_an_alias_counts_on_its_days_alone() -> None:
    old = Alias(name="Apollo", until=day(10))
    new = Alias(name="apollo", since=day(15))
    registry = Registry(
        (
            Project(id="legal", aliases=(old, Alias(name="x", since=day(3), until=day(3)))),
            Project(id="bot", aliases=(new,)),
        )
    )

    tagged = keys('{"project":"APOLLO"}')
    once = keys('{"project":"x"}')

    assert projects(tagged, BY_TAG, registry, (1, 10, 11, 14, 15, 31)) == [
        *("legal", "legal", "unallocated", "unallocated", "bot", "bot")
    ]
    assert projects(once, BY_TAG, registry, (2, 3, 4)) == ["unallocated", "legal", "unallocated"]


@pytest.mark.failure("D08")
def test_a_project_is_borne_by_another_from_the_day_of_the_merger() -> None:
    registry = Registry(
        (
            Project(id="a", merged=Merged(into="b", on=day(10))),
            Project(id="b", merged=Merged(into="c", on=day(20))),
            Project(id="c"),
        )
    )
    tagged, by_rule = keys('{"project":"A"}'), RuleSet((rule("a"),))

    for frame, rules in ((tagged, BY_TAG), (ONE, by_rule)):
        assert projects(frame, rules, registry, (9, 10, 19, 20)) == ["a", "b", "b", "c"]


def test_a_document_pays_for_its_own_epochs_alone() -> None:
    rules = RuleSet((rule("a", since=10, until=19), rule("b", since=15)))
    registry = Registry((Project(id="a"), Project(id="b")))

    def numbers(first: int, last: int) -> list[int]:
        found = attributed(ONE, rules, registry, (day(first), day(last)))
        return found["epoch"].to_list()

    assert edges(rules, registry) == (day(10), day(15), day(20))
    assert [
        numbers(*each) for each in ((1, 9), (10, 14), (9, 10), (16, 18), (20, 31), (1, 31))
    ] == [*([0], [1], [0, 1], [2], [3], [0, 1, 2, 3])]


def test_the_last_day_of_all_and_the_first_have_an_epoch() -> None:
    rules = RuleSet((Rule("a", ANY, Target(item="x"), since=date.min, until=date.max),))

    for at in (date.min, date.max):
        found = attributed(ONE, rules, NOBODY, (at, at))
        assert on(found, rules, NOBODY, at)["item"].to_list() == ["x"]


DAYS = st.none() | st.integers(1, 12)
DATED = st.lists(st.tuples(st.sampled_from(["a", "b"]), DAYS, DAYS, st.booleans()), max_size=5).map(
    lambda drawn: RuleSet(
        tuple(
            Rule(
                f"r{n}",
                (Condition("tag.team", ("x",)),) if tagged else ANY,
                Target(project=name),
                since=day(first) if first else None,
                until=day(last) if last else None,
            )
            for n, (name, first, last, tagged) in enumerate(drawn)
        )
    )
)


@pytest.mark.failure("D08")
@given(rules=DATED, merged=DAYS)
@settings(max_examples=12, deadline=None)
def test_each_day_is_attributed_as_if_it_were_the_only_one(
    rules: RuleSet, merged: int | None
) -> None:
    into = Merged(into="b", on=day(merged)) if merged else None
    registry = Registry((Project(id="a", merged=into), Project(id="b")))
    frame = keys("{}", '{"team":"x"}')

    found = attributed(frame, rules, registry)

    for number in range(14):
        at = day(number)
        mine = on(found, rules, registry, at)
        held = [each for each in rules.rules if each.holds(at)]
        first = [next((each for each in held if each.when == ANY or team), None) for team in (0, 1)]
        assert mine["key_id"].to_list() == [0, 1]
        assert mine["project_rule"].to_list() == [each.id if each else "none" for each in first]
        assert mine["project"].to_list() == [
            registry.bearer(each.to.project or "", at) if each else "unallocated" for each in first
        ]


@given(
    st.lists(st.integers(1, 30), max_size=6, unique=True), st.integers(0, 31), st.integers(0, 31)
)
@settings(max_examples=20, deadline=None)
def test_the_epochs_of_some_days_are_those_that_their_days_are_in(
    drawn: list[int], one: int, other: int
) -> None:
    parted = tuple(day(each) for each in sorted(drawn))
    first, last = sorted((one, other))

    def number(at: int) -> int:
        found: int = pl.select(epoch(pl.lit(day(at)), parted)).item()
        return found

    expected = sorted({number(at) for at in range(first, last + 1)})
    starts = dict(begun(parted, (day(first), day(last))))

    assert [*starts] == expected
    assert [starts[each] for each in expected] == [(date.min, *parted)[each] for each in expected]
