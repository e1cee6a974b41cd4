"""Whatever happens to a file, what is left of it holds no name, no note and no pay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.labor.document import written
from ingest.labor.entry import Reader
from ingest.labor.people import People
from ingest.labor.sheet import SheetError

SECRETS: Final = ("Quillfeather", "Zebulonia", "hushhush", "salarytalk", "7131.59", "91.37", "83.2")
HEADINGS: Final = (
    "Date,Client,Project,Project Code,Task,Notes,Hours,Approved?,First Name,Last Name,Roles,"
    "Billable Rate,Billable Amount,Cost Rate"
)
SHEET: Final = (
    f"{HEADINGS}\n"
    '2026-02-05,Own,P,FT-001,salarytalk,"hush, hushhush",3.5,Yes,Zebulonia,Quillfeather,lead,91.37,'
    "7131.59,83.2\n"
    "2026-02-06,Own,P,,salarytalk,hushhush,2,No,Zebulonia,Quillfeather,lead,91.37,7131.59,83.2\n"
)


@pytest.fixture(scope="module")
def reader(request: pytest.FixtureRequest) -> Reader:
    made: Callable[..., Any] = request.getfixturevalue("settings")
    harvest = made(format="harvest", columns=None)
    return Reader(harvest, People("timesheets", {"zebulonia quillfeather": "lead"}, b"k" * 32))


def left(reader: Reader, text: str) -> str:
    """Return what is kept of a file, or what is said of it."""
    try:
        return written(reader.entries("sheet.csv", text.encode())).decode()
    except SheetError as error:
        return f"{error} {error!r} {error.place} {error.__cause__} {error.__context__}"


@pytest.mark.failure("M11")
@settings(max_examples=50, deadline=None)
@given(
    at=st.integers(0, len(SHEET) - 1),
    instead=st.sampled_from(["", ",", '"', "\n", "\r", "\0", ";", "x", "Total", ",,", "\n\n"]),
    cut=st.integers(0, 2),
)
@example(at=0, instead="", cut=0)
@example(at=0, instead="", cut=len(HEADINGS) + 1)
@example(at=SHEET.index("3.5"), instead="salarytalk", cut=3)
@example(at=SHEET.index("2026"), instead="hushhush", cut=10)
def test_no_damage_lets_a_secret_out(at: int, instead: str, cut: int, reader: Reader) -> None:
    said = left(reader, SHEET[:at] + instead + SHEET[at + cut :])

    assert not [secret for secret in SECRETS if secret in said]


def test_the_same_entries_are_the_same_document_in_any_order(reader: Reader) -> None:
    entries = reader.entries("sheet.csv", SHEET.encode())

    assert written(entries[::-1]) == written(entries)


def test_what_is_kept_is_this_and_no_more(reader: Reader) -> None:
    headings, first, second = left(reader, SHEET).splitlines()

    assert headings == ("file,row,status,day,seconds,project,client,task,role,trace,column,reason")
    trace = first.split(",")[-3]
    assert first == f"sheet.csv,1,counted,2026-02-05,12600,FT-001,Own,,lead,{trace},,"
    assert len(bytes.fromhex(trace)) == 16
    assert second == "sheet.csv,2,unapproved,2026-02-06,7200,P,Own,,,,,"
