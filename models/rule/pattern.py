"""Patterns of conditions: whole texts, `*` and `?`, and regular expressions of linear time."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

import polars as pl

from models.canonical import canonical_value, composed

REGEX: Final = "re:"  # begins a regular expression, in any case
LENGTH: Final = 500  # characters of a regular expression
SHOWN: Final = 60  # of them, in a message
COPIES: Final = 20  # the engine takes 10 MiB of program; a pattern may be one part of so many

# how the engine tells what is wrong: a caret below the place, then the reason
_REASON: Final = "error: "
_INDENT: Final = 4
_BEFORE: Final = "^(?is:"
_REFERENCE: Final = re.compile(r"\\[1-9]|\\k[<{']|\(\?P=")


@lru_cache(maxsize=4096)
def pattern(text: str) -> str:
    """Return a pattern in the form that is compared with canonical text.

    Raises:
        ValueError: when nothing can match it, or it is no regular expression whose time is
            linear in the text and whose size is bounded.
    """
    found = canonical_value(text)
    if not found:
        raise ValueError(f"{text!r} is blank; write a text, or * for any")
    if not found.startswith(REGEX):
        return found
    source = composed(text.partition(":")[2])
    fault = _fault(source)
    if fault is not None:
        raise ValueError(f"{_shortened(text)!r}: {fault}")
    return REGEX + source


def regex(pattern: str) -> str | None:
    """Return a canonical pattern that is a regular expression for whole texts; None for others."""
    return _whole(pattern.removeprefix(REGEX)) if pattern.startswith(REGEX) else None


def is_literal(pattern: str) -> bool:
    """Return whether a canonical pattern matches itself alone."""
    return not is_glob(pattern) and regex(pattern) is None


def is_glob(pattern: str) -> bool:
    """Return whether a canonical pattern has `*` or `?`, and is no regular expression."""
    return not pattern.startswith(REGEX) and has_wildcard(pattern)


def has_wildcard(text: str) -> bool:
    """Return whether a text has a sign that stands for others in a glob."""
    return "*" in text or "?" in text


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _whole(source: str) -> str:
    """Return an expression for the whole text; `.` is any character, case does not count."""
    return f"{_BEFORE}{source})$"


def _fault(source: str) -> str | None:
    """Return why an expression cannot be taken, and the way out."""
    if not source:
        return "no expression; write one behind re:, such as re:run-[0-9]+"
    if len(source) > LENGTH:
        return f"{len(source)} characters; the limit is {LENGTH}, write several patterns"
    copies = f"(?:{_whole(source)}){{{COPIES}}}"
    for tried, before in ((source, ""), (_whole(source), _BEFORE), (copies, "")):
        refused = _refusal(tried)
        if refused is not None:
            reason, place = refused
            return _told(source, reason, max(1, place - len(before)))
    return None


def _refusal(source: str) -> tuple[str, int] | None:
    """Return why the engine refuses an expression, and at which character; None if it does not.

    The reason is empty where it is the engine's limit of memory.
    """
    try:
        pl.select(pl.lit("").str.contains(source))
    except pl.exceptions.ComputeError as error:
        lines = str(error).splitlines()
        for above, line in pairwise(lines):
            if line.startswith(_REASON):
                return line.removeprefix(_REASON), above.find("^") - _INDENT + 1
        return "", 1
    return None


def _told(source: str, reason: str, place: int) -> str:
    """Return in words of ours why an expression is refused, and what to write in its place."""
    if not reason:
        return r"takes too much memory; write fewer or smaller {n}, or [a-z] in place of \w"
    at = "" if "\n" in source else f" at character {place}"  # of several lines it is another's
    if "look-around" in reason:
        return f"look-around{at} takes no linear time; say what must not match in `unless`"
    reference = _REFERENCE.search(source)
    if reference and reference.start() < place + 2:
        at = f" at character {reference.start() + 1}"
        return f"the back reference{at} takes no linear time; write out what it may be"
    return f"{reason}{at}; mend it, or see docs/rules.md"
