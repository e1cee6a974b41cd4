from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ingest.load import delivery_id
from models.errors import AbsentError, ForbiddenError
from models.period import Month

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
LINE = "R-1,2026-10-05,100.00,EUR,19.00,2026-10-01,2026-10-31,Invoice"


def test_invoices_of_two_months_in_one_file_are_two_deliveries(vendor: Any) -> None:
    vendor.put("a.csv", LINE, "R-2,2026-11-02,7.00,EUR,,,,Invoice")

    first, second = vendor.loads()

    assert [str(load.delivery.period) for load in (first, second)] == ["2026-10", "2026-11"]
    assert [load.documents[0].rows for load in (first, second)] == [2, 1]
    assert vendor.found([NOVEMBER])[0].period == NOVEMBER


def test_a_month_whose_folder_has_not_changed_is_not_delivered_again(vendor: Any) -> None:
    vendor.put("a.csv", LINE, "R-2,2026-11-02,7.00,EUR,,,,Invoice")
    known = {each.period: each.manifest.sha256 for each in vendor.deliveries()}
    vendor.put("b.csv", "R-3,2026-11-03,7.00,EUR,,,,Invoice")

    assert [each.period for each in vendor.found(known=known)] == [NOVEMBER]


@pytest.mark.failure("A16")
def test_a_month_whose_invoices_were_taken_away_is_told_to_be_absent(vendor: Any) -> None:
    path = vendor.put("a.csv", LINE)
    vendor.put("b.csv", "R-2,2026-11-02,7.00,EUR,,,,Invoice")
    known = {each.period: each.manifest.sha256 for each in vendor.deliveries()}
    path.unlink()

    (error,) = vendor.found(known=known)

    assert isinstance(error, AbsentError)
    assert (error.period, error.detail) == ("2026-10", "holds no invoice of 2026-10")


def test_an_invoice_without_a_readable_date_is_shown_in_the_earliest_month(vendor: Any) -> None:
    vendor.put("a.csv", "R-0,?,1,EUR,,,,Invoice", "R-2,2026-11-02,7.00,EUR,,,,Invoice", LINE)

    october, november = vendor.loads()

    assert (october.documents[0].rejected_rows, november.documents[0].rejected_rows) == (1, 0)


@pytest.mark.failure("H01")
@pytest.mark.failure("A02")
def test_the_same_file_twice_changes_nothing(vendor: Any) -> None:
    path = vendor.put("b.csv", LINE)
    (before,) = vendor.deliveries()
    (path.parent / "c.csv").write_bytes(path.read_bytes())

    (after,) = vendor.deliveries()

    assert delivery_id(after) == delivery_id(before)
    assert after.table == before.table
    assert after.documents[0].name == "b.csv = c.csv"
    assert vendor.costs() == ["Tax 19.00 2026-10-01", "Usage 100.00 2026-10-01"]


@pytest.mark.failure("H01")
def test_another_name_of_a_file_changes_nothing(vendor: Any) -> None:
    path = vendor.put("b.csv", LINE)
    vendor.put("c.csv", LINE.replace("R-1", "R-2"))
    (before,) = vendor.deliveries()
    path.rename(path.with_name("z.csv"))

    (after,) = vendor.deliveries()

    assert delivery_id(after) == delivery_id(before)


@pytest.mark.failure("H01")
@pytest.mark.parametrize("printed", ["R-1", "r 1"])
def test_the_same_invoice_in_two_files_counts_once(vendor: Any, printed: str) -> None:
    vendor.put("a.csv", LINE)
    vendor.put(
        "b.csv",
        LINE.replace("100.00", "100.0").replace("R-1", printed),
        LINE.replace("R-1,", "R-2,").replace("2026-10-05", "2026-10-25"),
    )

    assert Counter(vendor.charges()["invoice_id"]) == {"R-1": 2, "R-2": 2}
    other = "a.csv" if printed == "R-1" else "R-1 in a.csv"
    assert vendor.problems() == [
        f"invoice {printed} is the same as in {other}; it counts there, once"
    ]


