from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.project import Alias, Project, Registry
from models.rule.lookalike import WORDS, LookAlike, lookalikes

REGISTRY = Registry((
    Project(id="legal-70b", name="Legal summarizer 70B"),
    Project(id="support-bot", aliases=(Alias(name="helpdesk", until="2026-06-30"),)),
    Project(id="bot"),
))  # fmt: skip


def seen(text: str) -> tuple[str, str] | None:
    found = lookalikes([text], REGISTRY)
    return (found[0].project, found[0].way) if found else None


@pytest.mark.failure("D03")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("leg\u0430l-70b", ("legal-70b", "letters"), id="Cyrillic a"),
        pytest.param("\u0392ot", ("bot", "letters"), id="Greek capital beta"),
        pytest.param("supp\u03bfrt-b\u03bft", ("support-bot", "letters"), id="Greek omicron"),
        pytest.param("\uff4cegal-70b", ("legal-70b", "spacing"), id="full width"),
        pytest.param("1egal-7Ob", ("legal-70b", "letters"), id="one and O"),
        pytest.param("legal70b", ("legal-70b", "spacing"), id="no hyphen"),
        pytest.param("Legal_70B", ("legal-70b", "spacing"), id="underscore"),
        pytest.param("support\u2013bot", ("support-bot", "spacing"), id="dash"),
        pytest.param("support bot", ("support-bot", "spacing"), id="space"),
        pytest.param("suport-bot", ("support-bot", "edit"), id="one less"),
        pytest.param("support-boot", ("support-bot", "edit"), id="one more"),
        pytest.param("suppart-bot", ("support-bot", "edit"), id="another"),
        pytest.param("suppotr-bot", ("support-bot", "edit"), id="two swapped"),
        pytest.param("Legal sumarizer 70b", ("legal-70b", "edit"), id="of the name"),
        pytest.param("helpdek", ("support-bot", "edit"), id="of an old alias"),
    ],
)
def test_a_text_that_a_person_would_read_as_a_project_is_found(
    text: str, found: tuple[str, str]
) -> None:
    assert seen(text) == found


@pytest.mark.parametrize(
    "text",
    ["legal-70b", " LEGAL-70B", "helpdesk", "", " ", "legal-7b", "legal-71b", "legal-70b-eu",
     "box", "bat", "supprt-bt", "legal", "unallocated", "x" * 500],
)  # fmt: skip
def test_a_project_itself_or_another_name_is_no_look_alike(text: str) -> None:
    assert seen(text) is None


def test_names_that_differ_in_a_short_part_are_projects_of_their_own() -> None:
    found = Registry((Project(id="legal-eu"), Project(id="gateway-a")))

    assert lookalikes(["legal-us", "gateway-b", "gateway", "legal-eu-x"], found) == []


def test_the_same_letters_count_before_one_letter_off() -> None:
    found = Registry((Project(id="ranker"), Project(id="ranked")))

    assert lookalikes(["rank-ed"], found) == [LookAlike("rank-ed", "ranked", "ranked", "spacing")]
    assert lookalikes(["ranke"], found)[0].project == "ranker"


def test_each_way_has_its_words() -> None:
    assert set(WORDS) == {"letters", "spacing", "edit"}


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_what_looks_like_a_project_never_is_one(text: str, name: str) -> None:
    known = Registry((Project(id="a", name=name),))

    for found in lookalikes([text, name], known):
        assert known.resolve(found.text) is None
        assert found.spelling in {"a", name}


def test_thousands_of_texts_against_hundreds_of_projects_take_a_moment() -> None:
    """Time of this process: 5,000 texts and 400 projects, every twentieth text a look-alike."""
    names = [f"project-{chr(97 + n % 26)}{chr(97 + n // 26)}-model" for n in range(400)]
    texts = [f"{names[n % 400]}s" if n % 20 == 0 else f"run-{n:06}-of-a-job" for n in range(5000)]
    known = Registry(tuple(Project(id=name) for name in names))

    began = time.process_time()
    found = lookalikes(texts, known)

    assert len(found) == 20
    assert time.process_time() - began < 3  # some 0.3 s; each against each takes a minute
