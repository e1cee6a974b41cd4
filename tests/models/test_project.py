from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from models.project import Project, Registry, load

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