@pytest.mark.failure("H02")
def test_one_number_with_two_contents_counts_nowhere_until_a_person_decides(vendor: Any) -> None:
    vendor.put("a.csv", LINE, LINE.replace("R-1", "R-2"))
    amended = vendor.put("b.csv", LINE.replace("100.00", "150.00"))

    assert sorted(vendor.problems()) == [
        f"'R-1': is also in {other} with other content; neither is booked: remove one, "
        "or give the correction a number of its own"
        for other in ("a.csv", "b.csv")
    ]
    assert set(vendor.charges()["invoice_id"]) == {"R-2"}
    (before,) = vendor.deliveries()

    amended.unlink()

    (after,) = vendor.deliveries()
    assert delivery_id(after) != delivery_id(before)
    assert set(vendor.charges()["invoice_id"]) == {"R-1", "R-2"}


@pytest.mark.failure("H02")
def test_a_conflict_with_another_month_sets_both_aside(vendor: Any) -> None:
    vendor.put("a.csv", LINE, LINE.replace("R-1", "R-2"))
    (before,) = vendor.deliveries()
    vendor.put("b.csv", LINE.replace("2026-10-05", "2026-11-05"))

    october, _ = vendor.deliveries()

    assert delivery_id(october) != delivery_id(before)
    assert len(vendor.problems()) == 2
    assert set(vendor.charges()["invoice_id"]) == {"R-2"}


@pytest.mark.failure("H02")
def test_a_credit_note_may_have_the_number_of_its_invoice(vendor: Any) -> None:
    vendor.put("a.csv", LINE)
    vendor.put("b.csv", LINE.replace(",Invoice", ",Credit note"))

    assert vendor.charges()["billed_cost"].sum() == 0
    assert vendor.problems() == []


def test_nearly_the_same_number_with_other_content_counts_and_is_told(vendor: Any) -> None:
    vendor.put("a.csv", LINE)
    vendor.put("b.csv", "R1,2026-10-06,7.00,EUR,,,,Invoice")

    assert set(vendor.charges()["invoice_id"]) == {"R-1", "R1"}
    assert vendor.problems() == ["invoice R1 has nearly the number of R-1 in a.csv; both count"]


@pytest.mark.failure("H02")
def test_a_bad_copy_does_not_stand_in_the_way_of_a_sound_one(vendor: Any) -> None:
    vendor.put("a.csv", LINE.replace("100.00", "1OO.00"))
    vendor.put("b.csv", LINE)

    assert vendor.costs() == ["Tax 19.00 2026-10-01", "Usage 100.00 2026-10-01"]


@pytest.mark.failure("A17")
def test_a_file_that_was_taken_away_takes_its_invoices_with_it(vendor: Any) -> None:
    vendor.put("a.csv", LINE)
    gone = vendor.put("b.csv", LINE.replace("R-1", "R-2"))
    vendor.loads()
    gone.unlink()

    assert set(vendor.charges()["invoice_id"]) == {"R-1"}


def test_a_folder_that_is_not_there_and_one_without_files_are_absent(vendor: Any) -> None:
    error = vendor.error()
    assert isinstance(error, AbsentError)
    assert error.detail == "there is no such folder; make it"

    vendor.put_bytes("readme.txt", b"x")

    error = vendor.error()
    assert isinstance(error, AbsentError)
    assert error.detail == "no file matches *.csv, *.xls*"


@pytest.mark.failure("K03")
@pytest.mark.parametrize("at", ["listing", "opening"])
def test_a_folder_or_file_that_may_not_be_read_is_forbidden(
    vendor: Any, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    vendor.put("a.csv", LINE)
    if at == "listing":
        monkeypatch.setattr(Path, "iterdir", denied)
    else:
        monkeypatch.setattr(os, "open", denied)

    error = vendor.error()

    assert isinstance(error, ForbiddenError)
    assert error.detail == "may not be read; mend its rights"


@pytest.mark.failure("M20")
def test_a_link_or_a_pipe_is_not_opened(vendor: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    path = vendor.put("a.csv", LINE)
    link, pipe = path.with_name("l.csv"), path.with_name("p.csv")
    link.symlink_to(secret)
    os.mkfifo(pipe)

    assert [str(error) for error in vendor.found()] == [
        "labeling: l.csv: is a link; put the file itself there",
        "labeling: p.csv: is no regular file; remove it",
    ]


@pytest.mark.failure("B13")
def test_a_file_name_is_never_a_pattern(vendor: Any) -> None:
    vendor.put("x[1].csv", LINE)
    vendor.put("x1.csv", LINE.replace("R-1", "R-2"))

    (delivery,) = vendor.deliveries()

    assert sorted(document.name for document in delivery.documents) == ["x1.csv", "x[1].csv"]
    assert set(vendor.charges()["invoice_id"]) == {"R-1", "R-2"}
