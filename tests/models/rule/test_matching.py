from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.canonical import canonical_value
from models.reduction import KEYS
from models.rule.entry import When
from models.rule.matching import FIELDS, Matcher, canonical_texts, matches
from models.rule.rule import Condition

TEXT = st.text(st.sampled_from("aAb.*?-\n\t\x1f \u00a0\u200bßéÉe\u0301İ\\[("), max_size=6)
PATTERN = st.text("ab.*?\n\\[(ß", min_size=1, max_size=6)


def keys(**columns: list[str | None]) -> pl.DataFrame:
    height = max(map(len, columns.values()))
    every = {name: columns.get(name, [None] * height) for name in KEYS if name != "key_id"}
    every["tags"] = columns.get("tags", ["{}"] * height)
    return pl.DataFrame({"key_id": range(height), **every}, schema=KEYS)


def hits(texts: list[str | None], *patterns: str) -> list[bool]:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.select(matches(pl.col("text"), patterns)).to_series().to_list()


@pytest.mark.failure("D02")
@given(texts=st.lists(TEXT | st.none(), max_size=8))
@example(texts=["Café", "Cafe\u0301", " x\u200b", "\x1c", "STRASSE", "straße"])
def test_texts_are_made_canonical_as_one_text_is(texts: list[str | None]) -> None:
    found = canonical_texts(pl.Series(texts, dtype=pl.String))

    assert found.to_list() == [canonical_value(text) or None if text else None for text in texts]


@given(texts=st.lists(TEXT | st.none(), max_size=8), patterns=st.lists(PATTERN, max_size=3))
@example(texts=["ab", "b", None], patterns=["**b"])
@example(texts=["a\nb"], patterns=["a*b"])
def test_a_pattern_matches_what_its_stars_stand_for(
    texts: list[str | None], patterns: list[str]
) -> None:
    wild = {"*": ".*", "?": "."}
    regexes = ["".join(wild.get(c, re.escape(c)) for c in pattern) for pattern in patterns]

    assert hits(texts, *patterns) == [
        text is not None and any(re.fullmatch(regex, text, re.DOTALL) for regex in regexes)
        for text in texts
    ]


@pytest.mark.failure("D11")
def test_a_hostile_pattern_takes_linear_time() -> None:
    assert hits(["a" * 10_000], "a*" * 40 + "b", "*a" * 40) == [True]
    assert hits(["a" * 10_000], "a*" * 40 + "b") == [False]


def test_each_condition_of_the_language_has_its_columns() -> None:
    assert set(FIELDS) == set(When.model_fields)
    assert {column for columns in FIELDS.values() for column in columns} <= set(KEYS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_condition_looks_at_each_of_its_columns(name: str) -> None:
    for column in FIELDS[name]:
        matcher = Matcher(keys(**{column: [" Acme ", "acme-2", "", None]}), frozenset())

        found = [
            matcher.meeting([Condition(name, (pattern,))]).to_list()
            for pattern in ("acme", "acme*", "*")
        ]
        assert found == [
            [True, False, False, False],
            [True, True, False, False],
            [True, True, False, False],
        ]


def test_all_conditions_must_hold_and_of_a_list_one() -> None:
    matcher = Matcher(keys(x_source=["a", "a", "b"], region_id=["r", "s", "r"]), frozenset())

    both = [Condition("source", ("a", "z")), Condition("region", ("r",))]

    assert matcher.meeting(both).to_list() == [True, False, False]


@pytest.mark.failure("B06")
def test_leading_zeros_of_an_account_matter() -> None:
    matcher = Matcher(keys(sub_account_id=["000123456789", "123456789"]), frozenset())

    assert matcher.meeting([Condition("account", ("000123456789",))]).to_list() == [True, False]


@pytest.mark.failure("B09")
@pytest.mark.failure("D01")
@pytest.mark.parametrize(
    ("tags", "met"),
    [
        ('{"project":"legal"}', True),
        ('{"user_Project":" LEGAL "}', True),
        ('{"resourceTags/user:PROJECT":"legal\u200b"}', True),
        ('{"Project":"","project":"legal"}', True),
        ('{"project":null}', False),
        ('{"project":"   "}', False),
        ('{"projects":"legal"}', False),
        ('{"team":"legal"}', False),
        ('{"note":"\\"project\\":\\"legal\\""}', False),
        ('{"we\\\\ird":"x","project":"legal"}', True),
        ("{}", False),
    ],
)
def test_a_tag_is_found_by_any_spelling_and_missing_is_no_error(tags: str, met: bool) -> None:
    matcher = Matcher(keys(tags=[tags]), frozenset({"project"}))

    assert matcher.meeting([Condition("tag.project", ("legal",))]).to_list() == [met]
