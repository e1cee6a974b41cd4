from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pytest
from pydantic import ValidationError

CLOCKIFY: Final = """\
Project,Client,Description,Task,User,Group,Email,Tags,Billable,Start Date,Start Time,End Date,End Time,Duration (h),Duration (decimal),Billable Rate (USD),Billable Amount (USD)
FT-001,Internal,eval harness,,A. Person,lead,a@example.org,,No,05/02/2026,09:00:00,05/02/2026,12:30:00,03:30:00,3.50,0,0
FT-001,Internal,data,,B. Person,lead,b@example.org,,No,31/01/2026,22:00:00,01/02/2026,01:00:00,03:00:00,3.00,0,0
"""  # noqa: E501 - as it is exported
HARVEST: Final = """\
Date,Client,Project,Project Code,Task,Notes,Hours,Hours Rounded,Billable?,Invoiced?,Approved?,First Name,Last Name,Roles,Employee?,Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency,External Reference URL
2026-02-05,Internal,Fine tune,FT-001,Engineering,private note,3.5,3.5,No,No,Yes,A,Person,"ML engineer",Yes,0,0,71.50,250.25,US Dollar - USD,
2026-02-06,Internal,Fine tune,,Engineering,private note,2.25,2.5,No,No,No,A,Person,"ML engineer",Yes,0,0,71.50,250.25,US Dollar - USD,
"""  # noqa: E501
TOGGL: Final = """\
User,Email,Client,Project,Task,Description,Billable,Start date,Start time,Duration,Tags
A. Person,a@example.org,Internal,FT-001,,private note,No,2026-01-31,23:30:00,01:20:00,
"""
NAMED: Final[dict[str, dict[str, Any]]] = {
    "clockify": {"format": "clockify", "dates": "%d/%m/%Y", "zone": "Europe/Berlin"},
    "harvest": {"format": "harvest", "dates": "%Y-%m-%d"},
    "toggl": {"format": "toggl", "dates": "%Y-%m-%d", "zone": "UTC", "people": "people.yaml"},
}


@pytest.fixture
def export(office: Any) -> Callable[..., Any]:
    """Return the maker of an office that has one export of a system."""

    def build(format_: str, text: str, **changes: Any) -> Any:
        del office.given["columns"]
        office.given |= {**NAMED[format_], **changes}
        office.put("sheet.csv", text)
        return office

    return build


def test_an_entry_over_the_end_of_a_month_is_split_by_time(export: Any) -> None:
    office = export("clockify", CLOCKIFY)

    assert office.hours() == {
        ("2026-01", "FT-001", "lead"): 2,
        ("2026-02", "FT-001", "lead"): Decimal("4.5"),
    }


def test_only_approved_entries_count_where_the_export_tells(export: Any) -> None:
    office = export("harvest", HARVEST)

    assert office.hours() == {("2026-02", "FT-001", "ML engineer"): Decimal("3.5")}
    assert "unapproved: 2.25 hours of 1 entries are not approved and do not count" in office.told()


def test_a_person_of_two_columns_is_found_by_the_whole_name(export: Any) -> None:
    office = export("harvest", HARVEST, people="people.yaml")
    office.secret("people.yaml", "people: {A: lead, a person: reviewer}\n")

    assert office.hours() == {("2026-02", "FT-001", "reviewer"): Decimal("3.5")}


def test_every_entry_counts_where_the_settings_say_so(export: Any) -> None:
    office = export("harvest", HARVEST, approved_only=False)

    assert office.hours() == {
        ("2026-02", "FT-001", "ML engineer"): Decimal("3.5"),
        ("2026-02", "Fine tune", "ML engineer"): Decimal("2.25"),
    }


def test_an_export_without_the_approval_it_should_have_is_refused(export: Any) -> None:
    text = HARVEST.replace("Approved?", "Locked?")
    office = export("harvest", text)

    assert str(office.error()) == (
        "timesheets: sheet.csv: has no heading 'Approved?' for approved in its first line; export "
        "it, or set approved_only: false to count every entry"
    )
    office.given["approved_only"] = False
    assert sum(office.hours().values()) == Decimal("5.75")


def test_older_exports_lack_columns_that_are_not_needed(export: Any) -> None:
    headings = ("Date", "Project", "Hours", "Approved?", "First Name", "Last Name", "Roles")
    office = export("harvest", f"{','.join(headings)}\n2026-02-05,FT-001,2,Yes,A,B,lead\n")

    assert office.hours() == {("2026-02", "FT-001", "lead"): 2}


def test_an_entry_without_an_end_lasts_as_long_as_it_says(export: Any) -> None:
    office = export("toggl", TOGGL)
    office.secret("people.yaml", "people: {A@example.org: lead}\n")

    assert office.hours() == {
        ("2026-01", "FT-001", "lead"): Decimal("0.5"),
        ("2026-02", "FT-001", "lead"): Decimal("0.833333333333333333"),
    }


