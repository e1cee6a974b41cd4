from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.project import Alias, Merged, Project, Registry
from models.projectfile import load

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]

TWO = """\
projects:
  - id: legal-70b
    name: Legal summarizer
    aliases: [legal-summariser, "Legal\u00a0"]
  - id: support-bot
"""


@pytest.fixture
def registry(written: Written) -> Registry:
    return load(written("projects.yaml", TWO))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("legal-70b", "legal-70b"),
        (" LEGAL-70B\u200b", "legal-70b"),
        ("legal summarizer", "legal-70b"),
        ("Legal-Summariser", "legal-70b"),
        ("legal", "legal-70b"),
        ("support-bot", "support-bot"),
        ("legal-70", None),
        ("", None),
        ("unallocated", None),
    ],
)
def test_a_project_is_found_by_id_name_and_alias(
    text: str, found: str | None, registry: Registry
) -> None:
    assert registry.resolve(text) == found


def test_a_project_without_a_name_is_called_by_its_id(registry: Registry) -> None:
    assert [project.title for project in registry.projects] == ["Legal summarizer", "support-bot"]
    assert registry.ids == ("legal-70b", "support-bot")


def test_the_project_behind_a_spelling_is_at_hand(registry: Registry) -> None:
    found = registry.project("LEGAL")

    assert found is not None
    assert found.id == "legal-70b"
    assert registry.project("nobody") is None


@pytest.mark.failure("F11")
@pytest.mark.parametrize(
    ("second", "said"),
    [
        (
            "- id: legal-70b",
            (
                "projects.yaml:4:7: projects.1.id: 'legal-70b' is already project 'legal-70b' "
                "in line 2; give each project spellings of its own"
            ),
        ),
        (
            "- {id: b, name: ' Legal-70B '}",
            (
                "projects.yaml:4:17: projects.1.name: ' Legal-70B ' is already project 'legal-70b' "
                "in line 2; give each project spellings of its own"
            ),
        ),
        (
            "- {id: b, aliases: [x, LEGAL]}",
            (
                "projects.yaml:4:24: projects.1.aliases.1: 'LEGAL' is already project 'legal-70b' "
                "in line 3; give each project spellings of its own"
            ),
        ),
    ],
)
def test_a_spelling_that_two_projects_use_names_both_lines(
    second: str, said: str, complaints: Complaints
) -> None:
    text = f"projects:\n- id: legal-70b\n  aliases: [legal, legal-70b]\n{second}\n"

    assert complaints(load, text, "projects.yaml") == [said]


def test_two_projects_in_one_line_clash_as_well(complaints: Complaints) -> None:
    (said,) = complaints(load, "projects: [{id: a}, {id: a}]", "projects.yaml")

    assert said.startswith("projects.yaml:1:26: projects.1.id: 'a' is already project 'a'")


def test_the_row_for_what_no_rule_caught_is_no_project(complaints: Complaints) -> None:
    said = complaints(load, "projects: [{id: a, aliases: [Unallocated]}]", "projects.yaml")

    assert said == [
        (
            "projects.yaml:1:30: projects.0.aliases.0: 'Unallocated' is reserved; "
            "choose another spelling"
        )
    ]


def test_the_fingerprint_changes_with_spellings_and_with_nothing_else() -> None:
    one = Registry((Project(id="a", aliases=("x", "Y")), Project(id="b")))
    same = Registry((Project(id="b", owner="o@example.com"), Project(id="a", aliases=("y", "X "))))
    other = Registry((Project(id="a", aliases=("x",)), Project(id="b", aliases=("y",))))

    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize("word", ["portfolio", "source", "alert"])
def test_a_word_that_begins_figure_ids_is_no_name_of_a_project(
    word: str, complaints: Complaints
) -> None:
    (said,) = complaints(load, f"projects: [{{id: {word}}}]", "projects.yaml")

    assert said.endswith(f"'{word}' is reserved; choose another spelling")


