from __future__ import annotations

import re
import time

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.canonical import canonical_value
from models.rule.matching import matches
from models.rule.pattern import LENGTH, REGEX, is_literal, pattern

CAP = 100  # milliseconds a pattern may take on one text of 10,000 characters
HOSTILE = pl.DataFrame({"text": ["ab" * 5_000, "a" * 10_000, "é" * 5_000]})


def hits(texts: list[str], *patterns: str) -> list[bool]:
    frame = pl.DataFrame({"text": [canonical_value(text) for text in texts]})
    return frame.select(matches(pl.col("text"), map(pattern, patterns))).to_series().to_list()


def spent(given: str) -> float:
    """Return the milliseconds of a processor that the hostile texts take."""
    start = time.process_time()
    HOSTILE.select(matches(pl.col("text"), [given]))
    return (time.process_time() - start) * 1000


@pytest.mark.parametrize(
    ("written", "text", "met"),
    [
        ("re:train-[0-9]+", "TRAIN-17", True),
        ("re:train-[0-9]+", "train-17b", False),
        ("re:train-[0-9]+", "a train-17", False),
        (" RE: Train-[0-9]+ ", "train-17", True),
        ("re:a|b", "b", True),
        ("re:a|b", "ab", False),
        ("re:.*straße.*", "An der STRASSE 1", True),
        ("re:[É-Ü]+", "E\u0301\u00e9", True),
        ("re:cafe\u0301", "Café", True),
        ("re:a.b", "a\nb", True),
        ("re:\\D+", "abc", True),
        ("re:\\D+", "123", False),
        ("re:\\d{12}", "000123456789", True),
        (
            "re:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
            "0" * 8 + "-0000" * 3 + "-" + "f" * 12,
            True,
        ),
        ("re:re:x", "re:x", True),
        ("*re:?", "are:x", True),
        ("*re:x*", "are:xy", True),
        ("re*", "re:x", True),
    ],
)
def test_an_expression_is_asked_of_the_whole_canonical_text(
    written: str, text: str, met: bool
) -> None:
    assert hits([text], written) == [met]


@pytest.mark.parametrize(
    ("written", "literal"), [("a", True), ("a*", False), ("?", False), ("re:a", False)]
)
def test_only_a_plain_text_is_literal(written: str, literal: bool) -> None:
    assert is_literal(pattern(written)) is literal


LOOK = "takes no linear time; say what must not match in `unless`"
BACK = "takes no linear time; write out what it may be"
MEMORY = r"takes too much memory; write fewer or smaller {n}, or [a-z] in place of \w"
MEND = "mend it, or see docs/rules.md"


@pytest.mark.failure("D11")
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("  ", "'  ' is blank; write a text, or * for any"),
        ("\u200b", "'\\u200b' is blank; write a text, or * for any"),
        ("re: ", "'re: ': no expression; write one behind re:, such as re:run-[0-9]+"),
        ("re:a(?!b)", f"'re:a(?!b)': look-around at character 2 {LOOK}"),
        ("re:(?<=a)b", f"'re:(?<=a)b': look-around at character 1 {LOOK}"),
        ("re:(a)\\1", f"'re:(a)\\\\1': the back reference at character 4 {BACK}"),
        ("re:(?P<n>a)\\k<n>", f"'re:(?P<n>a)\\\\k<n>': the back reference at character 9 {BACK}"),
        ("re:(?P<n>a)(?P=n)", f"'re:(?P<n>a)(?P=n)': the back reference at character 9 {BACK}"),
        ("re:ab(c", f"'re:ab(c': unclosed group at character 3; {MEND}"),
        ("re:a)|(b", f"'re:a)|(b': unopened group at character 2; {MEND}"),
        ("re:*a", f"'re:*a': repetition operator missing expression at character 1; {MEND}"),
        ("re:(?>a)", f"'re:(?>a)': unrecognized flag at character 3; {MEND}"),
        ("re:(?x)a #", f"'re:(?x)a #': unclosed group at character 1; {MEND}"),
        ("re:a\n(", f"'re:a\\n(': unclosed group; {MEND}"),
        ("re:(?:\\w?){100}", f"'re:(?:\\\\w?){{100}}': {MEMORY}"),
        ("re:a{1000}{1000}", f"'re:a{{1000}}{{1000}}': {MEMORY}"),
        (
            "re:" + "x" * 501,
            f"'re:{'x' * 54}...': 501 characters; the limit is {LENGTH}, write several patterns",
        ),
    ],
)
def test_an_expression_that_may_take_time_or_memory_is_refused(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        pattern(written)


@pytest.mark.failure("D11")
@given(st.text("ab.*+?()[]{}|^$\\wd19,-:=!<>P\u00e9", max_size=40))
@settings(max_examples=50, deadline=None)
@example("(a*)*" * 8)
@example(r"(\w*\w*)*" + "x?" * 12)
@example("(?:[ab]?){60}c|" + ".*" * 40)
@example(r".*\w.{50}[ab]{50}.*")
@example("(?:a|b|ab)*" * 20)
def test_whatever_is_accepted_is_answered_in_time(source: str) -> None:
    try:
        accepted = pattern(REGEX + source)
    except ValueError:
        return

    assert min(spent(accepted) for _ in range(2)) < CAP


@pytest.mark.failure("D11")
@pytest.mark.parametrize("given", ["a*" * 40 + "b", "*a" * 40 + "?", "*" * 200 + "x", "?*" * 60])
def test_a_hostile_glob_is_answered_in_time(given: str) -> None:
    assert min(spent(pattern(given)) for _ in range(2)) < CAP


@given(st.text(max_size=12))
@settings(max_examples=50, deadline=None)
@example("RE:A")
def test_a_canonical_pattern_is_its_own_canonical_pattern(text: str) -> None:
    try:
        once = pattern(text)
    except ValueError:
        return

    assert pattern(once) == once