def test_an_end_without_a_time_of_day_is_no_end(export: Any) -> None:
    text = TOGGL.replace(",Duration,", ",End date,Duration,").replace(",01:20", ",2026-02-01,01:20")
    office = export("toggl", text)
    office.secret("people.yaml", "people: {A. Person: lead}\n")

    assert office.hours()["2026-01", "FT-001", "lead"] == Decimal("0.5")


def test_headings_of_another_language_are_declared(office: Any) -> None:
    office.given |= {
        "columns": {
            "project": "Projekt",
            "hours": "Dauer (h)",
            "start_day": "Startdatum",
            "start_time": "Startzeit",
            "end_day": "Enddatum",
            "end_time": "Endzeit",
            "role": "Gruppe",
        },
        "dates": "%d.%m.%Y",
        "zone": "Europe/Berlin",
        "durations": "HH:MM",
        "clock": "12h",
        "delimiter": ";",
    }
    office.put(
        "sheet.csv",
        "\ufeffProjekt;Gruppe;Startdatum;Startzeit;Enddatum;Endzeit;Dauer (h)\r\n"
        'FT-001;lead;28.02.2026;"11:30 PM";01.03.2026;12:15 am;0:45\r\n',
    )

    assert office.hours() == {
        ("2026-02", "FT-001", "lead"): Decimal("0.5"),
        ("2026-03", "FT-001", "lead"): Decimal("0.25"),
    }


@pytest.mark.failure("H06")
def test_a_decimal_comma_is_declared_and_never_guessed(office: Any) -> None:
    office.rows('2026-02-05,P,lead,A,"1,5"')

    assert office.told()[-1] == (
        "rejected: Hours: sheet.csv, row 1: is not a number of hours written like 7.25"
    )
    office.given["decimal"] = ","
    assert office.hours() == {("2026-02", "P", "lead"): Decimal("1.5")}


def test_rows_that_are_alike_are_entries_of_their_own(office: Any) -> None:
    office.rows(*["2026-02-05,P,lead,A,1"] * 3)

    assert office.hours() == {("2026-02", "P", "lead"): 3}


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (",,Total,,3.5", "row 3 was dropped as a total"),
        (
            ",,total,,9",
            "row 3 was dropped as a total and is not the sum of the others; export the file again",
        ),
        (
            ",,TOTAL,,x",
            "row 3 was dropped as a total and is not the sum of the others; export the file again",
        ),
    ],
)
def test_a_last_row_that_sums_the_others_is_dropped_and_told(
    total: str, said: str, office: Any
) -> None:
    office.rows("2026-02-05,P,lead,A,1.5", "2026-02-06,P,lead,A,2", total)

    assert office.hours() == {("2026-02", "P", "lead"): Decimal("3.5")}
    assert f"total_row: sheet.csv: {said}" in office.told()


def test_a_total_in_another_language_is_declared(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1.5", ",,Gesamt,,1.5")

    assert str(office.error()) == (
        "timesheets: sheet.csv, row 2, Day: is not a date written like %Y-%m-%d; set `dates`, or "
        "`total_row` if this row sums the others"
    )
    office.given["total_row"] = "Gesamt"
    assert sum(office.hours().values()) == Decimal("1.5")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-02-05,P,lead,A,x", "Hours: sheet.csv, row 2: is not a number of hours"),
        ("2026-02-05,P,lead,A,-1", "Hours: sheet.csv, row 2: is not a number of hours"),
        ("2026-02-05,P,lead,A,", "Hours: sheet.csv, row 2: is not a number of hours"),
        ("2026-02-05,P,,A,1", "Role: sheet.csv, row 2: tells no single role; give the person"),
        ('2026-02-05,P,"a, b",A,1', "Role: sheet.csv, row 2: tells no single role; give the"),
    ],
)
def test_a_row_with_a_fault_is_set_aside_and_the_others_count(
    row: str, said: str, office: Any
) -> None:
    office.rows("2026-02-05,P,lead,A,1", row)

    assert office.hours() == {("2026-02", "P", "lead"): 1}
    (found,) = [told for told in office.told() if told.startswith("rejected: ")]
    assert found.removeprefix("rejected: ").startswith(said)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("05/02/2026,9h,05/02/2026,10:00:00", "Start Time: sheet.csv, row 1: is not a time"),
        ("05/02/2026,09:00:00,05/02/2026,", "End Time: sheet.csv, row 1: is not a time"),
        ("05/02/2026,09:00:00,30/02/2026,10:00:00", "End Date: sheet.csv, row 1: is a day that"),
        ("05/02/2026,09:00:00,05/02/2026,08:00:00", "End Time: sheet.csv, row 1: lies before"),
        ("05/02/2026,09:00:00,05/02/2027,10:00:00", "End Date: sheet.csv, row 1: lies more than"),
        ("05/02/2026,09:00:00,31/12/9999,10:00:00", "End Date: sheet.csv, row 1: is a day of no"),
    ],
)
def test_a_time_that_cannot_be_sets_its_row_aside(cells: str, said: str, export: Any) -> None:
    whole = "05/02/2026,09:00:00,05/02/2026,12:30:00"
    office = export("clockify", CLOCKIFY.replace(whole, cells))

    (found,) = [told for told in office.told() if told.startswith("rejected: ")]
    assert found.removeprefix("rejected: ").startswith(said)
    assert sum(office.hours().values()) == 3