OTHERS = """\
projects:
- {id: a, start: 2026-02-01}
- {id: c}
- {id: d, merged: {into: c, on: 2026-03-01}}
"""
MISTAKES = [
    pytest.param(
        "- {id: b, start: 2026-05-01, end: 2026-04-30}",
        "5:35: projects.3.end: 2026-04-30 is before the start, 2026-05-01; swap or correct them",
        id="the end is before the start",
    ),
    pytest.param(
        "- {id: b, aliases: [{name: x, since: 2026-05-02, until: 2026-05-01}]}",
        (
            "5:57: projects.3.aliases.0.until: 2026-05-01 is before since, 2026-05-02; "
            "swap or correct them"
        ),
        id="a spelling ends before it begins",
    ),
    pytest.param(
        "- {id: b, aliases: [{name: B, until: 2026-05-01}]}",
        (
            "5:21: projects.3.aliases.0: 'B' is a spelling of 'b' on every day already; "
            "remove this one, or the one without days"
        ),
        id="days of the id itself",
    ),
    pytest.param(
        "- {id: b, aliases: [{name: A, until: 2026-05-01}]}",
        (
            "5:21: projects.3.aliases.0: 'A' is already project 'a' in line 2 on every day; "
            "choose days of `since` and `until` that do not overlap"
        ),
        id="the id of another project for some days",
    ),
    pytest.param(
        "- {id: b, aliases: [{name: x, until: 2026-05-01}]}\n"
        "- {id: e, aliases: [{name: X, since: 2026-05-01}]}",
        (
            "6:21: projects.4.aliases.0: 'X' is already project 'b' in line 5 until 2026-05-01; "
            "choose days of `since` and `until` that do not overlap"
        ),
        id="a day on which two projects have one spelling",
    ),
    pytest.param(
        "- {id: b, merged: {into: cc, on: 2026-03-01}}",
        "5:26: projects.3.merged.into: 'cc' is not a project. Did you mean 'c'?",
        id="a merger into nothing",
    ),
    pytest.param(
        "- {id: b, merged: {into: b, on: 2026-03-01}}",
        (
            "5:26: projects.3.merged.into: 'b' cannot go into itself; "
            "name the project that bears its spend"
        ),
        id="a merger into itself",
    ),
    pytest.param(
        "- {id: b, merged: {into: e, on: 2026-03-01}}\n"
        "- {id: e, merged: {into: f, on: 2026-04-01}}\n"
        "- {id: f, merged: {into: b, on: 2026-05-01}}",
        (
            "5:26: projects.3.merged.into: b into e into f into b is a circle; "
            "remove the `merged` of one"
        ),
        id="a circle of mergers",
    ),
    pytest.param(
        "- {id: b, merged: {into: d, on: 2026-03-01}}",
        ("5:26: projects.3.merged.into: 'd' went into 'c' on 2026-03-01, by then; merge into 'c'"),
        id="a merger into a project that was gone",
    ),
    pytest.param(
        "- {id: b, start: 2026-03-01, merged: {into: c, on: 2026-03-01}}",
        (
            "5:52: projects.3.merged.on: 2026-03-01 is not after the start, 2026-03-01: "
            "'b' would never have borne a day; make it an alias of 'c'"
        ),
        id="a merger before the first day",
    ),
    pytest.param(
        "- {id: b, end: 2026-13-01}",
        (
            "5:16: projects.3.end: '2026-13-01' is not a day; write YYYY-MM-DD, "
            "for example 2026-06-20"
        ),
        id="no day",
    ),
    pytest.param(
        "- {id: b, merged: {into: c}}",
        "5:19: projects.3.merged: missing key 'on'",
        id="a merger without a day",
    ),
]


@pytest.mark.parametrize(("entry", "said"), MISTAKES)
def test_a_mistake_in_the_registry_has_its_place_and_a_way_out(
    entry: str, said: str, complaints: Complaints
) -> None:
    assert complaints(load, OTHERS + entry + "\n", "projects.yaml") == [f"projects.yaml:{said}"]


def test_one_spelling_may_belong_to_two_projects_on_days_that_do_not_meet(
    written: Written,
) -> None:
    text = """\
projects:
  - {id: old, aliases: [{name: LLM, until: 2026-06-30}]}
  - {id: new, aliases: [{name: llm, since: 2026-07-01, until: 2026-07-31}]}
"""
    found = load(written("projects.yaml", text))

    days = [date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 31), date(2026, 8, 1)]
    assert [found.resolve("llm", day) for day in days] == ["old", "new", "new", None]
    assert found.resolve("llm") == "new"
    assert found.edges == {days[1], days[3]}


def test_mergers_one_after_the_other_are_followed_day_by_day() -> None:
    first, second = date(2026, 3, 1), date(2026, 7, 1)
    found = Registry((
        Project(id="a", merged=Merged(into="b", on=first)),
        Project(id="b", merged=Merged(into="c", on=second)),
        Project(id="c"),
    ))  # fmt: skip

    eve = timedelta(days=1)
    assert [found.resolve("a", day) for day in (first - eve, first, second - eve, second)] == [
        *("a", "b", "b", "c")
    ]
    assert found.resolve("a") == "a"
    assert found.edges == {first, second}


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@pytest.mark.failure("D07")
@given(renamed=DAYS, day=DAYS)
def test_a_rename_keeps_the_id_and_every_day_of_history(renamed: date, day: date) -> None:
    before = Registry((Project(id="legal", name="Old name"),))
    after = Registry((
        Project(id="legal", name="New name",
                aliases=(Alias(name="Old name", until=renamed - timedelta(1)),)),
    ))  # fmt: skip

    assert after.resolve("legal", day) == after.resolve("new name", day) == "legal"
    assert after.resolve("old name", day) == (
        before.resolve("old name", day) if day < renamed else None
    )


@pytest.mark.failure("D08")
@given(merged=DAYS, day=DAYS, text=st.sampled_from(["legal", "Legal 70B", "lg"]))
def test_a_merger_moves_days_from_its_date_on_and_none_before(
    merged: date, day: date, text: str
) -> None:
    legal = Project(id="legal", name="Legal 70B", aliases=("lg",))
    other = Project(id="contracts")
    before = Registry((legal, other))
    into = legal.model_copy(update={"merged": Merged(into="contracts", on=merged)})
    after = Registry((into, other))

    assert before.resolve(text, day) == "legal"
    assert after.resolve(text, day) == ("legal" if day < merged else "contracts")
    assert after.resolve("contracts", day) == "contracts"


@pytest.mark.failure("D08")
@given(split=DAYS, day=DAYS)
def test_a_spelling_that_changes_hands_keeps_the_months_before(split: date, day: date) -> None:
    found = Registry((
        Project(id="legal-old", aliases=(Alias(name="legal", until=split - timedelta(1)),)),
        Project(id="legal-eu", aliases=(Alias(name="legal", since=split),)),
    ))  # fmt: skip

    assert found.resolve("LEGAL", day) == ("legal-old" if day < split else "legal-eu")
    assert found.edges == {split}


def test_a_project_is_active_from_its_first_day_to_its_last() -> None:
    project = Project(id="bot", start=date(2026, 10, 2), end=date(2026, 10, 3))

    assert [project.active(date(2026, 10, day)) for day in (1, 2, 3, 4)] == [
        False,
        True,
        True,
        False,
    ]
