"""Closes between two reports: inputs are exchanged from one run of them to the next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.kind import CLOSED, LOADED, REOPENED
from models.ledger import Entry, Ledger
from scheduler.past.exchanging import settled


def kept(said: str) -> Ledger:
    """Return a ledger of closes (c), reopens (r), bills (b), edits (e) and messages (m)."""
    kinds = {"c": CLOSED, "r": REOPENED, "b": LOADED, "e": "configuration", "m": "message"}
    ledger = Ledger("sqlite://", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    for at, sign in enumerate(said):
        entry = Entry(kinds[sign], f"2026-{at + 1:02}", {})
        if sign in "cr":
            ledger.settle(entry, 0)
        else:
            ledger.append(entry)
    return ledger


@pytest.mark.parametrize(
    ("said", "since", "found"),
    [
        ("", 0, []),
        ("bem", 0, []),
        ("c", 0, [1]),
        ("cmcm", 0, [3]),
        ("cbcr", 0, [1, 4]),
        ("ceccb", 0, [1, 4]),
        ("cbcbc", 1, [3, 5]),
        ("cbcbc", 5, []),
    ],
)
def test_the_last_of_each_run_of_closes_and_reopens_is_a_stop(
    said: str, since: int, found: list[int]
) -> None:
    """What moves no figure parts no run; what was known before is no part of it."""
    with kept(said) as ledger:
        assert settled(ledger, since) == found