def test_an_entry_of_more_than_a_day_is_told(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,25")

    assert office.told() == [
        "long_entry: sheet.csv: row 1 is longer than 24 hours; see whether a clock was forgotten",
    ]


HEAD: Final = "Day,Project,Role,Who,Hours\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty (0 bytes); export it again"),
        (b"\xff\xfeD\x00a\x00", "is UTF-16; save it as UTF-8"),
        (f"{HEAD}2026-02-05,P,lead,\xe9,1\n".encode("latin-1"), "line 2 is not UTF-8; save the"),
        (f"{HEAD}2026-02-05,P,le".encode(), "ends in the middle of a line; export the whole"),
        (f"{HEAD}2026-02-05,P,\0,A,1\n".encode(), "holds a NUL or a lone carriage return; save"),
        (f'{HEAD}2026-02-05,P,"x"y,A,1\n'.encode(), "is not CSV: a stray quotation mark, or a"),
        (f"{HEAD}2026-02-05,P,lead,1\n".encode(), "row 1: has 4 cells where the headings are 5;"),
        (b"Day,Project,Role,Who\n2026-02-05,P,lead,A\n", "has no heading 'Hours' for hours in"),
        (b"Day,Project,Role,Who,Hours,hours\n", "Hours: is a heading twice, capitals or not; re"),
        (f"{HEAD}05.02.2026,P,lead,A,1\n".encode(), "row 1, Day: is not a date written like %Y"),
        (f"{HEAD}2026-02-30,P,lead,A,1\n".encode(), "row 1, Day: is a day that is in no calen"),
        (f"{HEAD}9999-12-31,P,lead,A,1\n".encode(), "row 1, Day: is a day of no year from 2000"),
        (f"{HEAD}0206-02-05,P,lead,A,1\n".encode(), "row 1, Day: is a day of no year from 2000"),
    ],
)
def test_a_file_that_is_not_as_declared_is_refused(data: bytes, said: str, office: Any) -> None:
    office.put("sheet.csv", data)

    error = office.error()

    assert error.state == "broken"
    assert (
        str(error)
        .replace("sheet.csv, ", "sheet.csv: ")
        .startswith(f"timesheets: sheet.csv: {said}")
    )


@pytest.mark.failure("H14")
def test_a_file_that_is_far_too_large_is_refused(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.labor.shelf.LIMIT", 1 << 20)
    office.put("sheet.csv", b"x" * ((1 << 20) + 1))

    said = "timesheets: sheet.csv: is larger than 1 MiB; export one month a file"
    assert str(office.error()) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dates": "%d.%M.%Y"}, "is not a format of dates; write day, month and year once each"),
        ({"dates": "%d.%m.%Y %y"}, "is not a format of dates"),
        ({"pattern": "{month}.csv"}, "names a month, but an entry may end in the next one"),
        ({"columns": None}, "columns are named for the format generic, and for no other"),
        ({"format": "harvest"}, "columns are named for the format generic, and for no other"),
        ({"approved_only": True}, "approved_only needs the column `approved`; this export has no"),
        ({"zone": "Mars/Olympus"}, "is not a time zone; write one of IANA's names"),
        ({"zone": "../etc"}, "is not a time zone; write one of IANA's names"),
        ({"key": "short"}, "is shorter than 32 characters; `openssl rand -hex 32`"),
        ({"key": "x" * 32, "key_file": "key"}, "key and key_file are both set; remove one"),
        ({"format": "toggl", "columns": None}, "entries have times of day; set zone, for example"),
        ({"smallest_group": 0}, "greater than or equal to 1"),
        ({"divisor": "0"}, "must be above zero"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    changes: dict[str, Any], said: str, settings: Callable[..., Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "columns must name either day, or start_day and start_time"),
        ({"day": "D", "start_day": "S", "start_time": "T"}, "columns must name either day, or"),
        ({"start_day": "S"}, "columns must name both start_day and start_time, or neither"),
        ({"day": "D", "end_day": "E"}, "columns must name both end_day and end_time beside a"),
        ({"day": "D", "end_day": "E", "end_time": "T"}, "columns must name both end_day and end"),
    ],
)
def test_columns_say_when_in_one_way(
    columns: dict[str, str], said: str, settings: Callable[..., Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(columns={"project": "P", "hours": "H", **columns})

    assert said in str(caught.value)
