from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ingest.bucket import Folder
from ingest.source import Delivery
from models.errors import BrokenError
from models.period import Month

FEBRUARY, MARCH = Month(2026, 2), Month(2026, 3)


def manifests(deliveries: list[Delivery]) -> dict[Month, str]:
    return {each.period: each.manifest.sha256 for each in deliveries if each.manifest}


def test_a_month_is_one_redacted_document_of_all_files(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1", "2026-03-05,P,lead,A,2", name="a.csv")
    office.rows("2026-02-06,P,lead,A,4", name="b.csv")

    february, march = office.deliveries()

    assert office.document(february) == (
        "file,row,status,day,seconds,project,client,task,role,trace,column,reason\n"
        "a.csv,1,counted,2026-02-05,3600,P,,,lead,,,\n"
        "b.csv,1,counted,2026-02-06,14400,P,,,lead,,,\n"
    )
    assert [document.name for document in march.documents] == ["timesheets of 2026-03, redacted"]
    assert office.hours()["2026-02", "P", "lead"] == 5


def test_a_load_is_proved_row_by_row_and_to_the_cent(office: Any) -> None:
    office.given |= {"format": "generic", "smallest_group": 3}
    office.given["columns"] |= {"approved": "Who"}
    office.rows(
        *["2026-02-05,P,lead,Yes,1.5"] * 2,
        "2026-02-05,P,lead,No,1",
        "2026-02-05,P,lead,Yes,x",
        ",,Total,,5",
    )

    (delivery,) = office.deliveries()
    (loaded,) = office.load(delivery).documents

    assert (loaded.control.rows, loaded.rows, loaded.rejected_rows) == (5, 1, 1)
    assert loaded.totals[0].effective_cost == f"{Decimal(300):.18f}"
    assert loaded.totals[0].billed_cost == f"{Decimal(0):.18f}"
    assert [problem.rule for problem in loaded.problems] == [
        "unapproved",
        "total_row",
        "no_key",
        "rejected",
    ]
    usage = pl.read_parquet(office.lake.path("usage", loaded.charges), glob=False)
    assert usage["quantity"].to_list() == [3]


def test_a_load_whose_second_reader_finds_other_hours_is_refused(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.rows("2026-02-05,P,lead,A,1")
    monkeypatch.setattr("ingest.labor.control._length", lambda *_: Decimal(3601))

    said = "timesheets: sheet.csv: has other hours by the second reader; nothing was loaded"
    assert str(office.error()) == said


def test_a_load_that_loses_an_entry_is_refused(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.rows("2026-02-05,P,lead,A,1", "2026-02-05,P,lead,A,2")
    (delivery,) = office.deliveries()
    read = "ingest.sources.timesheet.document.read"
    whole = office.source._entries(
        office.archive.path(delivery.documents[0].sha256), delivery.documents[0]
    )
    monkeypatch.setattr(read, lambda _: whole[:1])

    said = "usage labor_hours: 1 rows, sum 1 here, 1 rows, sum 3 by the second reader"
    with pytest.raises(BrokenError, match=said):
        office.load(delivery)


def test_a_note_that_changes_changes_nothing(office: Any) -> None:
    office.put("a.csv", "Day,Project,Role,Who,Hours,Note\n2026-02-05,P,lead,A,1,first\n")
    known = manifests(office.deliveries())

    office.put("a.csv", "Day,Project,Role,Who,Hours,Note\n2026-02-05,P,lead,A,1,second\n")

    assert known
    assert office.found([FEBRUARY], known) == []


def test_hours_that_change_are_delivered_again(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1", "2026-03-05,P,lead,A,1")
    known = manifests(office.deliveries())

    office.rows("2026-02-05,P,lead,A,1", "2026-03-05,P,lead,A,2")

    (again,) = office.found([FEBRUARY, MARCH], known)
    assert again.period == MARCH


@pytest.mark.failure("H01")
def test_the_same_file_under_two_names_is_refused(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1", name="a.csv")
    office.rows("2026-02-05,P,lead,A,1", name="b.csv")

    assert str(office.error()) == "timesheets: b.csv: is the same file as a.csv; remove one"


def test_entries_that_are_in_two_files_are_told_and_count(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1", "2026-02-06,P,lead,A,1", ",,Total,,2", name="a.csv")
    office.rows("2026-02-06,P,lead,A,1", "2026-02-07,P,lead,A,1", ",,Total,,2", name="b.csv")
    office.rows("2026-02-08,P,lead,A,2", ",,Total,,2", name="c.csv")

    assert office.hours()["2026-02", "P", "lead"] == 6
    (said,) = [told for told in office.told() if told.startswith("overlap")]
    assert said == (
        "overlap: b.csv holds entries that are in a.csv too, cell for cell; all of them count: "
        "if the exports overlap, remove one"
    )


def test_absent_and_empty_are_two_answers(office: Any) -> None:
    (office.home / "in").mkdir()
    assert str(office.error()) == "timesheets: *.csv: no file has such a name"

    office.rows()
    assert office.error().state == "empty"
    assert str(office.error()) == "timesheets: *.csv: no entry is in any of 1 files"

    office.rows("2026-03-05,P,lead,A,1")
    assert office.error().state == "absent"
    assert str(office.error()) == "timesheets: *.csv: no entry is of 2026-02 in 1 files"
    assert office.found([]) == []


def test_files_that_come_while_they_are_read_are_told(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.rows("2026-02-05,P,lead,A,1")
    listed = iter([["sheet.csv"], ["sheet.csv", "more.csv"]])
    monkeypatch.setattr("ingest.labor.shelf.found", lambda *_: next(listed))

    said = "timesheets: *.csv: files came or went while they were read; run again"
    assert str(office.error()) == said


@pytest.mark.failure("A04")
@pytest.mark.failure("K06")
@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"size": 99}, "49 of 99 bytes arrived; run again"),
        ({"size": None, "sha256": "0" * 64}, "has another sha256 than its place states; run again"),
        ({"size": None, "md5": "0" * 32}, "has another md5 than its place states; run again"),
    ],
)
def test_a_file_is_what_its_place_states(
    stated: dict[str, Any], said: str, office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("sheet.csv", "Day,Project,Role,Who,Hours\n2026-02-05,P,lead,A,1\n")
    whole = Folder.read
    monkeypatch.setattr(Folder, "read", lambda *given: replace(whole(*given), **stated))

    assert str(office.error()).endswith(f"sheet.csv: {said}")


@pytest.mark.parametrize("keep", ["redacted", "original"])
def test_the_archive_keeps_files_only_where_told_to(keep: str, office: Any) -> None:
    office.given |= {"keep": keep}
    path = office.put("a.csv", "Day,Project,Role,Who,Hours,Note\n2026-02-05,P,lead,Ann,1,hush\n")

    (delivery,) = office.deliveries()

    kept = [each for each in (office.home / "archive").rglob("*") if each.is_file()]
    raw = [each for each in kept if each.read_bytes() == path.read_bytes()]
    assert any(b"hush" in each.read_bytes() for each in kept) == (keep == "original")
    assert len(raw) == (keep == "original")
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in kept)
    names = [document.name for document in delivery.documents]
    assert names == ["timesheets of 2026-02, redacted", *(["a.csv"] if raw else [])]
    loaded = office.load(delivery)
    assert [each.control.rows for each in loaded.documents] == [1, *([0] if raw else [])]
    assert office.costs() == {("2026-02", "P", "lead"): 100}


def test_names_of_tasks_are_kept_and_told_apart_only_where_declared(office: Any) -> None:
    office.given["columns"] |= {"task": "Task", "client": "Client"}
    office.put(
        "a.csv",
        "Day,Project,Role,Who,Hours,Task,Client\n"
        "2026-02-05,P,lead,A,1,tune,Own\n2026-02-05,P,lead,A,1,train,Own\n",
    )

    (delivery,) = office.deliveries()
    assert [dict(tags) for tags in office.charges(delivery)["tags"]] == [
        {"project": "P", "client": "Own", "role": "lead", "role_months": "0.0125"}
    ]
    office.given["keep_tasks"] = True
    (delivery,) = office.deliveries()
    tasks = [dict(tags).get("task") for tags in office.charges(delivery)["tags"]]
    assert tasks == ["train", "tune"]


def test_a_document_of_another_version_is_refused(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1")
    (delivery,) = office.deliveries()
    path = office.archive.path(delivery.documents[0].sha256)
    whole = path.read_text()

    for text, said in (
        (whole.replace("trace", "person"), "is no redacted timesheet of this version"),
        (whole.replace("counted", "billed"), "has an entry of no known status"),
    ):
        other = office.home / "other"
        other.write_text(text)
        with pytest.raises(BrokenError, match=f"{said}; fetch the files again"):
            office.source.convert(other, delivery.documents[0], delivery)


def test_a_month_is_due_and_final_as_declared(office: Any) -> None:
    assert office.source.due(FEBRUARY) is None
    assert office.source.settlement.after == timedelta(days=10)
    assert not office.source.settlement.invoiced

    office.given |= {"expected_by_day": 3, "final_after_days": 5}

    assert office.source.due(FEBRUARY) == datetime(2026, 3, 4, tzinfo=UTC)
    assert office.source.settlement.after == timedelta(days=5)
    assert list(office.source.grants()) == []


def test_doctor_looks_at_the_place_and_at_what_is_confidential(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1")
    office.given |= {"smallest_group": 3}

    def findings() -> dict[str, tuple[str, str, str]]:
        at = datetime(2026, 3, 2, tzinfo=UTC)
        found = office.source.probe([FEBRUARY], at)
        return {each.check: (each.state, each.detail, each.fix) for each in found}

    seen = findings()
    assert [seen[check][0] for check in ("list", "read", "delivery", "rates", "people")] == [
        *["ok"] * 4,
        "warn",
    ]
    assert seen["rates"][1] == "rates.yaml: only its owner can read it"
    assert seen["people"][1] == "no key: every role is told as other_roles"
    assert seen["people"][2].startswith("`openssl rand -hex 32` makes a key")

    office.given["key"] = "k" * 32
    assert findings()["people"][:2] == ("ok", "roles of 3 people and more are shown")

    (office.home / "rates.yaml").chmod(0o644)
    office.given["people"] = "people.yaml"
    seen = findings()
    assert seen["rates"][0] == seen["people"][0] == "fail"
    assert "so others may read it" in seen["rates"][1]
    assert seen["people"][1].endswith("people.yaml: is not there; see docs/labor.md")

    del office.given["key"], office.given["people"]
    office.given["key_file"] = "key"
    seen = findings()
    assert "people" not in seen
    assert seen["key"][1].endswith("key: is not there; see docs/labor.md")


def test_rates_that_cannot_be_read_leave_the_last_good_delivery(office: Any) -> None:
    office.rows("2026-02-05,P,lead,A,1")
    good = office.source.fingerprint

    (office.home / "rates.yaml").unlink()

    assert office.source.fingerprint != good
    assert office.error().state == "broken"
    assert office.source.fingerprint.endswith(" unreadable")
