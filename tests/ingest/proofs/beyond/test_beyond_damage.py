"""Documents beyond the bills of clouds, cut and with bits that flipped: told, or without effect.

What is bare text, no form can know: a table cut between two lines is a shorter table, and a
digit or a name that became another is what the file says. Then both readers agree on it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

import pytest

pytestmark = pytest.mark.once

CUTS: Final = 10
FLIPS: Final = 12


def chance(case: Any) -> random.Random:
    return random.Random(case.name)  # noqa: S311 - a test's own


def line_ends(document: bytes) -> set[int]:
    return {at + 1 for at, byte in enumerate(document[:-1]) if byte == ord("\n")}


def flips(case: Any, document: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield copies of a document in which one bit differs, with its place."""
    drawn = chance(case)
    for at in sorted(drawn.sample(range(len(document)), FLIPS)):
        damaged = bytearray(document)
        damaged[at] ^= 1 << drawn.randrange(8)
        yield at, bytes(damaged)


def is_told(found: Any, sound: Any) -> bool:
    """Say whether a person is told, or nothing happened."""
    more = found.rejected > sound.rejected or found.held > sound.held
    return more or bool({*found.told} - {*sound.told}) or found.sums == sound.sums


@pytest.mark.failure("A04")
def test_a_cut_is_told_but_between_two_lines_of_a_table(
    case: Any, trial: Any, documents: Any, silent: Any
) -> None:
    first, second = documents
    trial.put(first, second)
    sound, ends = trial.outcome(), line_ends(first)
    between = ends if case.by_line else set()

    unseen = set()
    for cut in {*chance(case).sample(range(len(first) - 1), CUTS), *between, 0}:
        trial.put(first[:cut], second)
        found = trial.outcome()
        if not (isinstance(found, silent) or is_told(found, sound)):
            unseen.add(cut)

    assert unseen <= between


@pytest.mark.failure("A06")
def test_a_flipped_bit_is_told_or_is_what_both_readers_read(
    case: Any, trial: Any, documents: Any, silent: Any
) -> None:
    first, second = documents
    trial.put(first, second)
    sound, unseen = trial.outcome(), []

    for at, damaged in flips(case, first):
        trial.put(damaged, second)
        found = trial.outcome()
        if not (isinstance(found, silent) or is_told(found, sound)):
            unseen.append(at)

    assert not unseen or case.is_text
