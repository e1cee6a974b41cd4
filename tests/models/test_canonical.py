from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.canonical import canonical_key, canonical_value

BLANKS = ["", " ", "\u00a0", "\u2003", "\t", "\u200b", "\ufeff", "\u200e"]
PREFIXES = [
    *("", "user_", "user:", "resourceTags/user:", "RESOURCETAGS/USER:"),
    *("resource_tags_user_", "resource_tags/user_", "resource_tags/user:"),
]


@pytest.mark.failure("D01")
@given(
    key=st.sampled_from(["project", "cost-center", "straße", "équipe"]),
    change=st.sampled_from([str.upper, str.title, str.swapcase, str.casefold]),
    prefix=st.sampled_from(PREFIXES),
)
def test_a_tag_key_is_the_same_in_any_case_and_behind_any_prefix(
    key: str, change: type[str], prefix: str
) -> None:
    assert canonical_key(prefix + change(key)) == canonical_key(key)


@pytest.mark.failure("D02")
@given(
    before=st.sampled_from(BLANKS),
    after=st.sampled_from(BLANKS),
    form=st.sampled_from(["NFC", "NFD"]),
)
def test_a_value_is_the_same_in_any_form_and_between_any_blanks(
    before: str, after: str, form: str
) -> None:
    spelled = unicodedata.normalize(form, "Café Élan")  # type: ignore[arg-type] # a sampled name

    assert canonical_value(before + spelled + after) == "café élan"


@pytest.mark.failure("D02")
@given(text=st.text())
def test_canonical_text_is_its_own_canonical_text(text: str) -> None:
    assert canonical_value(canonical_value(text)) == canonical_value(text)
    assert canonical_key(canonical_key(text)) == canonical_key(text)


def test_each_character_alone_is_stable_too() -> None:
    characters = (chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000)

    unstable = [c for c in characters if canonical_value(canonical_value(c)) != canonical_value(c)]

    assert unstable == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("user_Project", "project"),
        ("resourceTags/user:Project", "project"),
        ("user: project", "project"),
        ("resourceTags/user:user_team", "team"),
        ("user_", "user_"),
        ("username", "username"),
        ("resource_tags_user_Team", "team"),
        ("resource_tags_aws_x", "resource_tags_aws_x"),
        ("label_project", "label_project"),
        ("project/team", "project/team"),
        ("x:createdBy", "x:createdby"),
    ],
)
def test_a_key_loses_what_an_export_put_before_it(text: str, key: str) -> None:
    assert canonical_key(text) == key


@pytest.mark.parametrize(
    ("one", "other"), [("a b", "ab"), ("a-b", "a_b"), ("user_x", "x"), ("1", "01")]
)
def test_values_that_a_person_tells_apart_stay_apart(one: str, other: str) -> None:
    assert canonical_value(one) != canonical_value(other)


@pytest.mark.parametrize("hidden", ["pro\u200bject", "pro\u00adject", "\ufeffproject"])
def test_letters_that_take_no_space_do_not_count(hidden: str) -> None:
    assert canonical_value(hidden) == "project"
